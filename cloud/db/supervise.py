"""Runs one server for an owner, and stops it cleanly when the owner is gone, however the owner went.

This file is run as a program of its own, by ``cloud.db.server``, with the standard library only, so that it
starts in 30 ms. The owner holds the other end of its standard input: when that closes (the owner closed it,
ended, or was killed with SIGKILL) the server gets its stopping signal. The owner's process id is watched too,
because a child that the owner forked may still hold the pipe.

Usage: ``python -I -S supervise.py '{"command": […], "stop_signal": 2, …}'`` (fields of ``cloud.db.server``)
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

OWNER_CHECK_S = 0.5
PR_SET_PDEATHSIG = 1  # prctl(2), linux/prctl.h


def main() -> int:
    """Start the server, wait for its end or the owner's, and return the server's exit status."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    owner = os.getppid()
    server = _start(order)
    # The owner reads this line, then knows which process to wait for, or to kill.
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()
    os.close(1)
    while server.poll() is None:
        if _owner_is_gone(owner):
            return _stop(server, order)
    return server.returncode


def _start(order: dict[str, Any]) -> "subprocess.Popen[bytes]":
    stop_signal = int(order["stop_signal"])
    # Should this process itself be killed, the kernel tells the server to stop.
    libc = ctypes.CDLL(None, use_errno=True)
    with open(order["log"], "ab") as log:  # noqa: PTH123 - pathlib costs a tenth of this program's start
        return subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=order["uid"],
            group=order["gid"],
            extra_groups=[] if order["uid"] is not None else None,
            cwd=order["directory"],
            start_new_session=True,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, stop_signal),  # noqa: PLW1509 - one thread only
        )


def _owner_is_gone(owner: int) -> bool:
    readable, _, _ = select.select([0], [], [], OWNER_CHECK_S)
    return bool(readable and not os.read(0, 1)) or os.getppid() != owner


def _stop(server: "subprocess.Popen[bytes]", order: dict[str, Any]) -> int:
    """Ask the server to end; kill it when it has not within its time."""
    server.send_signal(order["stop_signal"])
    deadline = time.monotonic() + order["stop_timeout_s"]
    while server.poll() is None:
        if time.monotonic() > deadline:
            server.kill()
        time.sleep(0.005)
    return server.returncode


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main())
