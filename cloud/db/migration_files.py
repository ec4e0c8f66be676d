"""The migrations as they lie on disk.

`migrations/NNNN_name.sql` is applied once; `migrations/repeatable/*.sql` (views, functions, grants) whenever one
of them has changed. A suffix `.apache` or `.community` before `.sql` binds a file to that edition of TimescaleDB.
"""

import hashlib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cloud.db.errors import Misconfigured

Edition = Literal["apache", "community"]

FOLDER = Path(__file__).parent / "migrations"

_ONCE = re.compile(r"\d{4}_[a-z0-9_]+(\.apache|\.community)?\.sql")
_REPEATABLE = re.compile(r"\d{2}_[a-z0-9_]+(\.apache|\.community)?\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file.

    Attributes:
        name: the file's name without `.sql`, below `repeatable/` with that prefix.
        sql: its text.
        checksum: SHA-256 of the text, hexadecimal.
        repeatable: whether it is applied again when it changes.
    """

    name: str
    sql: str
    checksum: str
    repeatable: bool


def read_migrations(edition: Edition, folder: Path = FOLDER) -> list[Migration]:
    """Read what an edition needs: first the once-migrations by number, then the repeatable ones.

    Raises:
        Misconfigured: a file's name does not follow the rule, or two share a number.
    """
    once = [_read(path, _ONCE, "") for path in sorted(folder.glob("*.sql")) if _is_for(path, edition)]
    _refuse_twins([migration.name for migration in once])
    repeatable = sorted((folder / "repeatable").glob("*.sql"))
    return once + [_read(path, _REPEATABLE, "repeatable/") for path in repeatable if _is_for(path, edition)]


def _is_for(path: Path, edition: Edition) -> bool:
    suffixes = path.suffixes
    return len(suffixes) == 1 or suffixes[0] == f".{edition}"


def _read(path: Path, rule: re.Pattern[str], prefix: str) -> Migration:
    if not rule.fullmatch(path.name):
        raise Misconfigured(f"{path}: the name of a migration is like {rule.pattern}")
    # Line endings are not part of a migration: a checkout on another system must not look changed.
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(prefix + path.name.removesuffix(".sql"), text, checksum, repeatable=bool(prefix))


def _refuse_twins(names: list[str]) -> None:
    for before, after in itertools.pairwise(names):
        if before[:4] == after[:4]:
            raise Misconfigured(f"migrations {before} and {after} share a number; give the newer the next one")
