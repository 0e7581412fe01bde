"""Chains on disk: what a dataset holds (schema), one file per task (segment), a whole run lazily (store).

Import order: files, schema, content, field_schema, headers, segment, node_list, shard_rescue, shards, lazy_arrays,
merging, unfinished_task, store, pack, run_settings.
"""
