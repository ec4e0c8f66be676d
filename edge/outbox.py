"""The outbox: what the cloud has not yet confirmed, kept so that pulling the plug loses nothing that was said.

One thread owns the file. Whoever waits for an append shares its commit with all that came meanwhile, so the disk
syncs as often as it can and not once per message. The queue to that thread is as long as there are callers waiting.
"""

import asyncio
import fcntl
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import structlog

from edge.contract.receipts import Refusal
from edge.disk import Disk, DiskWord, make_private
from edge.entries import Entry, Fate, Kind, Lack, Row, Statistics
from edge.errors import Misconfigured, Unavailable
from edge.outbox_file import OutboxFile, is_corrupt
from edge.thinning import ThinningLog

TEND_S = 2.0  # how often the writer gives free pages back, looks at the disk and shows that it lives
BATCH_JOBS = 2_000
MAX_PENDING_JOBS = 10_000
REFUSALS_MAX = 1_000  # that are remembered: who waits for his entry's receipt asks within seconds
_log = structlog.get_logger()

_THEN: dict[DiskWord, str] = {
    "ok": "all is well",
    "low": "telemetry is thinned; free some space under outbox_dir",
    "full": "telemetry is thinned, and readings wait in memory; free some space under outbox_dir",
    "read_only": "readings wait in memory; remount it, or replace the card",
    "failing": "readings wait in memory; look at the kernel's log, and replace the card",
}

Work = Callable[[OutboxFile], Any]
Job = tuple[Work, asyncio.Future[Any]]


