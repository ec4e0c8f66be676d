"""24 November 2025 at speed: rain upstream, stages, a warning hours ahead, a siren, until the river is there."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import yaml
from capvalidator.validate import Validator

from cloud.db import accounts
from cloud.db.connection import connect
from simulators.control import send_order
from simulators.regency.load import DEFAULT_FILE, load_regency
from tests.browser import console_walk
from tests.browser.walk import CHROMIUM
from tests.fix_people import PASSWORD
from tests.fix_up import Up

ROOT = Path(__file__).resolve().parents[2]
BROWSER_PYTHON = ROOT / ".venv-browser" / "bin" / "python"
ARTEFACTS = ROOT / "build" / "artefacts" / "flood"
SPEED = 300.0  # a second is five minutes
UPPER, LOWER = "PWD-01.gauge-1", "KRT-01.gauge-1"
REACHED = "id.satulayar.water_stage.reached"
RING = [[112.80, -7.66], [112.88, -7.66], [112.88, -7.62], [112.80, -7.62], [112.80, -7.66]]


class Room:
    """The room's side of a running stack."""

    def __init__(self, up: Up) -> None:
        self.url = str(up.state()["api_url"])
        self._headers = {"Authorization": f"Bearer {up.token_file.read_text().strip()}"}

    def get(self, path: str, **query: Any) -> Any:
        return httpx.get(self.url + path, headers=self._headers, params=query, timeout=10).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        answer = httpx.post(self.url + path, headers=self._headers, json=body, timeout=10)
        assert answer.is_success, answer.text
        return answer.json()

    def wait(self, find: Callable[[], Any], timeout_s: float, what: str) -> Any:
        deadline_s = time.monotonic() + timeout_s
        while not (found := find()):
            assert time.monotonic() < deadline_s, f"{what} did not happen"
            time.sleep(0.25)
        return found

    def stages(self, gauge: str) -> dict[str, str]:
        """Give when a gauge reached each of its stages first."""
        events = self.get("/v1/events", asset=gauge, limit=100)["items"]
        begun = [one for one in events if one["type"] == REACHED and "ended_at" not in one["payload"]["data"]]
        return {one["payload"]["data"]["values"]["stage"]: one["time"] for one in reversed(begun)}


@pytest.fixture
def welang(tmp_path: Path) -> Path:
    """The regency with nothing but the two gauges of the Welang."""
    content = yaml.safe_load(DEFAULT_FILE.read_text())
    content["sites"] = [site for site in content["sites"] if site["code"] in {"KRT-01", "PWD-01"}]
    for site in content["sites"]:
        site.pop("cameras", None)
    path = tmp_path / "welang.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.timeout(540)
def test_flood_when_the_day_is_played_again_then_the_room_knows_hours_before_it_is_there(
    start: Callable[..., Up], welang: Path
) -> None:
    up = start("--regency", str(welang), "--world-start", "2025-07-24T06:00+07:00", "--speed", str(SPEED))
    up.wait_until_up()
    room = Room(up)
    _let_it_rain(up)
    room.wait(lambda: room.stages(UPPER), 90, "the first stage upstream")
    assert not room.stages(LOWER), "the river is downstream already"
    room.wait(lambda: _open(room, "PWD-01"), 10, "the incident")
    room.wait(lambda: room.get("/v1/warnings", source="bmkg", in_force=True)["items"], 30, "BMKG's warning")
    _warn(room)
    order = room.post(f"/v1/sirens/{LOWER}/sound", seconds=5, reason="air datang dari hulu", request_id=uuid4().hex)
    room.wait(
        lambda: room.get(f"/v1/siren-orders/{order['id']}")["state"] == "confirmed", 20, "the siren's confirmation"
    )
    with psycopg.connect(up.state()["dsn"]) as owner:
        row = owner.execute("SELECT upstream_severity, arrives_at FROM wall.river_reach").fetchone()
    assert row is not None
    assert row[0] >= 1
    assert row[1] is not None
    _look_in_a_browser(up)
    room.wait(lambda: "siaga_2" in room.stages(LOWER), 180, "the river downstream")
    ahead_s = (_instant(room.stages(LOWER)["siaga_2"]) - _instant(room.stages(UPPER)["siaga_3"])) * SPEED
    assert ahead_s > 2 * 3_600, f"only {ahead_s / 3_600:.1f} hours ahead"
    room.wait(lambda: _open(room, "KRT-01")["severity"] != "minor", 20, "the incident downstream growing")


def _look_in_a_browser(up: Up) -> None:
    """Have the head of shift see it on the console, where there is a Chromium; pictures are left as artefacts."""
    if not (Path(CHROMIUM).exists() and BROWSER_PYTHON.exists()):
        return
    with connect(up.state()["dsn"], "test", autocommit=True) as owner:
        accounts.add_account(owner, "kepala-uji", "head_of_shift", "test", agencies=["disaster"])
        accounts.choose_password(owner, "kepala-uji", PASSWORD, "test")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    script = Path(console_walk.__file__).with_name("flood.py")
    order = [BROWSER_PYTHON, script, up.state()["api_url"], "kepala-uji", PASSWORD, ARTEFACTS, CHROMIUM]
    done = subprocess.run([str(each) for each in order], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def _let_it_rain(up: Up) -> None:
    """Order that day's rain, which began at 13:00, once everything runs."""
    day = next(replay for replay in load_regency(DEFAULT_FILE).replays if replay.name == "Welang 2025-11-24")
    order = {
        "do": "fault",
        "on": day.area,
        "what": "rain_burst",
        "for": f"{day.duration:.0f}s",
        "amount": day.peak_mm_h,
    }
    send_order(up.data / "world", order)


def _open(room: Room, site: str) -> Any:
    found = room.get("/v1/incidents", site=site)["items"]
    return next((one for one in found if one["kind"] == "flood_stage"), None)


def _warn(room: Room) -> None:
    made = room.post(
        "/v1/warnings",
        status="Actual",
        event={"id": "Banjir", "en": "Flood"},
        urgency="Expected",
        severity="Severe",
        certainty="Likely",
        responses=["Prepare", "Evacuate"],
        headline={"id": "Kali Welang akan meluap di Kraton", "en": "The Welang will flood Kraton"},
        description={"id": "Hulu sudah Siaga 3.", "en": "Upstream is at Siaga 3."},
        instruction={"id": "Naik ke tempat tinggi.", "en": "Go to high ground."},
        expires_in_s=6 * 3_600,
        area={"id": "Kraton, Tambakrejo", "en": "Kraton, Tambakrejo"},
        polygons=[RING],
        reason="siaga di hulu",
        request_id=uuid4().hex,
    )
    written = httpx.get(f"{room.url}/v1/cap/{made['id']}.xml").content
    assert Validator(written).schema()[0], "the warning is not valid CAP 1.2"
    assert made["id"] in httpx.get(f"{room.url}/v1/cap/actual.atom").text


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
