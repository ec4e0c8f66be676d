"""One server process on this machine that never outlives its owner: PostgreSQL, Mosquitto.

The owner talks to a supervisor (``cloud.db.supervise``), the supervisor to the server. Ctrl-C in a terminal
reaches neither of the two: the owner decides when the server stops, so that it can stop its clients first.
"""

import fcntl
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cloud.db import supervise
from cloud.db.errors import Unavailable

POLL_S = 0.005
LOG_TAIL_LINES = 12
LOCK_TIMEOUT_S = 20.0  # for which a start waits for the last server of its directory, which may be stopping


@dataclass(frozen=True, slots=True)
class Order:
    """How to start a server, and how to stop it."""

    command: tuple[str, ...]
    directory: Path
    """Holds ``lock``, held while a server runs here; also the server's working directory."""
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 30.0
    user: pwd.struct_passwd | None = None
    """Whom the server runs as; None is ourselves."""

    def as_json(self) -> str:
        """Write what the supervisor reads."""
        return json.dumps(
            {
                "command": self.command,
                "directory": str(self.directory),
                "log": str(self.log),
                "stop_signal": int(self.stop_signal),
                "stop_timeout_s": self.stop_timeout_s,
                "uid": self.user.pw_uid if self.user else None,
                "gid": self.user.pw_gid if self.user else None,
            }
        )


class Server:
    """A running server. Start it with ``start_server``."""

    def __init__(self, order: Order, supervisor: "subprocess.Popen[bytes]", pid: int) -> None:
        self._order = order
        self._supervisor = supervisor
        self.pid = pid

    def is_running(self) -> bool:
        """Tell whether the server has not ended yet."""
        return self._supervisor.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until ``ready()``.

        Raises:
            Unavailable: the server ended, or was not ready in time; its last log lines are in the message.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.is_running() or time.monotonic() > deadline:
                state = "is not ready" if self.is_running() else "has ended"
                self.stop()
                raise Unavailable(f"{Path(self._order.command[0]).name} {state}:\n{_tail(self._order.log)}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop the server cleanly and wait for its end. A second call does nothing."""
        if self._supervisor.stdin and not self._supervisor.stdin.closed:
            self._supervisor.stdin.close()
        self._supervisor.wait(self._order.stop_timeout_s + 5)

    def kill(self) -> None:
        """Kill the server and its children with SIGKILL, as a crash would, and wait until all are gone."""
        family = [self.pid, *_descendants(self.pid)]
        for pid in family:
            _kill(pid)
        self.stop()
        while any(_is_alive(pid) for pid in family[1:]):
            time.sleep(POLL_S)


def start_server(order: Order) -> Server:
    """Start a server and its supervisor.

    Raises:
        Unavailable: another server runs in that directory.
    """
    with hold(order.directory, Path(order.command[0]).name) as lock:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(supervise.__file__), order.as_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            # The supervisor inherits the lock and so holds it for exactly as long as it lives.
            pass_fds=[lock],
        )
    assert supervisor.stdout is not None  # noqa: S101 - a pipe was asked for above
    with supervisor.stdout as answer:
        line = answer.readline()
    if not line:
        supervisor.wait()
        raise Unavailable(f"{order.command[0]} cannot be started as {order.user.pw_name if order.user else 'us'}")
    return Server(order, supervisor, int(line))


@contextmanager
def hold(directory: Path, program: str) -> Iterator[int]:
    """Hold a server's directory; whoever inherits the lock's descriptor goes on holding it.

    Raises:
        Unavailable: somebody else holds it, and did not let go in time.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    with (directory / "lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(f"another {program} runs in {directory}") from None
                time.sleep(0.05)
        yield lock.fileno()


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in lines[-LOG_TAIL_LINES:])


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [found for child in map(int, children) for found in (child, *_descendants(child))]


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not yet reaped by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
