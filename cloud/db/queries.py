"""Named SQL: every statement of the cloud lies in `sql/*.sql`, under a name and one sentence of what it does.

```sql
-- name: sites
-- Every site with its liveness.
SELECT ...
```
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString, cast

from cloud.db.errors import Misconfigured

FOLDER = Path(__file__).parent / "sql"

_HEADING = re.compile(r"^-- name: *(\S+) *$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def load(name: str) -> Mapping[str, LiteralString]:
    """Read one file of statements, once per process.

    Args:
        name: of the file, without its ending.

    Returns:
        statement by name; psycopg's `%(parameter)s` style.

    Raises:
        Misconfigured: the file is missing, or a statement has no description or a name twice.
    """
    path = FOLDER / f"{name}.sql"
    if not path.is_file():
        raise Misconfigured(f"{path} is missing from this installation")
    return MappingProxyType(_split(path.read_text(encoding="utf-8"), str(path)))


def _split(text: str, source: str) -> dict[str, LiteralString]:
    statements: dict[str, LiteralString] = {}
    _, *parts = _HEADING.split(text)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        statement = body.strip()
        if not _NAME.fullmatch(name) or name in statements:
            raise Misconfigured(f"{source}: {name!r} is no good name for a statement, or is there twice")
        if not statement.startswith("-- "):
            raise Misconfigured(f"{source}: {name} has no description below its name")
        # The text is a file of this package, never input: what LiteralString wants to be told.
        statements[name] = cast("LiteralString", statement.rstrip(";"))
    return statements
