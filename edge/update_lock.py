"""Holds off updates while the box must not be interrupted: a lease, a siren that sounds, a clip of an incident.

balena's supervisor leaves services alone while the file exists, the host's own updates wait for an exclusive flock on
it; both are held together. The file is made exclusively, for the supervisor makes the same one before it stops us. One
that a former process of ours left behind is taken over: nobody else would ever remove it before the next reboot.

Source: balena, "Update locks" (lockfile and flock, `/tmp/balena/updates.lock`).
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from edge.pulse import Pulse

LOOK_S = 1.0
_log = structlog.get_logger()


class UpdateLock:
    """The lock file of this service."""

    def __init__(self, path: Path, is_busy: Callable[[], bool], pulse: Pulse) -> None:
        """Prepare.

        Args:
            path: of the lock file.
            is_busy: whether updates must wait.
            pulse: where the loop shows that it lives.
        """
        self._path = path
        self._is_busy = is_busy
        self._pulse = pulse
        self._handle: int | None = None
        self._said = ""

    @property
    def is_held(self) -> bool:
        """Whether updates wait."""
        return self._handle is not None

    async def run(self) -> None:
        """Follow what goes on until cancelled; then let updates through."""
        try:
            self._take_over()
            while True:
                self._pulse.tick("update lock", LOOK_S)
                self.follow()
                await asyncio.sleep(LOOK_S)
        finally:
            self.release()

    def follow(self) -> None:
        """Hold the lock, or not, as it is wanted now."""
        if not self._is_busy():
            self.release()
        elif self._handle is None:
            self._hold(os.O_EXCL)

    def release(self) -> None:
        """Let updates through."""
        if self._handle is None:
            return
        self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None
        _log.info("update_lock_released")

    def _take_over(self) -> None:
        """Take what a former process of ours left."""
        try:
            is_ours = self._path.stat().st_uid == os.getuid()
        except OSError:
            return
        if is_ours:
            self._hold(0)

    def _hold(self, flags: int) -> None:
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                raise
        except OSError as error:
            self._say(f"{self._path}: {error.strerror}")
            return
        self._handle, self._said = handle, ""
        _log.info("update_lock_held")

    def _say(self, reason: str) -> None:
        """Log it once: while the supervisor has the file, it is about to stop us anyway."""
        if reason != self._said:
            self._said = reason
            _log.warning("update_lock_not_held", reason=reason)
