"""From numbers to a sentence: the evidence, the rules that decide the kind of transition, and the next run.

Import order: external_results, findings, evidence, evidence_table, estimators, sample_evidence, wording,
provisional, rules.
"""