class Outbox:
    """The durable store of one box; an async context manager.

    Every method raises `Unavailable` while the disk refuses, because it is full, read-only or failing; what to do about
    the disk is done here, and the methods work again as soon as it does.
    """

    def __init__(self, directory: Path, max_bytes: int, min_free_bytes: int = 0) -> None:
        """Prepare; the file is opened by entering the context.

        Args:
            directory: made if absent; one agent at a time.
            max_bytes: beyond this telemetry is thinned.
            min_free_bytes: of the file system; where others have taken it below, telemetry is thinned too.
        """
        self._directory = directory
        self._max_bytes = max_bytes
        # called from the writer thread, with the seconds until it calls again
        self.tick: Callable[[float], None] = lambda _within_s: None
        self.on_disk: Callable[[], None] = lambda: None  # called in the event loop when `statistics.disk` has changed
        self._jobs: queue.Queue[Job | None] = queue.Queue(MAX_PENDING_JOBS)
        self._thread = threading.Thread(target=self._write, name="outbox-writer")
        self._disk = Disk(directory, min_free_bytes)
        self._lock: TextIO | None = None
        self._file: OutboxFile | None = None
        self._refusal: Exception | None = None
        self._tended_s = 0.0
        self._thinning = ThinningLog()
        self._refusals: deque[tuple[int, Refusal]] = deque(maxlen=REFUSALS_MAX)
        self._figures = Statistics()
        self.statistics = Statistics()
        self.generation = ""

    async def __aenter__(self) -> Self:
        """Open the file and start the writer; a disk that is full or read-only is tried again by the writer.

        Raises:
            Misconfigured: the directory can never be used, or another agent uses it.
        """
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.to_thread(self._open)
        except (OSError, sqlite3.Error) as error:
            if not self._disk.may_pass(error):
                raise Misconfigured(f"outbox {self._directory} cannot be used: {error}; see outbox_dir") from error
            self._refuse(error)
        self._tell()
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Finish what is queued and close."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._file:
            self._file.close()
        if self._lock:
            self._lock.close()

    async def append(self, entry: Entry) -> int:
        """Keep one entry; give its number once it is durable."""
        return (await self.append_many([entry]))[0]

    async def append_many(self, entries: Sequence[Entry]) -> list[int]:
        """Keep entries in one go; give their numbers once all are durable."""
        seqs: list[int] = await self._do(lambda file: file.append(entries))
        return seqs

    async def replace(self, seq: int, entry: Entry) -> int:
        """Put an entry in the place of another, in one transaction; give its number."""

        def work(file: OutboxFile) -> int:
            file.delete([(seq, seq)])
            return file.append([entry])[0]

        new_seq: int = await self._do(work)
        return new_seq

    async def fetch(
        self, kinds: Sequence[Kind], *, after: int = 0, until: int, rows: int = 500, max_bytes: int = 1_048_576
    ) -> list[Row]:
        """Give entries with `after < seq <= until`, oldest first."""
        found: list[Row] = await self._do(lambda file: file.fetch(kinds, after, until, rows, max_bytes))
        return found

    async def delete(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Delete entries by ranges of numbers, ends included: they have their receipt, or are not to be sent."""
        deleted: int = await self._do(lambda file: file.delete(ranges))
        return deleted

    async def fate(self, seq: int) -> Fate:
        """Say what became of a piece of evidence: no reading of what may be megabytes."""
        found: Fate = await self._do(lambda file: file.fate(seq))
        return found

    async def lacks(self, size: int) -> Lack:
        """Say of what there is too little to keep so many bytes without anything giving way to them."""
        found: Lack = await self._do(lambda file: file.lacks(size))
        return found

    def note_refusal(self, seq: int, refusal: Refusal) -> None:
        """Remember, for as long as this process lives, that the cloud refused an entry that is yet to go."""
        self._refusals.append((seq, refusal))

    def refusal_of(self, seq: int) -> Refusal | None:
        """Give why an entry that is gone was refused; None where it was committed, or it is long ago."""
        return next((refusal for refused, refusal in self._refusals if refused == seq), None)

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
            self.tick(TEND_S)
            if time.monotonic() - self._tended_s >= TEND_S:
                self._tend()
            try:
                first = self._jobs.get(timeout=TEND_S)
            except queue.Empty:
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
        """Do all or nothing; after a remedy (a new file, room on a full disk) the work is done once more."""
        for _attempt in (1, 2):
            if self._file is None:
                break
            try:
                self._file.begin()
                results = [work(self._file) for work in works]
                self._file.make_room()
                if self._file.commit():
                    self._refusal = None
                self._figures = self._file.statistics()
            except sqlite3.Error as error:
                if not self._remedy(self._file, error):
                    break
            else:
                self._tell()
                return results
        self._tell()
        return Unavailable(f"outbox cannot be used: {self._refusal}")

    def _remedy(self, file: OutboxFile, error: sqlite3.Error) -> bool:
        """Clean up after a failed transaction; tell whether it is worth another try."""
        self._refuse(error)
        try:
            if is_corrupt(error):
                file.set_aside(str(error))
                self.generation = file.note("generation") or ""
                return True
            file.rollback()
            if not self._disk.is_full(error):
                return False
            file.relieve()
        except (sqlite3.Error, OSError) as again:
            self._refuse(again)
            if is_corrupt(error) or not self._disk.is_full(again):  # a file that was only half begun goes, too
                self._leave(file)
            return False
        return True

    def _leave(self, file: OutboxFile) -> None:
        """Give a file up that could not even be cleaned up; `_tend` opens it anew."""
        file.close()
        self._file = None

    def _refuse(self, error: Exception) -> None:
        """Remember why the disk refuses, and say it once."""
        if str(error) != str(self._refusal):
            _log.error("outbox_refused", reason=str(error))
        self._refusal = error

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

    def _tend(self) -> None:
        """Do what needs no caller: open what could not be opened, give pages back, take the ballast on again."""
        self._tended_s = time.monotonic()
        try:
            if self._file is None:
                self._open()
            else:
                self._file.shrink()
                self._figures = self._file.statistics()
            self._disk.look()
            self._disk.restock()
        except (sqlite3.Error, OSError, Misconfigured) as error:
            self._refuse(error)
        self._tell()

    def _open(self) -> None:
        """Open the directory and the file; on a full disk the ballast makes room for the log."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = self._lock or _lock(self._directory)
        path, last_seq = self._directory / "outbox.db", self._figures.last_seq
        try:
            file = OutboxFile(path, self._max_bytes, self._disk, last_seq)
        except (sqlite3.Error, OSError) as error:
            if not (self._disk.is_full(error) and self._disk.release()):
                raise
            file = OutboxFile(path, self._max_bytes, self._disk, last_seq)
        self.generation = file.note("generation") or ""
        self._figures = file.statistics()
        self._file, self._refusal = file, None
        self._disk.look()
        self._disk.restock()

    def _tell(self) -> None:
        """Bring the figures up to date, and say when the disk has become another."""
        self._disk.look()
        before, word = self.statistics, self._disk.word(self._refusal)
        disk = self._disk
        self.statistics = replace(
            self._figures, disk=word, disk_free_bytes=disk.free_bytes, disk_used_pct=disk.used_pct
        )
        self._thinning.look(self.statistics)
        if word != before.disk:
            _log.warning("outbox_disk_changed", disk=word, free_bytes=self._disk.free_bytes, then=_THEN[word])
            self._loop.call_soon_threadsafe(self.on_disk)


def _lock(directory: Path) -> TextIO:
    """Hold the directory for this process; the lock goes with the process, even by SIGKILL."""
    path = directory / "outbox.lock"
    make_private(path)
    file = path.open("r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Misconfigured(f"outbox {directory} is used by another agent: give each its own outbox_dir") from error
    return file
