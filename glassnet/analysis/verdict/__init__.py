"""From numbers to a sentence: the evidence, the rules that decide the kind of transition, and the next run.

Import order: evidence, external_results, sample_evidence, wording, provisional, rules.
"""
