"""`satulayar-simulate up` as a person uses it: real processes, killed, stopped, started again on the same data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cloud.db.places import make_temporary_home

COMMAND = [sys.executable, "-m", "simulators"]
START_S = 75.0  # `up` gives up after 60 s for a part, and then says why


class Up:
    """One running `up` with two boxes."""

    def __init__(self, home: Path, run: int) -> None:
        self.data = home / "demo"
        self.token_file = home / "token"
        self.output = home / f"output-{run}"
        options = ["--data", str(self.data), "--token-file", str(self.token_file), "--boxes", "2", "--api-port", "0"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([*COMMAND, "up", *options], stdout=output, stderr=output)

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "state.json").read_text()))

    def pid(self, part: str) -> int:
        return int(next(row["pid"] or 0 for row in self.state()["parts"] if row["name"] == part))

    def wait_until_up(self) -> None:
        self.wait_for(self._has_said_so, START_S)

    def _has_said_so(self) -> bool:
        try:
            return bool(self.state()["owner"] == self.process.pid)
        except FileNotFoundError:
            return False

    def wait_for(self, happened: Callable[[], bool], timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not happened():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline_s, self.output.read_text()
            time.sleep(0.1)

    def latest(self) -> dict[str, dict[str, Any]]:
        """Ask the API for the newest values, by series."""
        bearer = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
        answer = httpx.get(f"{self.state()['api_url']}/v1/latest", params={"limit": 500}, headers=bearer)
        return {item["series"]: item for item in answer.raise_for_status().json()["items"]}

    def family(self) -> list[psutil.Process]:
        """List this `up` and everything below it, those included that have moved to sessions of their own."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]


@pytest.fixture
def start() -> Iterator[Callable[[], Up]]:
    started: list[Up] = []
    with make_temporary_home() as home:

        def start_up() -> Up:
            started.append(Up(home, len(started)))
            return started[-1]

        yield start_up
        for up in started:
            if up.process.poll() is None:
                up.process.kill()
            up.process.wait()


def _left(family: list[psutil.Process], within_s: float) -> list[psutil.Process]:
    return psutil.wait_procs(family, timeout=within_s)[1]


def _newest(latest: dict[str, dict[str, Any]], box: str) -> str:
    return max(str(item["time"]) for name, item in latest.items() if name.startswith(box))


@pytest.mark.timeout(240)
def test_up_when_parts_are_killed_and_it_is_stopped_and_killed_then_it_goes_on_and_leaves_nothing(
    start: Callable[[], Up],
) -> None:
    first = start()
    first.wait_until_up()
    wanted = {"TD-01.lamp-1-c1:voltage", "TD-01.lamp-1-c1:energy", "KRT-01.gauge-1:water_level"}
    wanted |= {"TD-01.signal-1:controller_flash", "TD-01.signal-1:pattern"}
    first.wait_for(lambda: wanted <= first.latest().keys(), 15)
    latest = first.latest()
    assert 200 < latest["TD-01.lamp-1-c1:voltage"]["value"] < 240
    assert 0 < latest["KRT-01.gauge-1:water_level"]["value"] < 10
    assert first.token_file.stat().st_mode & 0o077 == 0

    second = subprocess.run([*COMMAND, "up", "--data", str(first.data)], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "in use by another `up`" in second.stderr

    killed = {part: first.pid(part) for part in ("TD-01-a", "ingester")}
    before = _newest(latest, "TD-01.")
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    first.wait_for(lambda: all(first.pid(part) not in (0, pid) for part, pid in killed.items()), 20)
    first.wait_for(lambda: _newest(first.latest(), "TD-01.") > before, 30)
    assert "TD-01-a was ended by SIGKILL; starting it again" in first.output.read_text()

    family = first.family()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(40) == 0, first.output.read_text()
    assert _left(family, within_s=1) == []
    stops = [line for line in first.output.read_text().splitlines() if " stopped " in line]
    order = ["boxes", "ingester", "api", "city", "world", "broker", "database"]
    assert [next(word for word in (*order, "TD-01-a") if word in line) for line in stops] == ["TD-01-a", *order[1:]]

    again = start()
    again.wait_until_up()
    assert again.latest().keys() >= latest.keys()
    assert again.latest()["TD-01.lamp-1-c1:energy"]["value"] >= latest["TD-01.lamp-1-c1:energy"]["value"]
    family = again.family()
    again.process.kill()
    assert _left(family, within_s=15) == []


def test_status_and_down_when_nothing_runs_then_they_say_so(tmp_path: Path) -> None:
    for command in ("status", "down"):
        done = subprocess.run(
            [*COMMAND, command, "--data", str(tmp_path / "none")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "nothing runs in" in done.stderr
