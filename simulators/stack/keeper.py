"""Keeps one program running: starts it, takes its output, starts it again when it dies, stops it when told."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulators.stack import tethered
from simulators.stack.bounded_log import BoundedLog

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
CALM_AFTER_S = 60.0  # a program that ran so long has not failed for the same reason again
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    Attributes:
        name: for people, logs and the state file.
        command: program and arguments.
        log: file for its standard output and error.
        environment: variables on top of ours.
        stop_timeout_s: how long it may take to end on SIGTERM before it is killed.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_timeout_s: float = 20.0


class Keeper:
    """A program that is kept running between `start` and `stop`.

    Args:
        program: what to run.
        say: takes a line for the person when the program died.
    """

    def __init__(self, program: Program, say: Callable[[str], None]) -> None:
        self.program = program
        self.restarts = 0
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id; None while it is down."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Begin to keep it; call from the main thread (see `tethered`)."""
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def stop(self) -> None:
        """Stop it: SIGTERM, then SIGKILL after its time."""
        self._stopping = True
        if self._task is None:
            return
        if self.pid is None:
            self._task.cancel()
        else:
            self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self._task], timeout=self.program.stop_timeout_s)
        if not done:
            self._say(f"{self.program.name} did not end within {self.program.stop_timeout_s:g} s and was killed")
            self._signal(signal.SIGKILL)
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _keep(self) -> None:
        delay_s = FIRST_DELAY_S
        while not self._stopping:
            started_at_s = time.monotonic()
            ending = await self._run_once()
            if self._stopping:
                return
            delay_s = FIRST_DELAY_S if time.monotonic() - started_at_s > CALM_AFTER_S else delay_s
            self._say(f"{self.program.name} {ending}; starting it again in {delay_s:g} s")
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)
            self.restarts += 1

    async def _run_once(self) -> str:
        """Run the program to its end, and say how that was."""
        try:
            return _ending(await self._run())
        except OSError as error:
            return f"could not be run: {error}"

    async def _run(self) -> int:
        own = [sys.executable, "-I", "-S", str(tethered.__file__), str(os.getpid())]
        self._process = process = await asyncio.create_subprocess_exec(
            *own,
            *self.program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | self.program.environment,
            # Ctrl-C in a terminal goes to the whole group; the order in which things stop is ours to decide.
            start_new_session=True,
        )
        if self._stopping:  # told to stop while it was being started
            self._signal(signal.SIGTERM)
        with BoundedLog(self.program.log) as log:
            while octets := await process.stdout.read(_CHUNK_BYTES):  # type: ignore[union-attr]  # a pipe, above
                log.write(octets)
        return await process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    return f"was ended by {signal.Signals(-code).name}"
