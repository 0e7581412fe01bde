"""The representation of results in a notebook."""

import html


class Shown:
    """A result whose ``str()`` is a table."""

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"
