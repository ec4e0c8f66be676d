"""The SQL of the panels and rules: named statements in `sql/*.sql`, each with a sentence about what it answers."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"
_HEADING = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)


@cache
def load(topic: str) -> dict[str, str]:
    """Read the statements of a topic by name.

    Args:
        topic: file name without its ending.
    """
    parts = _HEADING.split((FOLDER / f"{topic}.sql").read_text(encoding="utf-8"))
    return {name: _strip(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def statement(topic: str, name: str, **words: str) -> str:
    """Give a statement with its places filled.

    Args:
        topic: file name without its ending.
        name: of the statement.
        words: SQL for the places in braces: columns and literals of this program, never of a user. What a user
            chooses is a variable of Grafana's, `${name:sqlstring}`, which Grafana itself quotes.
    """
    return load(topic)[name].format(**words)


def literal(text: str) -> str:
    """Write a string as SQL does."""
    return "'" + text.replace("'", "''") + "'"


def _strip(body: str) -> str:
    lines = body.strip().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))
