"""A watched folder: files that somebody puts there, each read once, in the order of their names.

A file that is wrong is told and left where it is: it is not read again until it has changed, and the others go on.
"""

import os
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.models import Folder
from cloud.modules.sources.tables import Row, kind_of, read_table
from cloud.modules.sources.visit import Unchanged, Visit

SETTLED_S = 2.0  # a file that was written to a moment ago may still be written to
_MOST_BYTES = 2_000_000_000
_MOST_FILES = 10_000


def read_folder(source: Folder, visit: Visit) -> Iterator[Row]:
    """Give the rows of the next file that was not read yet, the titles first.

    Raises:
        SourceFailed: there is no such folder, or the file is not what the manifest says.
        Unchanged: every file was read.
    """
    files = _files(visit.reach.drop_folder / visit.module, source.pattern)
    stamps = _settled(files)
    known = {name: stamp for name, stamp in visit.before.items() if name in stamps}
    new = next((name for name in sorted(stamps) if known.get(name) != stamps[name]), None)
    if new is None:
        raise Unchanged
    visit.after |= known | {new: stamps[new]}
    path, about = files[new]
    if about.st_size > _MOST_BYTES:
        raise SourceFailed(
            f"Berkas {new} lebih dari {_MOST_BYTES} byte: bagi menjadi beberapa.",
            f"The file {new} has more than {_MOST_BYTES} bytes: split it.",
        )
    try:
        yield from read_table(path, kind_of(path), source.table)
    except OSError as error:
        raise SourceFailed(
            f"Berkas {new} tidak dapat dibaca ({error.strerror}): beri hak baca.",
            f"The file {new} cannot be read ({error.strerror}): let us read it.",
        ) from error


def stamps_of(folder: Path, pattern: str) -> dict[str, str]:
    """Give size and time of change of each file that nobody writes to any more, by its name; links are left out.

    Raises:
        SourceFailed: there is no such folder, or it holds too many files.
    """
    return _settled(_files(folder, pattern))


def _files(folder: Path, pattern: str) -> dict[str, tuple[Path, os.stat_result]]:
    """Give a folder's files by their names as these can be told: a name may be no UTF-8."""
    try:
        found = [path for path in folder.iterdir() if fnmatch(path.name, pattern) and not path.is_symlink()]
        files = {_told(path): (path, path.stat()) for path in found if path.is_file()}
    except OSError as error:
        raise SourceFailed(
            f"Folder {folder} tidak dapat dibaca ({error.strerror}): buat, dan beri hak baca.",
            f"The folder {folder} cannot be read ({error.strerror}): make it, and let us read it.",
        ) from error
    if len(files) > _MOST_FILES:
        raise SourceFailed(
            f"Lebih dari {_MOST_FILES} berkas di {folder}: pindahkan yang lama.",
            f"More than {_MOST_FILES} files in {folder}: move old ones away.",
        )
    return files


def _told(path: Path) -> str:
    """Write a name so that a database can keep it."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _settled(files: dict[str, tuple[Path, os.stat_result]]) -> dict[str, str]:
    settled = time.time() - SETTLED_S
    return {name: f"{it.st_size}-{it.st_mtime_ns}" for name, (_, it) in files.items() if it.st_mtime <= settled}
