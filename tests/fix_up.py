"""A running `satulayar-simulate up` of two boxes, as a person starts it."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cloud.db.places import make_temporary_home

COMMAND = [sys.executable, "-m", "simulators"]
# Three of them may start at the same time on two cores; `up` gives up after 60 s for a part, and says why.
START_S = 180.0
# Whatever the hour of the test: the cameras see by day.
MORNING = ("--world-start", "2025-11-24T10:00+07:00")


# The ports of simulated devices are looked for when a stack starts: two that look at once find the same.
_STARTING = Path(tempfile.gettempdir()) / "satulayar-tests-starting.lock"


def make_grafana(home: Path) -> Path:
    """Unpack a stand-in for Grafana as its archive is unpacked, and give its `bin`."""
    unpacked = home / "grafana-12.4.4"
    for folder in ("bin", "conf"):
        (unpacked / folder).mkdir(parents=True, exist_ok=True)
    (unpacked / "conf" / "defaults.ini").touch()
    program = unpacked / "bin" / "grafana"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={Path.cwd()} exec {sys.executable} -m tests.standin_grafana "$@"\n')
    program.chmod(0o755)
    return program.parent


class Up:
    """One running `up` with two boxes; no other of these tests starts one until it is up."""

    def __init__(self, home: Path, run: int, *more: str, path: str = "") -> None:
        self._starting = _STARTING.open("w")
        fcntl.flock(self._starting, fcntl.LOCK_EX)
        self.data = home / "demo"
        self.token_file = home / "token"
        self.output = home / f"output-{run}"
        options = ["--data", str(self.data), "--token-file", str(self.token_file), "--boxes", "2", "--api-port", "0"]
        options += more
        environment = os.environ | {"PATH": path + os.environ["PATH"]}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([*COMMAND, "up", *options], stdout=output, stderr=output, env=environment)

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "state.json").read_text()))

    def pid(self, part: str) -> int:
        return int(next(row["pid"] or 0 for row in self.state()["parts"] if row["name"] == part))

    def wait_until_up(self) -> None:
        try:
            self.wait_for(self._has_said_so, START_S)
        finally:
            self.let_others_start()

    def let_others_start(self) -> None:
        self._starting.close()

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
def start() -> Iterator[Callable[..., Up]]:
    with _starter() as start_up:
        yield start_up


@pytest.fixture(scope="module")
def demo() -> Iterator[Up]:
    """One that is up, with a Grafana on its PATH, for all tests of a file."""
    with _starter() as start_up:
        up = start_up(*MORNING, grafana=True)
        up.wait_until_up()
        yield up


@contextmanager
def _starter() -> Iterator[Callable[..., Up]]:
    started: list[Up] = []
    with make_temporary_home() as home:

        def start_up(*more: str, grafana: bool = False) -> Up:
            path = f"{make_grafana(home)}:" if grafana else ""
            started.append(Up(home, len(started), *more, path=path))
            return started[-1]

        try:
            yield start_up
        finally:
            for up in started:
                up.let_others_start()
                if up.process.poll() is None:
                    up.process.kill()
                up.process.wait()
