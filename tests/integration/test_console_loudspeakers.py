"""The console's page of loudspeakers: what it shows, to whom, and what its forms do."""

import struct
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from cloud.api.announcements import write_wav
from edge.contract.announcements import encode
from tests.fix_api import RunningApi
from tests.fix_database import add_box
from tests.fix_loudspeakers import make_speech
from tests.fix_people import PASSWORD, People, Person

HORN = "TD-01.speaker-1"


@pytest.fixture(scope="module")
def street(api: RunningApi) -> RunningApi:
    """An API with one loudspeaker, and no line to any box."""
    api.owner.execute(
        "INSERT INTO asset (code, box_id, site_id, kind, name) "
        "SELECT %s, id, site_id, 'loudspeaker', 'Corong <Taman Dayu>' FROM box WHERE id = %s",
        [HORN, add_box(api.owner)],
    )
    return api


@pytest.fixture
def people_there(street: RunningApi) -> Any:
    with ExitStack() as stack:
        yield People(street, stack)


def enter(people: People, role: Any) -> Person:
    person = people.add(f"{role}-{uuid4().hex[:6]}", role)
    assert person.client.post("/login", data={"name": person.name, "password": PASSWORD}).status_code == 303
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return person


def post(person: Person, path: str, **fields: str) -> Any:
    content = {"csrf": person.csrf, "request_id": uuid4().hex} | fields
    return person.client.post(f"/loudspeakers/{path}", data=content, follow_redirects=True)


def keep(person: Person, content: bytes, name: str = "Banjir") -> Any:
    asked = {"name": name, "request_id": uuid4().hex, "language": "mad"}
    headers = {"X-CSRF-Token": person.csrf, "Origin": str(person.client.base_url).rstrip("/")}
    return person.client.post(
        "/v1/announcement-clips/recorded", params=asked, content=content, headers=headers, timeout=60
    )


def test_page_when_shown_then_in_both_languages_and_a_viewer_is_shown_no_button(people_there: People) -> None:
    person = enter(people_there, "operator")
    indonesian, english = (person.client.get("/loudspeakers", params={"lang": lang}).text for lang in ("id", "en"))
    assert "Corong &lt;Taman Dayu&gt;" in indonesian
    assert "Tahan untuk bicara" in indonesian
    assert "Hold to speak" in english
    assert "announcement.emergency" not in person.client.get("/v1/me").json()["rights"]
    assert 'name="emergency"' not in indonesian, "an operator is shown what only a head of shift may"
    assert 'name="emergency"' in enter(people_there, "head_of_shift").client.get("/loudspeakers").text
    viewer = enter(people_there, "viewer").client.get("/loudspeakers").text
    assert 'id="speak"' not in viewer
    assert "Umumkan" not in viewer


def test_clip_when_kept_then_it_can_be_heard_as_it_will_sound_and_taken_out_again(people_there: People) -> None:
    person = enter(people_there, "operator")
    clip = keep(person, write_wav(make_speech(0.6)), "Banjir <Kraton>").json()
    assert (clip["language"], clip["origin"]) == ("mad", "recorded")
    assert abs(clip["seconds"] - 0.6) < 0.01
    page = person.client.get("/loudspeakers").text
    assert "Banjir &lt;Kraton&gt;" in page
    sound = person.client.get(f"/v1/announcement-clips/{clip['id']}/sound")
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.content[:4] == b"RIFF"
    gone = post(person, f"clips/{clip['id']}/retire")
    assert "Banjir &lt;Kraton&gt;" not in gone.text


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not_audio"),
        (b"RIFF....WAVE" + bytes(2_000), "not_audio"),
        (b"OggS" + bytes(2_000), "not_audio"),
        (b"%PDF-1.7", "not_audio"),
        (write_wav(encode(bytes(16_000))), "silent"),
        (write_wav(encode(struct.pack("<h", 9_000) * 8_000 * 62)), "too_long"),
    ],
)
def test_recording_when_it_is_none_then_the_rule_is_named(people_there: People, content: bytes, rule: str) -> None:
    answer = keep(enter(people_there, "operator"), content)
    assert (answer.status_code, answer.json()["rule"]) == (400, rule)


def test_order_when_there_is_no_line_to_the_boxes_then_the_page_says_so_and_keeps_the_form(
    people_there: People,
) -> None:
    person = enter(people_there, "operator")
    clip = keep(person, write_wav(make_speech(0.6))).json()["id"]
    shown = post(person, "play", clip=clip, times="2", reason="air naik", **{f"at:{HORN}": "on"})
    assert "perantara pesan" in shown.text
    assert 'value="air naik"' in shown.text
    assert f'name="at:{HORN}" checked' in shown.text
    nowhere = post(person, "play", clip=clip, reason="air naik")
    assert 'role="alert"' in nowhere.text
    forged = person.client.post("/loudspeakers/play", data={"clip": clip, "reason": "jahat", f"at:{HORN}": "on"})
    assert "Sudah dilakukan" not in forged.text
    assert person.client.get("/v1/announcements").json()["items"] == []
    refused = [
        row["detail"]["rule"] for row in person.client.get("/v1/audit").json()["items"] if "refused" in row["action"]
    ]
    assert "no_broker" in refused


def test_text_when_proposed_from_an_exercise_then_it_says_so_first_and_last(
    street: RunningApi, people_there: People
) -> None:
    street.owner.execute(
        "INSERT INTO warning (id, source, sender, identifier, sent_at, status, message_type, scope, headline_id, area, "
        "instruction_id, expires_at, account, document) VALUES (gen_random_uuid(), 'regency', 'a', 'b', now(), "
        "'Exercise', 'Alert', 'Public', 'Welang meluap', "
        "'Kraton', 'Naik ke tempat tinggi', '2030-01-01T10:30+07:00', 'sari', '')"
    )
    person = enter(people_there, "operator")
    (warning,) = street.owner.execute("SELECT id FROM warning").fetchone() or (None,)
    text = person.client.get("/v1/announcement-proposal", params={"warning": str(warning)}).json()["text"]
    assert text == (
        "Ini latihan. Perhatian. Welang meluap. Untuk wilayah Kraton. Berlaku sampai pukul 10.30 WIB. "
        "Naik ke tempat tinggi. Demikian Pemerintah Kabupaten Pasuruan. Ini latihan."
    )
    assert "Welang meluap. Untuk wilayah" in person.client.get("/loudspeakers", params={"warning": str(warning)}).text
