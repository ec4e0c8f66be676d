"""`satulayar-simulate up` as a person uses it: real processes, killed, stopped, started again on the same data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fix_up import COMMAND, Up


def _left(family: list[psutil.Process], within_s: float) -> list[psutil.Process]:
    running = psutil.wait_procs(family, timeout=within_s)[1]
    return [process for process in running if not _has_ended(process)]


def _has_ended(process: psutil.Process) -> bool:
    """An orphan that ended stays in the table until its new parent, perhaps a container's first process, asks."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _newest(latest: dict[str, dict[str, Any]], box: str) -> str:
    return max(str(item["time"]) for name, item in latest.items() if name.startswith(box))


def provision(up: Up, *words: str) -> subprocess.CompletedProcess[str]:
    """Give a command of the office, with the settings that `up` leaves for it."""
    left = dict(
        line.removeprefix("export ").split("=", 1) for line in (up.data / "office.env").read_text().splitlines()
    )
    environment = os.environ | left | {"SATULAYAR_PROVISION_CENTRE_TOKEN": up.token_file.read_text().strip()}
    command = [sys.executable, "-m", "provisioning", *words, "--files", str(up.data / "desired.yaml")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def boxes_are_in_service(up: Up) -> None:
    """The boxes are there by the way that a regency's go: desired state, registry, balena, variables, parcel."""
    assert (up.data / "office.env").stat().st_mode & 0o077 == 0
    status = provision(up, "status").stdout.splitlines()
    assert [line.split()[0] for line in status if line.endswith("online")] == ["TD-01-a", "KRT-01-a"]
    assert "nothing to do: balena is as the files say" in provision(up, "diff").stdout
    assert "the registry is as the files say" in provision(up, "registry", "--diff").stdout
    for line in status:
        box, uuid = line.split()[0], line.split()[2]
        boot = up.data / "boxes" / box / "boot"
        assert json.loads((boot / "config.json").read_text())["uuid"].startswith(uuid)
        assert not (boot / "satulayar" / "box.key").exists(), "the box took it"
        environment = psutil.Process(up.pid(box)).environ()
        assert environment["SATULAYAR_EDGE_HARDWARE_ID"].startswith(uuid)


@pytest.mark.timeout(540)
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

    boxes_are_in_service(first)

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
    order = ["TD-01-a", "modules", "services", "warnings", "ingester", "api", "loudspeakers", "cameras", "city"]
    order += ["world", "broker"]
    assert [next((word for word in order if word in line), line) for line in stops[:-1]] == order
    assert "database stopped" in stops[-1]

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
