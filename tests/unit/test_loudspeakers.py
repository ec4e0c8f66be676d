"""Loudspeakers without sockets: the code of sound, live voice over a bad line, what proves that something was heard."""

import math
import struct
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cloud.announcements.proposal import IncidentText, join, propose_incident
from edge.contract.announcements import (
    FRAME_BYTES,
    HEADER,
    LAST,
    MOST_CLIP_BYTES,
    decode,
    encode,
    gain_table,
    level_db,
)
from edge.errors import Misconfigured, Unavailable
from edge.loudspeakers import horn_status, rtp
from edge.loudspeakers.horn_status import Word
from edge.loudspeakers.sounds import arrange, chime
from edge.loudspeakers.verdict import Course, Look, judge
from edge.loudspeakers.voice_buffer import DEEP_FRAMES, MOST_FRAMES, START_FRAMES, VoiceBuffer
from edge.settings import EdgeSettings
from edge.site import load_site
from edge.site_loudspeakers import HornStatus, Quiet
from tests.fix_loudspeakers import make_speech, speaker_site

PROFILES = EdgeSettings().profiles_dir
STATUS = HornStatus(url="http://10.0.0.9/status", playing="/audio/state", muted="/muted", heard_db="/mic/0/db")
NEGATIVE_ZERO = 0x7F


def test_code_when_decoded_and_encoded_then_is_the_same_and_the_standards_extremes_hold() -> None:
    codes = bytes(code for code in range(256) if code != NEGATIVE_ZERO)
    assert encode(decode(codes).tobytes()) == codes
    assert [decode(bytes([code]))[0] for code in (0xFF, 0x80, 0x00)] == [0, 32_124, -32_124]
    assert encode(struct.pack("<4h", 0, 32_767, -32_768, -1)) == bytes([0xFF, 0x80, 0x00, 0x7F])


def test_gain_when_applied_then_the_level_moves_by_it_and_never_turns_over() -> None:
    speech = make_speech(0.5)
    assert level_db(speech.translate(gain_table(-6.0))) == pytest.approx(level_db(speech) - 6, abs=0.2)
    assert max(decode(speech.translate(gain_table(10.0)))) <= 32_124
    assert level_db(b"\xff" * 160) == -100


def test_tones_when_made_then_are_whole_frames_and_differ() -> None:
    routine, urgent = chime(emergency=False), chime(emergency=True)
    assert routine != urgent
    assert not len(routine) % FRAME_BYTES
    assert not len(arrange(make_speech(0.333), 3)) % FRAME_BYTES
    assert len(arrange(bytes(MOST_CLIP_BYTES), 1)) == MOST_CLIP_BYTES


def frame(number: int) -> bytes:
    return HEADER.pack(number, 0) + bytes([number % 250]) * FRAME_BYTES


def heard(buffer: VoiceBuffer, times: int) -> list[int | None]:
    found = [buffer.give() for _ in range(times)]
    return [None if one is None else one[0] for one in found]


def test_voice_when_frames_come_in_any_order_then_is_given_in_theirs() -> None:
    buffer = VoiceBuffer()
    assert heard(buffer, 2) == [None, None]
    for number in (1, 0, 3, 2, 5, 4):
        buffer.take(frame(number))
    assert heard(buffer, 6) == [0, 1, 2, 3, 4, 5]
    buffer.take(frame(2))
    assert buffer.late == 1


def test_voice_when_a_frame_is_lost_then_the_gap_is_softer_and_what_follows_is_in_its_place() -> None:
    buffer = VoiceBuffer()
    for number in (0, 1, 3, 4, 5):
        buffer.take(frame(number))
    found = [buffer.give() for _ in range(6)]
    assert [one[0] for index, one in enumerate(found) if one and index != 2] == [0, 1, 3, 4, 5]
    assert found[2] is not None
    assert level_db(found[2]) < level_db(bytes([1]) * FRAME_BYTES) - 3
    assert buffer.missing == 1


def test_voice_when_a_stalled_line_comes_back_then_the_oldest_is_given_up_and_nobody_is_late_for_ever() -> None:
    buffer = VoiceBuffer()
    for number in range(200):
        buffer.take(frame(number))
    assert heard(buffer, 1) == [200 - MOST_FRAMES]
    assert buffer.skipped == 200 - MOST_FRAMES


def test_voice_when_more_waits_than_the_line_needs_then_the_delay_shrinks_again() -> None:
    buffer = VoiceBuffer()
    for number in range(MOST_FRAMES):
        buffer.take(frame(number))
    for number in range(MOST_FRAMES, 300):
        buffer.give()
        buffer.take(frame(number))
    assert len(buffer._frames) <= DEEP_FRAMES + 1
    assert buffer.skipped < 10, "and no more is left out than that takes"


def test_voice_when_nothing_comes_for_a_second_then_it_is_lost_and_with_the_last_word_it_is_over() -> None:
    buffer = VoiceBuffer()
    for number in range(START_FRAMES):
        buffer.take(frame(number))
    heard(buffer, START_FRAMES)
    assert not buffer.is_lost
    heard(buffer, 50)
    assert buffer.is_lost
    assert not buffer.is_over
    buffer.take(HEADER.pack(START_FRAMES, LAST))
    assert buffer.is_over


@given(st.lists(st.binary(max_size=200), max_size=60))
def test_voice_when_fed_with_anything_then_gives_frames_and_stays_bounded(messages: list[bytes]) -> None:
    buffer = VoiceBuffer()
    for message in messages:
        buffer.take(message)
        found = buffer.give()
        assert found is None or len(found) == FRAME_BYTES
    assert len(buffer._frames) <= MOST_FRAMES


