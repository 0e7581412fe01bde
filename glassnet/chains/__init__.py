"""Chains on disk: what a dataset holds (schema), one file per task (segment), a whole run lazily (store).

Import order: files, schema, content, field_schema, headers, segment, node_list, shard_rescue, shards, lazy_arrays,
merging, unfinished_task, store, pack, run_settings.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.chains import schema, segment, shards
    from glassnet.chains.store import open_chains

__all__ = ["open_chains", "schema", "segment", "shards"]
_face.public(__name__, {"open_chains": "store"})
