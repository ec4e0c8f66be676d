"""A thread that reads one stream for as long as the box runs: opens it, and again whenever it ends.

What goes wrong costs this stream its pictures and nobody anything else. Waiting between attempts is jittered; after a
refusal it is long, for cameras lock out who tries too often.
"""

import threading
from collections.abc import Callable

import structlog

from edge.backoff import Backoff
from edge.errors import EdgeError, Misconfigured, Refused
from edge.vision.reasons import because, reason_of, system_reason

RECONNECT_BASE_S, RECONNECT_CAP_S = 2.0, 30.0
REFUSED_PAUSE_S = 30.0
DISK_PAUSE_S = 15.0
_log = structlog.get_logger()


class StreamThread:
    """Runs a reader again and again until asked to stop."""

    def __init__(self, name: str, read: Callable[[], None], lost: Callable[[str], None]) -> None:
        """Prepare; `start` begins.

        Args:
            name: of the thread, and in the log.
            read: reads one stream; returns when asked to stop, raises why it ended otherwise.
            lost: told why, each time.
        """
        self._name = name
        self._read = read
        self._lost = lost
        self._stop = threading.Event()
        self._backoff = Backoff(RECONNECT_BASE_S, RECONNECT_CAP_S)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it may be waiting for the camera for some seconds yet."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; tell whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        """Tell whether the reader is to return."""
        return self._stop.is_set()

    def note_good(self) -> None:
        """Note that a stream is worth its connection: the next one is tried soon."""
        self._backoff.reset()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except EdgeError as error:
                self._lost(reason_of(error))
                pause_s = self._backoff.next_s()
                pause_s += REFUSED_PAUSE_S if isinstance(error, Refused | Misconfigured) else 0.0
            except OSError as error:  # a stream's own are translated where it is read
                self._lost(because("disk", what=system_reason(error)))
                pause_s = DISK_PAUSE_S
            except Exception:  # noqa: BLE001 - outermost loop of a thread: one camera's surprise must not end it for good
                _log.exception("stream_thread_failed", thread=self._name)
                self._lost(because("agent_failed"))
                pause_s = REFUSED_PAUSE_S
            else:
                return
            self._stop.wait(pause_s)
