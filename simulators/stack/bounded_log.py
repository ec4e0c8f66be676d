"""A process's log on disk, bounded: the newest part and the one before it."""

import os
import shutil
from pathlib import Path
from typing import Self

MAX_BYTES = 2_000_000  # per file; twice this per process


class BoundedLog:
    """Writes to a file; when it is full it becomes `{name}.1` and a new one is begun."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, octets: bytes) -> None:
        """Append, and turn the file over when it is full."""
        self._file.write(octets)
        self._file.flush()
        if self._file.tell() >= self._max_bytes:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._path.open("ab")


def trim(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Empty a log that another process appends to, keeping a copy as `{name}.1`, once it is full.

    What is written between copying and emptying is lost: the price of a log that its writer does not turn over.
    """
    if path.exists() and path.stat().st_size >= max_bytes:
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)


def tail(path: Path, lines: int) -> list[str]:
    """Give the last lines of a log, for a person."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8_192))
        return file.read().decode(errors="replace").splitlines()[-lines:]
