"""What the room asks of a camera, all the way: API, broker, the real box with a recorded stream, ingester, database."""

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from cloud.cameras import sharing
from cloud.db import accounts
from tests.fix_api import HTTP, serve
from tests.fix_database import add_asset, add_box
from tests.fix_edge import Box, free_port, wait_for
from tests.fix_room import BoxDouble, room_settings
from tests.fix_vision import SIZE, PaintedCamera, driving


def noise(n: int) -> np.ndarray:
    """What no coder makes small: a few seconds of it are several pieces."""
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    picture[180:300, 320:520] = np.random.default_rng(n).integers(0, 256, (120, 200, 1), dtype=np.uint8)
    return picture


class Room:
    """An operator at the API.

    Attributes:
        url: of it.
        camera: the code of the camera.
    """

    def __init__(self, url: str, token: str, camera: str) -> None:
        self.url, self.camera = url, camera
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> httpx.Response:
        return HTTP.get(self.url + path, headers=self._headers, params=query)

    def ask(self, what: str, **body: Any) -> Any:
        return HTTP.post(f"{self.url}/v1/cameras/{self.camera}/{what}", headers=self._headers, json=body)

    def wait(self, path: str, is_so: Callable[[Any], Any]) -> Any:
        """Read a thing until it is as wanted."""
        deadline_s = time.monotonic() + 60
        while not is_so(found := self.get(path).json()):
            assert time.monotonic() < deadline_s, found
            time.sleep(0.2)
        return found


@pytest.fixture
def room(path, database, authority, box_name, monkeypatch) -> Iterator[Room]:
    monkeypatch.setattr(sharing, "EVERY_S", 1.0)
    site = box_name.rpartition("-")[0]
    camera = f"{site}.cam-1"
    add_asset(path.connection, add_box(path.connection, site, box_name), camera)
    path.connection.execute("UPDATE asset SET kind = 'camera' WHERE code = %s", [camera])
    token = accounts.create_token(path.connection, "siti", "operator", "test")
    with serve(room_settings(database, path.broker.service_port, authority)) as (url, _):
        yield Room(url, token, camera)


