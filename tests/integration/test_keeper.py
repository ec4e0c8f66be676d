"""Programs that are kept running, and their logs that do not grow."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from simulators.stack.bounded_log import BoundedLog, tail, trim
from simulators.stack.keeper import Keeper, Program

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
)


async def _until_logged(path: Path, times: int) -> None:
    async with asyncio.timeout(20):
        while tail(path, 100).count("up") < times:
            await asyncio.sleep(0.02)


def test_program_when_killed_then_started_again_and_said_so(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        keeper = Keeper(Program("sleeper", SLEEPER, tmp_path / "log"), said.append)
        keeper.start()
        await _until_logged(tmp_path / "log", 1)
        first = keeper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until_logged(tmp_path / "log", 2)
        assert keeper.pid not in (first, None)
        assert keeper.restarts == 1
        await keeper.stop()
        assert keeper.pid is None

    asyncio.run(scenario())
    assert said == ["sleeper was ended by SIGKILL; starting it again in 0.5 s"]


def test_program_when_it_ignores_the_request_to_end_then_killed_after_its_time(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        keeper = Keeper(Program("stubborn", STUBBORN, tmp_path / "log", stop_timeout_s=0.3), said.append)
        keeper.start()
        await _until_logged(tmp_path / "log", 1)
        await keeper.stop()

    asyncio.run(scenario())
    assert said == ["stubborn did not end within 0.3 s and was killed"]


def test_program_when_it_fails_at_once_then_tried_less_and_less_often(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        keeper = Keeper(
            Program("failing", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "log"), said.append
        )
        keeper.start()
        async with asyncio.timeout(20):
            while len(said) < 3:
                await asyncio.sleep(0.02)
        await keeper.stop()

    asyncio.run(scenario())
    assert [line.rsplit(" in ")[1] for line in said[:3]] == ["0.5 s", "1 s", "2 s"]
    assert "failing ended with status 3" in said[0]


def test_log_when_full_then_turned_over_and_bounded(tmp_path: Path) -> None:
    with BoundedLog(tmp_path / "a.log", max_bytes=1_000) as log:
        for number in range(100):
            log.write(f"{number:>49}\n".encode())
    sizes = [(tmp_path / name).stat().st_size for name in ("a.log", "a.log.1")]
    assert all(size <= 1_050 for size in sizes)
    assert {path.name for path in tmp_path.iterdir()} == {"a.log", "a.log.1"}


def test_log_of_another_process_when_full_then_copied_and_emptied(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    with path.open("ab") as log:
        log.write(b"x" * 2_000)
        log.flush()
        trim(path, max_bytes=1_000)
        log.write(b"later")
    assert path.read_bytes() == b"later"
    assert (tmp_path / "server.log.1").stat().st_size == 2_000
