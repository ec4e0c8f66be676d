"""The outbox: what the cloud has not yet confirmed, kept so that pulling the plug loses nothing that was said.

One thread owns the file. Whoever waits for an append shares its commit with all that came meanwhile, so the disk
syncs as often as it can and not once per message. The queue to that thread is as long as there are callers waiting.
"""

import asyncio
import fcntl
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import structlog

from edge.entries import Entry, Kind, Row, Statistics
from edge.errors import Misconfigured, Unavailable
from edge.outbox_file import OutboxFile, is_corrupt

IDLE_S = 2.0  # how often an idle writer gives free pages back and shows that it lives
BATCH_JOBS = 2_000
MAX_PENDING_JOBS = 10_000
_log = structlog.get_logger()

Work = Callable[[OutboxFile], Any]
Job = tuple[Work, asyncio.Future[Any]]


class Outbox:
    """The durable store of one box; an async context manager.

    Every method raises `Unavailable` when the disk refuses, for example because it is full.
    """

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Prepare; the file is opened by entering the context.

        Args:
            directory: made if absent; one agent at a time.
            max_bytes: beyond this telemetry is thinned.
        """
        self._directory = directory
        self._max_bytes = max_bytes
        # called from the writer thread, with the seconds until it calls again
        self.tick: Callable[[float], None] = lambda _within_s: None
        self._jobs: queue.Queue[Job | None] = queue.Queue(MAX_PENDING_JOBS)
        self._thread = threading.Thread(target=self._write, name="outbox-writer")
        self.statistics = Statistics()
        self.generation = ""

    async def __aenter__(self) -> Self:
        """Open the file and start the writer.

        Raises:
            Misconfigured: the directory cannot be used, or another agent uses it.
        """
        self._loop = asyncio.get_running_loop()
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self._directory)
            self._file = await asyncio.to_thread(OutboxFile, self._directory / "outbox.db", self._max_bytes)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(f"outbox {self._directory} cannot be used: {error}; see outbox_dir") from error
        self.statistics = self._file.statistics()
        self.generation = self._file.note("generation") or ""
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Finish what is queued and close."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._file.close()
        self._lock.close()

    async def append(self, entry: Entry) -> int:
        """Keep one entry; give its number once it is durable."""
        return (await self.append_many([entry]))[0]

    async def append_many(self, entries: Sequence[Entry]) -> list[int]:
        """Keep entries in one go; give their numbers once all are durable."""

        def work(file: OutboxFile) -> list[int]:
            seqs = file.append(entries)
            file.make_room()
            return seqs

        seqs: list[int] = await self._do(work)
        return seqs

    async def fetch(
        self, kinds: Sequence[Kind], *, after: int = 0, until: int, rows: int = 500, max_bytes: int = 1_048_576
    ) -> list[Row]:
        """Give entries with `after < seq <= until`, oldest first."""
        found: list[Row] = await self._do(lambda file: file.fetch(kinds, after, until, rows, max_bytes))
        return found

    async def delete(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Delete entries by ranges of numbers, ends included: they have their receipt."""
        deleted: int = await self._do(lambda file: file.delete(ranges))
        return deleted

    async def note(self, key: str) -> str | None:
        """Give a note that outlives the process."""
        found: str | None = await self._do(lambda file: file.note(key))
        return found

    async def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        await self._do(lambda file: file.set_note(key, value))

    async def _do(self, work: Work) -> Any:
        done: asyncio.Future[Any] = self._loop.create_future()
        try:
            self._jobs.put_nowait((work, done))
        except queue.Full as error:
            raise Unavailable(f"outbox has {MAX_PENDING_JOBS} calls waiting: the disk does not keep up") from error
        return await done

    def _write(self) -> None:
        """Run the writer thread: take what has come, do it in one transaction, answer all."""
        while True:
            self.tick(IDLE_S)
            try:
                first = self._jobs.get(timeout=IDLE_S)
            except queue.Empty:
                self._shrink()
                continue
            jobs, is_last = self._drain(first)
            if jobs:
                self._answer(jobs, self._transact([work for work, _ in jobs]))
            if is_last:
                return

    def _drain(self, first: Job | None) -> tuple[list[Job], bool]:
        jobs: list[Job] = []
        job = first
        while job is not None:
            jobs.append(job)
            if len(jobs) >= BATCH_JOBS:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _transact(self, works: Sequence[Work]) -> list[Any] | Exception:
        """Do all or nothing; a corrupt file is replaced and the work done once more in the new one."""
        for _attempt in (1, 2):
            try:
                self._file.begin()
                results = [work(self._file) for work in works]
                self._file.commit()
                self.statistics = self._file.statistics()
            except sqlite3.Error as error:
                failure = error
                if not self._recover(error):
                    break
            else:
                return results
        return Unavailable(f"outbox cannot be written: {failure}")

    def _recover(self, error: sqlite3.Error) -> bool:
        """Clean up after a failed transaction; tell whether it is worth another try."""
        try:
            if not is_corrupt(error):
                self._file.rollback()
                _log.error("outbox_write_failed", reason=str(error))
                return False
            self._file.set_aside(str(error))
            self.generation = self._file.note("generation") or ""
        except (sqlite3.Error, OSError) as again:
            _log.exception("outbox_recovery_failed", reason=str(again))
            return False
        return True

    def _answer(self, jobs: Sequence[Job], results: list[Any] | Exception) -> None:
        def settle() -> None:
            for index, (_, done) in enumerate(jobs):
                if done.done():
                    continue  # its caller was cancelled meanwhile
                if isinstance(results, Exception):
                    done.set_exception(results)
                else:
                    done.set_result(results[index])

        self._loop.call_soon_threadsafe(settle)

    def _shrink(self) -> None:
        try:
            self._file.shrink()
        except sqlite3.Error as error:
            _log.warning("outbox_shrink_failed", reason=str(error))


def _lock(directory: Path) -> TextIO:
    """Hold the directory for this process; the lock goes with the process, even by SIGKILL."""
    file = (directory / "outbox.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Misconfigured(f"outbox {directory} is used by another agent: give each its own outbox_dir") from error
    return file
