"""An announcement from the room to the street: API, broker, the real box, RTP to a horn, ingester, database, API."""

import hashlib
import io
import struct
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloud.db import accounts
from edge.contract.announcements import FRAME_BYTES, decode
from simulators.loudspeakers.horn import SimulatedHorn
from simulators.speech import find_espeak
from tests.fix_api import HTTP, serve
from tests.fix_database import add_box
from tests.fix_edge import wait_for
from tests.fix_loudspeakers import Horns, likeness, make_speech, speaker_place, speaker_site
from tests.fix_room import room_settings

ROLES = ("viewer", "operator", "head_of_shift")


@dataclass
class Room:
    """People at the API, and a horn at the roadside."""

    url: str
    tokens: dict[str, str]
    horn: SimulatedHorn
    owner: Any
    horns: Horns
    box: Any = None

    def call(self, method: str, path: str, role: str = "operator", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return HTTP.request(method, self.url + path, headers=headers, timeout=60, **more)

    def post(self, path: str, role: str = "operator", **body: Any) -> Any:
        return self.call("POST", path, role, json=body)

    def record(self, content: bytes, name: str = "Banjir") -> Any:
        asked = {"name": name, "request_id": f"r{time.monotonic_ns()}"}
        return self.call("POST", "/v1/announcement-clips/recorded", content=content, params=asked)

    def order(self, path: str = "/v1/announcements", role: str = "operator", **body: Any) -> Any:
        told = {"loudspeakers": [self.horn.code], "reason": "Welang meluap", "request_id": f"o{time.monotonic_ns()}"}
        return self.post(path, role, **(told | body))

    def ends(self, made: str) -> dict[str, Any]:
        return self.wait(made, lambda one: one["state"] not in {"requested", "sent", "accepted", "applied"})

    def wait(self, made: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def look() -> bool:
            found.update(self.call("GET", f"/v1/announcements/{made}").json()["places"][0])
            return is_so(found)

        wait_for(look, 40)
        return found


def write_wav(seconds: float, rate_hz: int = 44_100) -> bytes:
    """A recording in stereo, as a phone makes it."""
    file = io.BytesIO()
    speech = decode(make_speech(seconds))
    one = [speech[int(at * 8_000 / rate_hz)] for at in range(round(seconds * rate_hz))]
    with wave.open(file, "wb") as out:
        out.setparams((2, 2, rate_hz, 0, "NONE", "not compressed"))
        out.writeframes(b"".join(struct.pack("<hh", sample, sample) for sample in one))
    return file.getvalue()


@pytest.fixture
def room(path: Any, database: str, authority: Any, box_name: str, horns: Horns, make_box: Any) -> Iterator[Room]:
    site = box_name.rpartition("-")[0]
    horn = horns.add(f"{site}.speaker-1")
    path.connection.execute(
        "INSERT INTO asset (code, box_id, site_id, kind, name) SELECT %s, id, site_id, 'loudspeaker', 'Corong' "
        "FROM box WHERE id = %s",
        [horn.code, add_box(path.connection, site, box_name)],
    )
    tokens = {role: accounts.create_token(path.connection, role, role, "test") for role in ROLES}  # type: ignore[arg-type]
    path.connection.execute("UPDATE account SET agencies = '{transport}'")
    settings = room_settings(database, path.broker.service_port, authority, speech_program=str(find_espeak()))
    with serve(settings) as (url, server):
        made = Room(url, tokens, horn, path.connection, horns)
        with make_box(speaker_site(box_name, speaker_place(horn)), path.broker.port) as made.box:
            wait_for(lambda: made.box.is_up() and made.box.status()["connected"])
            wait_for(lambda: server.config.app.state.room.is_connected)  # type: ignore[union-attr]
            yield made


@pytest.mark.timeout(120)
def test_a_clip_when_recorded_and_ordered_then_the_street_hears_it_and_the_room_knows(room: Room) -> None:
    clip = room.record(write_wav(1.5)).json()
    assert abs(clip["seconds"] - 1.5) < 0.02
    made = room.order(clip=clip["id"], request_id="panggilan-1").json()
    told = room.ends(made["id"])
    assert (told["state"], told["grade"]) == ("confirmed", "heard"), told
    heard = room.call("GET", f"/v1/announcement-clips/{clip['id']}/sound").content
    codes = heard[heard.index(b"data") + 8 :]
    assert hashlib.sha256(codes).hexdigest() == clip["sha256"]
    assert likeness(room.horn.streams[-1].samples, codes, decode) > 0.999
    assert room.order(clip=clip["id"], request_id="panggilan-1").json()["id"] == made["id"], "a double click is one"
    assert len(room.horn.streams) == 1
    actions = [row["action"] for row in room.call("GET", "/v1/audit").json()["items"]]
    assert actions[:2] == ["announcement_ordered", "clip_added"]
    assert room.owner.execute("SELECT state, grade FROM wall.announcement").fetchone() == ("confirmed", "heard")
    room.horns.break_(room.horn, "dead_amplifier")
    deaf = room.ends(room.order(clip=clip["id"]).json()["id"])
    assert (deaf["state"], deaf["rule"]) == ("failed", "not_heard")


@pytest.mark.timeout(120)
def test_a_text_when_spoken_then_it_is_a_clip_that_the_street_hears(room: Room) -> None:
    text = "Perhatian. Air Kali Welang naik. Jauhi bantaran sungai."
    spoken = room.post("/v1/announcement-clips/spoken", text=text, name="Welang", request_id="t1")
    assert spoken.status_code == 201, spoken.text
    clip = spoken.json()
    assert clip["origin"] == "spoken"
    assert 2 < clip["seconds"] < 15
    assert -26 < clip["level_db"] < -12, "all clips are equally loud"
    made = room.order(clip=clip["id"]).json()
    assert room.ends(made["id"])["grade"] == "heard"


@pytest.mark.timeout(120)
def test_somebody_when_he_speaks_live_then_he_is_heard_recorded_and_nobody_else_may_begin(room: Room) -> None:
    made = room.order("/v1/announcements/live").json()
    room.wait(made["id"], lambda one: one["state"] == "applied")
    refused = room.order("/v1/announcements/live", "head_of_shift")
    assert (refused.status_code, refused.json()["rule"]) == (403, "agency_loudspeaker") or (
        refused.json()["rule"] == "somebody_speaks"
    )
    assert "operator" in refused.json()["detail"]
    speech, began_s = make_speech(1.5), time.monotonic()
    for at in range(0, len(speech), 3 * FRAME_BYTES):
        part = speech[at : at + 3 * FRAME_BYTES]
        first = at // FRAME_BYTES
        answer = room.call("POST", f"/v1/announcements/{made['id']}/voice", params={"first": first}, content=part)
        assert answer.status_code == 204, answer.text
        time.sleep(max(0.0, began_s + (first + 3) * 0.02 - time.monotonic()))
    assert room.post(f"/v1/announcements/{made['id']}/end").status_code == 204
    told = room.ends(made["id"])
    assert (told["state"], told["grade"]) == ("confirmed", "heard"), told
    wait_for(lambda: room.call("GET", f"/v1/announcements/{made['id']}").json()["clip_id"])
    found = room.call("GET", f"/v1/announcements/{made['id']}").json()
    assert found["sha256"] == hashlib.sha256(speech).hexdigest(), "all of it is recorded"
    late = room.call("POST", f"/v1/announcements/{made['id']}/voice", params={"first": 0}, content=speech[:160])
    assert late.json()["rule"] == "voice_over"


@pytest.mark.timeout(120)
def test_an_announcement_when_it_may_not_be_made_then_the_rule_is_named_and_nothing_is_heard(room: Room) -> None:
    clip = room.record(write_wav(0.5)).json()["id"]

    def refused(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json().get("rule", "")

    assert refused(room.order(role="viewer", clip=clip)) == (403, "role_announcement")
    assert refused(room.order(clip=clip, emergency=True)) == (403, "role_emergency")
    assert refused(room.order(clip=clip, loudspeakers=["TD-01.nothing"])) == (404, "unknown_loudspeaker")
    assert refused(room.order(clip=clip, incident=999)) == (404, "unknown_incident")
    assert refused(room.order(clip="01a200f3-0000-7000-8000-000000000000")) == (404, "unknown_clip")
    room.owner.execute("INSERT INTO loudspeaker SELECT id, 'disaster' FROM asset WHERE kind = 'loudspeaker'")
    assert refused(room.order(clip=clip)) == (403, "agency_loudspeaker")
    assert refused(room.record(b"RIFF" + bytes(1_000))) == (400, "not_audio")
    assert refused(room.record(b"<html>" * 100)) == (400, "not_audio")
    assert refused(room.record(write_wav(61, 8_000))) == (400, "too_long")
    assert room.record(bytes(11_000_000)).status_code == 413
    assert room.post("/v1/announcement-clips/spoken", text="a" * 10_000, name="x", request_id="y").status_code == 422
    assert not room.horn.streams
    emergency = room.order(role="head_of_shift", clip=clip, emergency=True).json()
    assert room.ends(emergency["id"])["state"] == "confirmed", "an emergency goes over everybody's loudspeakers"
    begun = room.order(role="head_of_shift", clip=clip, emergency=True, times=5).json()
    room.wait(begun["id"], lambda one: one["state"] == "accepted")
    room.box.kill()
    room.owner.execute("UPDATE box_request SET requested_at = requested_at - interval '3 minutes'")
    told = room.ends(begun["id"])
    assert (told["state"], told["rule"]) == ("failed", "no_word"), "half-played is not confirmed"
    assert "no_word" in room.owner.execute("SELECT array_agg(fault) FROM wall.announcement").fetchone()[0]
    late = room.ends(room.order(role="head_of_shift", clip=clip, emergency=True).json()["id"])
    assert late["state"] == "expired"
