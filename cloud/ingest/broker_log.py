"""Counts from the broker's log the publishes that its ACL refused, by box.

Mosquitto tells the publisher (reason 135) and, at log_type debug, its log; nothing of it comes over MQTT. So this
reads the file in which `firmware-config/broker/run.sh` keeps what matters. It counts from its own start on, like any
counter, and cuts the file when it has grown; a line written in the very moment of a cut goes uncounted.

Source: Mosquitto 2.0.11, src/handle_publish.c ("Denied PUBLISH from").
"""

import os
import re
import threading
from io import FileIO
from pathlib import Path

import structlog

from cloud.ingest.metrics import Metrics

CUT_AT_BYTES = 16_777_216
_LOOK_EVERY_S = 0.5
_CHUNK_BYTES = 1_048_576
# A box's client id is the name in its certificate. Anchored, so that no topic can pass for such a line.
_DENIED = re.compile(rb"^\S+Z: Denied PUBLISH from ([\x21-\x7e]{1,120}) \(d", re.MULTILINE)
_MOST_NAMES = 1_000  # services choose their client ids; a metric with a label for each of any number would not end

_log = structlog.get_logger()


class BrokerLog:
    """Follows the kept log in a thread of its own.

    Args:
        path: the file; it may come later.
        metrics: where refused publishes are counted.
        cut_at_bytes: size from which on the file is emptied.
    """

    def __init__(self, path: Path, metrics: Metrics, cut_at_bytes: int = CUT_AT_BYTES) -> None:
        self._path = path
        self._denied = metrics.denied_publishes
        self._cut_at_bytes = cut_at_bytes
        self._names: set[str] = set()
        self._rest = b""
        self._begin_bytes = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-log")

    def start(self) -> None:
        """Begin at the end of what is there: what comes from this call on is counted."""
        self._begin_bytes = self._path.stat().st_size if self._path.exists() else 0
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._path.open("r+b", buffering=0) as file:
                    file.seek(self._begin_bytes)
                    self._follow(file)
            except FileNotFoundError:
                self._begin_bytes = 0  # all of what comes now is new
            except OSError as error:
                _log.warning("broker_log_unreadable", path=str(self._path), error=str(error))
            self._stopping.wait(_LOOK_EVERY_S)

    def _follow(self, file: FileIO) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            while chunk := file.read(_CHUNK_BYTES):
                self._count(chunk)
            self._begin_bytes = file.tell()
            if file.tell() >= self._cut_at_bytes:
                file.truncate(0)
            if os.fstat(file.fileno()).st_size < file.tell():
                file.seek(0)

    def _count(self, chunk: bytes) -> None:
        whole, newline, self._rest = (self._rest + chunk).rpartition(b"\n")
        for found in _DENIED.finditer(whole + newline):
            self._denied.labels(self._label(found[1].decode())).inc()

    def _label(self, name: str) -> str:
        if name not in self._names and len(self._names) >= _MOST_NAMES:
            return "other"
        self._names.add(name)
        return name
