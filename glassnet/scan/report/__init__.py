"""The report of a scan: tables, figures and a page, a comparison with theory, and a run file to continue with.

Import order: cavity_prediction, run_changes, run_file_text, summary, tables, theory_comparison, next_run, page,
files, study, writing.
"""
