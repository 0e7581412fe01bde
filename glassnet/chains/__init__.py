"""Chains on disk: what a dataset holds (schema), one file per task (segment), a whole run lazily (store)."""
