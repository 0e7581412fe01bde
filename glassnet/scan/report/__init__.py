"""What a scan ends with: tables, figures and a page, the theory beside them, and the run file to go on with.

Import order: cavity_prediction, run_changes, summary, tables, theory_comparison, next_run, page, writing.
"""
