"""Tables of results, as Markdown for people and as JSON for programs."""

import json
from dataclasses import asdict, dataclass, field


@dataclass
class Table:
    """Rows under one heading.

    Attributes
    ----------
    title : str
    rows : list of dict
        From the heading of a column to what stands there: text, a number or a flag; a row may lack columns.
    notes : list of str
        What a reader needs to repeat or to judge the numbers.
    """

    title: str
    rows: list
    notes: list = field(default_factory=list)


def markdown(table) -> str:
    """The table under its title, its columns in the order in which rows first name them, notes below."""
    columns = list(dict.fromkeys(name for row in table.rows for name in row))
    lines = [f"## {table.title}", ""]
    if columns:
        lines += [_line(columns), _line(["---"] * len(columns))]
        lines += [_line(_text(row.get(name)) for name in columns) for row in table.rows] + [""]
    lines += [f"- {note}" for note in table.notes]
    return "\n".join(lines).rstrip() + "\n"


def write(folder, machine, tables) -> None:
    """Write results.md and results.json into `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "\n".join(["# Benchmarks of glassnet", "", *(f"- {name}: {value}" for name, value in machine.items())])
    (folder / "results.md").write_text("\n".join([head + "\n", *map(markdown, tables)]))
    content = {"machine": machine, "tables": [asdict(table) for table in tables]}
    (folder / "results.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _text(value):
    """Three digits of a float, everything of the rest."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")
    return str(value)
