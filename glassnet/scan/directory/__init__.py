"""The directory of a run: what lies where, what is done, and what is damaged.

Import order: chain_check, field_record, leftovers, run_record, ladder_file, run_directory, lookup, survey, damage,
readable_chains.
"""