def site_of(box_name: str, camera: str, url: str, **vision: Any) -> dict[str, Any]:
    """A site file with one camera that is recorded."""
    where = {"name": "Test", "district": "Kraton", "latitude": -7.65, "longitude": 112.85}
    detector = {"model": "colours.tflite", "head": "centre_point"}
    return {
        "site": {"code": box_name.rpartition("-")[0], **where},
        "box": box_name,
        "vision": {"detector": detector, "recording": {"min_free_gigabytes": 0.01}, **vision},
        "cameras": [
            {
                "code": camera,
                "sub": url,
                "main": url,
                "report_s": 2,
                "masks": [[[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]],
                "masked_by_camera": True,
            }
        ],
    }


def wait_recording(running: Box, camera: str) -> None:
    wait_for(lambda: running.is_up() and running.status()["recordings"]["cameras"][camera] == "recording", 60)


@pytest.fixture
def box(path, make_box, box_name, room, colour_models, tmp_path) -> Iterator[tuple[Box, PaintedCamera]]:
    with PaintedCamera(driving) as camera:
        content = site_of(box_name, room.camera, camera.url)
        where = {"models_dir": colour_models, "vision_dir": tmp_path / "vision"}
        with make_box(content, path.broker.port, **where) as running:
            wait_recording(running, room.camera)
            yield running, camera


@pytest.mark.timeout(240)
def test_clip_when_asked_in_the_room_then_its_parts_come_play_and_are_in_the_chain(room, box) -> None:
    time.sleep(20)  # a clip of more than one part needs so much recording
    since = datetime.now(UTC) - timedelta(seconds=19)
    asked = room.ask("clips", since=since.isoformat(), seconds=18, reason="laporan warga", request_id="panggilan-1")
    assert asked.status_code == 202
    made = asked.json()
    assert (
        room.ask("clips", since=since.isoformat(), seconds=18, reason="laporan warga", request_id="panggilan-1").json()[
            "id"
        ]
        == made["id"]
    ), "a double click is one clip"
    clip = room.wait(f"/v1/clips/{made['id']}", lambda one: one["state"] == "confirmed" and len(one["evidence"]) == 2)
    assert (clip["parts"], clip["requester"], clip["reason"]) == (2, "siti", "laporan warga")
    seconds = 0.0
    for part in clip["evidence"]:
        content = room.get(f"/v1/media/{clip['event']}/{part['sha256']}").content
        assert hashlib.sha256(content).hexdigest() == part["sha256"]
        with av.open(io.BytesIO(content)) as container:
            seconds += sum(1 for _ in container.decode(video=0)) / 10
    assert seconds == pytest.approx(18, abs=6)
    (chain,) = room.get("/v1/clip-chains").json()
    assert (chain["records"], chain["holds"], chain["parts_missing"]) == (1, True, 0)
    gone = room.ask("clips", since="2025-01-01T00:00:00Z", seconds=5, reason="lama sekali").json()
    refused = room.wait(f"/v1/clips/{gone['id']}", lambda one: one["state"] == "refused")
    assert (refused["rule"], "the oldest is of" in refused["detail"]) == ("gone", True)
    told = room.get("/v1/audit", action="clip_requested").json()["items"]
    assert [(row["actor"], row["detail"]["reason"]) for row in told] == [
        ("siti", "lama sekali"),
        ("siti", "laporan warga"),
    ]
    assert told[-1]["detail"]["address"] == "127.0.0.1"


@pytest.mark.timeout(240)
def test_clip_when_the_room_restarts_half_way_through_its_upload_then_it_goes_on_and_is_whole(
    path, database, authority, make_box, box_name, colour_models, tmp_path
) -> None:
    site, port = box_name.rpartition("-")[0], free_port()
    camera = f"{site}.cam-1"
    add_asset(path.connection, add_box(path.connection, site, box_name), camera)
    path.connection.execute("UPDATE asset SET kind = 'camera' WHERE code = %s", [camera])
    # Slow enough to be seen half way, on however quick a machine.
    path.connection.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;"
        " CREATE TRIGGER dawdle BEFORE INSERT ON clip_upload_piece FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )
    token = accounts.create_token(path.connection, "siti", "operator", "test")
    believed = {"box_ca_file": authority.certificate_file, "box_crl_file": authority.crl_file, "port": port}
    settings = room_settings(database, path.broker.service_port, authority).model_copy(update=believed)
    vision = {"clips": {"by": "https", "room": f"http://127.0.0.1:{port}"}}
    where = {"models_dir": colour_models, "vision_dir": tmp_path / "vision"}
    with (
        PaintedCamera(noise) as lens,
        make_box(site_of(box_name, camera, lens.url, **vision), path.broker.port, **where) as box,
    ):
        wait_recording(box, camera)
        time.sleep(8)
        since = datetime.now(UTC) - timedelta(seconds=7)
        with serve(settings) as (url, _):
            room = Room(url, token, camera)
            asked = room.ask("clips", since=since.isoformat(), seconds=6, reason="laporan warga").json()
            path.wait("SELECT 1 FROM clip_upload WHERE taken > 0 AND taken < bytes", len, 60)
        half = path.connection.execute("SELECT taken, bytes, sha256 FROM clip_upload").fetchone()
        assert half[0] < half[1], "the line was cut half way"
        wait_for(lambda: box.status()["recordings"]["clip_waits"], 30)
        assert path.connection.execute("SELECT taken FROM clip_upload").fetchone() == (half[0],)
        with serve(settings) as (url, _):
            room = Room(url, token, camera)
            clip = room.wait(f"/v1/clips/{asked['id']}", lambda one: one["state"] == "confirmed")
            (part,) = clip["evidence"]
            content = room.get(f"/v1/media/{clip['event']}/{part['sha256']}").content
            (chain,) = room.get("/v1/clip-chains").json()
    assert hashlib.sha256(content).hexdigest() == part["sha256"] == half[2].hex()
    assert (chain["records"], chain["holds"], chain["parts_missing"]) == (1, True, 0)
    assert box.logged("clip_upload_waits") >= 1
    assert path.connection.execute("SELECT count(*) FROM media").fetchone() == (1,), "once"


@pytest.mark.timeout(240)
def test_camera_when_a_second_box_says_it_has_it_too_then_the_first_one_is_told_and_tells(
    room, box, path, box_name, authority
) -> None:
    running, _ = box
    site = box_name.rpartition("-")[0]
    add_box(path.connection, site, f"{site}-b")
    other = BoxDouble(f"{site}-b", path.broker.port, authority)
    answered = []
    other.answer = answered.append
    other.start()
    try:
        status = {"state": "online", "session": str(uuid4()), "at": datetime.now(UTC).isoformat()}
        other.publish("status", status | {"assets": {room.camera: "ok"}}, retain=True)
        wait_for(lambda: running.status()["cameras"][room.camera]["shared_with"] == [f"{site}-b"], 60)
        wait_for(lambda: answered, 60)
        seen = room.wait(f"/v1/cameras/{room.camera}", lambda one: one["health"])
    finally:
        other.stop()
    assert (answered[0].action, answered[0].arguments) == ("camera.shared", {"boxes": [box_name]})
    assert [(one["type"], "take it out" in one["message_en"]) for one in seen["health"]] == [
        ("id.satulayar.camera.shared", True)
    ]
    assert running.status()["assets"][room.camera][0] == "ok"


@pytest.mark.timeout(240)
def test_live_view_when_asked_in_the_room_then_masked_pictures_come_at_once_and_end_by_themselves(room, box) -> None:
    assert room.get(f"/v1/cameras/{room.camera}/live/picture").status_code == 204
    view = room.ask("live", seconds=8, hz=2, reason="melihat antrean")
    assert view.status_code == 202
    number, seen = 0, []
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        answer = room.get(view.json()["picture"], after=number, wait_s=5)
        if answer.status_code == 200:
            assert int(answer.headers["picture-number"]) > number
            number = int(answer.headers["picture-number"])
            seen.append(answer)
        elif "live-until" not in answer.headers:
            break
    assert len(seen) >= 3, "some; how many depends on how busy this machine is"
    assert seen[0].headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(seen[-1].content)) as shown:
        picture = np.asarray(shown.convert("L"))
    assert picture[:150, :280].max() < 16, "what is private is black"
    assert picture[220:, 360:].mean() > 40
    told = room.get("/v1/audit").json()["items"]
    assert [row["action"] for row in told if row["actor"] == "siti"] == ["live_watched", "live_requested"]
    running, _ = box
    assert running.status()["outbox"]["messages"] < 50, "nothing of it went through the outbox"
