"""What a newcomer sees of the running stack: a box of his own, a lease that is confirmed, values that stop by name."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fix_up import COMMAND, Up


@pytest.mark.timeout(540)
def test_up_when_a_box_is_plugged_in_and_the_ingester_hangs_then_the_row_arrives_and_the_stall_is_said(
    start: Callable[[], Up],
) -> None:
    up = start()
    up.wait_until_up()
    line = run("plug", "TD-01-b", "--data", str(up.data)).stdout
    subprocess.run(shlex.split(line), check=True, timeout=20)
    up.wait_for(lambda: up.latest().get("TD-01.mast-9:wind_speed", {}).get("value") == 4.5, 20)

    for wrong, told in (("TD-01-a", "is simulated here"), ("XX-99-a", "there is no site"), ("td", "no name of a box")):
        refused = run("plug", wrong, "--data", str(up.data), expect=1)
        assert told in refused.stderr
        assert "Traceback" not in refused.stderr

    up.wait_for(lambda: ask_for_green(up)["state"] == "confirmed", 60)

    ingester = up.pid("ingester")
    os.kill(ingester, signal.SIGSTOP)
    try:
        up.wait_for(lambda: "STALLED" in up.state()["alarm"], 60)
        assert f"{up.data}/logs/ingester.log" in up.output.read_text()
        assert "STALLED" in run("status", "--data", str(up.data)).stdout
    finally:
        os.kill(ingester, signal.SIGCONT)
    up.wait_for(lambda: not up.state()["alarm"], 30)
    assert "values are stored again" in up.output.read_text()


def ask_for_green(up: Up) -> dict[str, Any]:
    """Ask for a lease over everything that `up` runs; a controller that has just come up may refuse at first."""
    wish = {"phase": 2, "extra_green_s": 5, "duration_s": 60, "reason": "coba"}
    bearer = {"Authorization": f"Bearer {up.token_file.read_text().strip()}"}
    url = f"{up.state()['api_url']}/v1/junctions/TD-01/leases?wait_s=10"
    lease: dict[str, Any] = httpx.post(url, json=wish, headers=bearer, timeout=20).json()
    return {"state": None} | lease


def run(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == expect, done.stderr
    return done
