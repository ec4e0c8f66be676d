"""The file system under the outbox: how much of it is free, and a ballast to throw off when nothing is.

On a full disk SQLite can delete nothing either, since it writes a change into its log before it frees a page: receipts
would come and free nothing. So a file lies beside the outbox only to be given up then. What is won goes into the log
and the pages of the outbox itself and stays there, where no other program can take it again.

Sources: statvfs(3), posix_fallocate(3), SQLite's documentation of write-ahead logging, section "Avoiding Excessively
Large WAL Files".
"""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Literal

DiskWord = Literal["ok", "low", "full", "read_only", "failing"]

BALLAST_BYTES = 16_777_216  # the log (8 MiB at most), and as much again to copy it into the file
FULL_BYTES = 262_144  # nothing can be relied on below; SQLite then also reports other errors than "full"
_PASSING_ERRNOS = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_PASSING_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


class Disk:
    """What can be known of the file system, as of the last `look`.

    Attributes:
        free_bytes: what an ordinary user may still take.
        used_pct: what is taken of what an ordinary user could take.
        is_read_only: mounted so, as a failing SD card ends up.
    """

    def __init__(self, directory: Path, min_free_bytes: int) -> None:
        """Look once.

        Args:
            directory: the outbox's; it may still be missing.
            min_free_bytes: what the outbox leaves to others.
        """
        self._directory = directory
        self._min_free_bytes = min_free_bytes
        self._ballast = directory / "outbox.ballast"
        self.free_bytes = 0
        self.used_pct = 0.0
        self.is_read_only = False
        self.look()

    @property
    def has_ballast(self) -> bool:
        """Tell whether there is still something to throw off; half a ballast, left by a power cut, is none."""
        try:
            return self._ballast.stat().st_size == BALLAST_BYTES
        except OSError:
            return False

    @property
    def is_short(self) -> bool:
        """Tell whether the outbox must not grow."""
        return self.would_be_short(0)

    def would_be_short(self, more_bytes: int) -> bool:
        """Tell whether the outbox would have to stop growing once it has taken so much more."""
        return self.free_bytes - more_bytes < self._min_free_bytes or not self.has_ballast

    def look(self) -> None:
        """Look again; costs microseconds."""
        place = self._directory
        while not place.exists() and place != place.parent:
            place = place.parent
        found = os.statvfs(place)
        self.free_bytes = found.f_bavail * found.f_frsize
        taken = found.f_blocks - found.f_bfree
        self.used_pct = 100.0 * taken / max(1, taken + found.f_bavail)
        self.is_read_only = bool(found.f_flag & os.ST_RDONLY)

    def release(self) -> bool:
        """Throw the ballast off; tell whether there was any."""
        had = self.has_ballast
        self._ballast.unlink(missing_ok=True)
        return had

    def restock(self) -> None:
        """Take the ballast on again, once there is room for it above the minimum."""
        if self.has_ballast or self.free_bytes < self._min_free_bytes + BALLAST_BYTES:
            return
        try:
            make_private(self._ballast)
            with self._ballast.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        except OSError:
            self._ballast.unlink(missing_ok=True)

    def is_full(self, error: Exception) -> bool:
        """Tell whether an error comes from want of room."""
        self.look()
        is_said = _code(error) == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT)
        return is_said or self.free_bytes < FULL_BYTES

    def may_pass(self, error: Exception) -> bool:
        """Tell a disk's trouble, which may end, from a directory that can never work."""
        if isinstance(error, OSError):
            return error.errno in _PASSING_ERRNOS
        return _code(error) in _PASSING_CODES or self.is_read_only or self.is_full(error)

    def word(self, refusal: Exception | None) -> DiskWord:
        """Say in a word how it is.

        Args:
            refusal: why the last write failed; None when it did not.
        """
        if self.is_read_only:
            return "read_only"
        if refusal is not None:
            return "full" if self.is_full(refusal) else "failing"
        if self.free_bytes < FULL_BYTES:
            return "full"
        return "low" if self.is_short else "ok"


def make_private(path: Path) -> None:
    """Make a file that only its owner reads, or make an old one so: it may tell who passed where and when."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


def _code(error: Exception) -> int:
    """Give SQLite's primary result code; 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
