"""Becomes another program that the kernel kills when its owner is gone, however the owner went.

Run as a program of its own, with the standard library only: `python -I -S tethered.py OWNER_PID COMMAND…`. A
`preexec_fn` would do the same inside a process that has threads, where it may deadlock.

Source: prctl(2), PR_SET_PDEATHSIG; the setting survives execve(2). It goes by the owner's *thread*, so the owner
starts us from its main thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its owner, then become the command."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The owner may have died before the line above; then nobody will ever be told.
    if os.getppid() != int(sys.argv[1]):
        raise SystemExit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - to become the command is the point


if __name__ == "__main__":
    main()