@given(st.binary(max_size=400))
def test_reports_when_they_are_anything_then_are_read_or_say_nothing(datagram: bytes) -> None:
    for report in rtp.read_reports(datagram, 7):
        assert isinstance(report.lost, int)


def test_report_when_of_our_source_then_its_losses_are_read_with_their_sign() -> None:
    block = struct.pack("!IIIIII", 7, 0xFFFFFF, 65_540, 16, 0, 0)
    (found,) = rtp.read_reports(struct.pack("!BBHI", 0x81, 201, 7, 1) + block, 7)
    assert (found.lost, found.highest, found.jitter_s) == (-1, 65_540, 0.002)
    assert rtp.read_reports(struct.pack("!BBHI", 0x81, 201, 7, 1) + block, 8) == []


def looks(count: int, *, loud: bool = True, **word: Any) -> list[Look]:
    return [Look(Word(**({"playing": True, "muted": False, "heard_db": 98.0} | word)), loud)] * count


@pytest.mark.parametrize(
    ("course", "state", "reason"),
    [
        (Course(STATUS, looks=looks(10), sent=100, arrived=100), "confirmed", "heard"),
        (Course(STATUS, looks=looks(10), sent=100), "confirmed", "heard"),
        (Course(STATUS, looks=looks(10, clipping=True)), "confirmed", "distorted"),
        (Course(STATUS.model_copy(update={"heard_db": None}), looks=looks(10)), "confirmed", "played"),
        (Course(None, sent=100, arrived=98), "confirmed", "received"),
        (Course(None, sent=100, arrived=40), "failed", "half_played"),
        (Course(None, sent=100), "failed", "horn_silent"),
        (Course(STATUS, looks=[Look(None, loud=True)] * 10), "failed", "horn_silent"),
        (Course(STATUS), "failed", "horn_silent"),
        (Course(STATUS, looks=looks(10), unreachable=True), "failed", "horn_unreachable"),
        (Course(STATUS, looks=looks(9) + looks(1, muted=True)), "failed", "muted"),
        (Course(STATUS, looks=looks(10, playing=False)), "failed", "not_playing"),
        (Course(STATUS, looks=looks(5) + [Look(None, loud=True)] * 5), "failed", "half_played"),
        (Course(STATUS, looks=looks(10), sent=100, arrived=50), "failed", "half_played"),
        (Course(STATUS, looks=looks(10, heard_db=62.0)), "failed", "not_heard"),
        (Course(STATUS, looks=looks(10, loud=False)), "failed", "not_heard"),
        (Course(STATUS, looks=looks(10), ended="stopped", ended_by="sari"), "failed", "stopped"),
        (Course(STATUS, looks=looks(10), ended="too_long"), "confirmed", "heard"),
    ],
)
def test_verdict_when_judged_then_no_more_is_claimed_than_was_read_back(
    course: Course, state: str, reason: str
) -> None:
    found = judge(course)
    assert found[:2] == (state, reason)
    indonesian, english = found[2].split(" | ")
    assert indonesian
    assert english


def test_status_when_read_then_the_words_are_where_the_site_file_says() -> None:
    found = horn_status.read(STATUS, {"audio": {"state": "Playing"}, "muted": 0, "mic": [{"db": 88}]})
    assert found == Word(playing=True, muted=False, heard_db=88.0)
    with pytest.raises(Unavailable, match="/mic/0/db"):
        horn_status.read(STATUS, {"audio": {"state": "idle"}, "muted": 0, "mic": []})
    for nonsense in (None, [], "x", {"audio": 3}):
        with pytest.raises(Unavailable):
            horn_status.read(STATUS, nonsense)


def test_quiet_hours_when_over_midnight_then_hold_on_both_sides_of_it() -> None:
    quiet = Quiet(since="21:00", until="05:00")
    assert [quiet.holds_at(at) for at in ("20:59", "21:00", "00:00", "04:59", "05:00")] == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"code": "XX-09.speaker-1"}, "does not belong to site"),
        ({"status": {"url": "http://a:b@10.0.0.9/x", "playing": "/p"}}, "no credentials"),
        ({"status": {"url": "rtsp://10.0.0.9", "playing": "/p"}}, "begins with http"),
        ({"status": {"url": "http://10.0.0.9", "playing": "p"}}, "playing"),
        ({"quiet": {"since": "25:00", "until": "05:00"}}, "since"),
        ({"gain_db": 60}, "gain_db"),
        ({"gian_db": 1}, "gian_db"),
    ],
)
def test_site_file_when_a_loudspeaker_is_wrong_then_says_where(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    place = {"code": "TD-01.speaker-1", "host": "10.0.0.9"} | change
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(speaker_site("TD-01-a", place)))
    with pytest.raises(Misconfigured, match=told):
        load_site(path, PROFILES)


def test_text_when_proposed_for_an_incident_then_names_the_place_and_is_never_too_long() -> None:
    text = propose_incident(IncidentText("fallen_tree", "Pohon tumbang", "Simpang Taman Dayu"))
    assert "pohon tumbang di Simpang Taman Dayu" in text
    assert "lokasi ini" in propose_incident(IncidentText("brand_new", "Sesuatu", None))
    assert len(join(["kata " * 400])) <= 800
    assert math.isfinite(level_db(b""))
