"""Keeps modules on their schedules: one process, one thread that waits, a few that run.

Manifests are read again when a file of their folders has changed, so a module joins by being put there; a module
whose source is a folder runs when a file is put into it. One process works at a time (advisory lock); another one
that is started stands by.
"""

import heapq
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cronsim import CronSim
from psycopg import DataError, Error
from psycopg_pool import ConnectionPool

from cloud.db.connection import connect, translated
from cloud.errors import CloudError
from cloud.modules.errors import Misconfigured
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import find_modules, read_districts_file
from cloud.modules.notation import WIB
from cloud.modules.run import Occasion, run_folder, run_module
from cloud.modules.settings import ModulesSettings
from cloud.modules.sources.folder import stamps_of
from cloud.modules.sources.models import Folder
from cloud.modules.store import Line, end_abandoned, last_start, put_districts, register, retire_others

APPLICATION = "satulayar-modules"
LOCK = 7_305_810_112_009
LOOK_EVERY_S = 2.0
STAND_BY_S = 5.0

_log = structlog.get_logger()
Due = tuple[datetime, str]


class Scheduler:
    """Runs modules when they are due.

    Args:
        settings: of the program.
        clock: aware UTC; tests hold it.
    """

    def __init__(self, settings: ModulesSettings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = clock
        self._manifests: dict[str, Manifest] = {}
        self._due: list[Due] = []
        self._seen: dict[Path, int] = {}
        self._files: dict[str, dict[str, str]] = {}
        self._running: dict[str, Future[None]] = {}
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(settings.at_once, thread_name_prefix="run")
        self._pool = ConnectionPool(
            settings.dsn, min_size=0, max_size=settings.at_once, open=False, kwargs={"autocommit": True}, max_idle=60.0
        )

    def stop(self) -> None:
        """Have `work` return when the runs under way have ended."""
        self._stopping.set()

    def work(self) -> None:
        """Run modules until stopped; stands by while another process does.

        Raises:
            Unavailable: the database was lost while this process had the lock: the supervisor starts it again.
        """
        with translated(), connect(self._settings.dsn, APPLICATION, autocommit=True) as lock:
            while not self._stopping.is_set():
                row = lock.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
                if row == (True,):
                    break
                self._stopping.wait(STAND_BY_S)
            self._pool.open()
            end_abandoned(lock)
            if self._settings.districts is not None:
                put_districts(lock, iter(read_districts_file(self._settings.districts)))
            try:
                while not self._stopping.is_set():
                    lock.execute("SELECT 1")
                    self._read_manifests(lock)
                    self._look_into_folders()
                    self._stopping.wait(self._run_due())
            finally:
                self._threads.shutdown()
                self._pool.close()

    def _read_manifests(self, connection: Line) -> None:
        """Read the manifests anew if a file of theirs has changed, and register them."""
        seen = _stamps(self._settings.all_folders)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            found = {module.name: module for module in find_modules(self._settings.all_folders)}
        except Misconfigured as error:
            if not self._manifests:
                raise
            _log.error("manifests_unreadable", error=str(error))
            self._seen = {}  # so that it is looked at again
            return
        for name, module in found.items():
            for fault in module.faults:
                _log.error("manifest_refused", module=name, fault=fault)
        # One that has just been spoilt goes on as it was: a typing error must not stop a service's figures.
        good = {name: module.manifest or self._manifests.get(name) for name, module in found.items()}
        before = self._manifests
        self._manifests = {name: manifest for name, manifest in good.items() if manifest is not None}
        for name, manifest in list(self._manifests.items()):
            if before.get(name) != manifest and self._register(connection, name, manifest):
                self._due = [due for due in self._due if due[1] != name]
                self._files.pop(name, None)  # its files are read again
                self._plan(name, manifest)
                self._catch_up(connection, name, manifest)
        retire_others(connection, found)
        heapq.heapify(self._due)
        _log.info("modules_read", modules=len(self._manifests), scheduled=len(self._due))

    def _register(self, connection: Line, name: str, manifest: Manifest) -> bool:
        """Register a module, so that figures can be brought to it before it ever ran; tell whether that could be."""
        try:
            register(connection, name, manifest)
        except (Misconfigured, DataError, ValueError) as error:  # or a text that no database takes, such as a NUL
            _log.error("manifest_refused", module=name, fault=str(error))
            del self._manifests[name]
            return False
        if isinstance(manifest.source, Folder):
            try:
                (self._settings.drop_folder / name).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                _log.error("folder_missing", module=name, error=str(error))
        return True

    def _look_into_folders(self) -> None:
        """Begin a run where a file is new, and nobody writes to it any more."""
        for name, manifest in self._manifests.items():
            if not isinstance(manifest.source, Folder):
                continue
            try:
                files = stamps_of(self._settings.drop_folder / name, manifest.source.pattern)
            except CloudError as error:
                _log.debug("folder_unreadable", module=name, error=str(error))
                continue
            if files != self._files.get(name) and self._begin(name, manifest, None):
                self._files[name] = files

    def _plan(self, name: str, manifest: Manifest) -> None:
        if manifest.schedule is not None:
            due = next(CronSim(manifest.schedule, self._now().astimezone(WIB)))
            heapq.heappush(self._due, (due.astimezone(UTC), name))

    def _catch_up(self, connection: Line, name: str, manifest: Manifest) -> None:
        """Have a module run now whose last due time passed while nobody worked, or that never ran."""
        if manifest.schedule is None:
            return
        now = self._now()
        missed = next(CronSim(manifest.schedule, now.astimezone(WIB), reverse=True))
        last = last_start(connection, name)
        if last is None or last < missed:
            heapq.heappush(self._due, (now, name))

    def _run_due(self) -> float:
        """Begin what is due; give the seconds until there is something to do."""
        now = self._now()
        while self._due and self._due[0][0] <= now:
            due, name = heapq.heappop(self._due)
            manifest = self._manifests.get(name)
            if manifest is None:
                continue
            if not any(other == name for _, other in self._due):
                self._plan(name, manifest)
            self._begin(name, manifest, due)
        return min(LOOK_EVERY_S, max(0.0, (self._due[0][0] - now).total_seconds())) if self._due else LOOK_EVERY_S

    def _begin(self, name: str, manifest: Manifest, due: datetime | None) -> bool:
        """Begin a run; False where the one before is still under way."""
        under_way = self._running.get(name)
        if under_way is not None and not under_way.done():
            if due is not None:
                reason = "the one before is still running"
                _log.warning("run_left_out", module=name, due_at=due.isoformat(), reason=reason)
            return False
        self._running[name] = future = self._threads.submit(self._run, name, manifest, due)
        future.add_done_callback(lambda ended: _tell(name, ended))
        return True

    def _run(self, name: str, manifest: Manifest, due: datetime | None) -> None:
        try:
            with self._pool.connection() as connection:
                if due is None:
                    run_folder(connection, name, manifest, self._settings.reach)
                else:
                    occasion = Occasion("schedule", due_at=due)
                    run_module(connection, name, manifest, self._settings.reach, occasion)
        except (CloudError, Error, OSError) as error:
            _log.error("run_lost", module=name, error=str(error))


def _tell(name: str, run: Future[None]) -> None:
    """Log what nobody has caught: a future keeps it for whoever asks, and nobody does."""
    error = None if run.cancelled() else run.exception()
    if error is not None:
        _log.error("run_lost", module=name, error=repr(error), exc_info=error)


def _stamps(folders: list[Path]) -> dict[Path, int]:
    """Give when each file of each module was changed, in nanoseconds.

    An editor's lock is a link to nowhere, and a file may go between its name's reading and its own.
    """
    stamps = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place, name)
                if path.suffix == ".yaml":
                    with suppress(OSError):
                        stamps[path] = path.stat().st_mtime_ns
    return stamps
