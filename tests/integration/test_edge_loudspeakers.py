"""Announcements at a box: the real agent, a real broker, RTP over real UDP to a simulated horn."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import uuid6

from edge.contract.announcements import FRAME_BYTES, HEADER, LAST, decode
from simulators.broker import LocalBroker
from simulators.loudspeakers.horn import SimulatedHorn
from tests.fix_edge import Box, Cloud, ModbusField, gauge_site, wait_for
from tests.fix_loudspeakers import Horns, likeness, make_speech, speaker_place, speaker_site

pytestmark = pytest.mark.timeout(90)
SPEECH = make_speech(1.2)


@dataclass
class Street:
    """A box with one horn, and a room that orders."""

    box: Box
    horn: SimulatedHorn
    cloud: Cloud
    room: Cloud
    horns: Horns
    ids: list[str] = field(default_factory=list)

    def order(
        self,
        action: str = "announcement.play",
        actor: str = "budi",
        expires_s: float = 30,
        asset: str = "",
        **more: Any,
    ) -> str:
        now, made = datetime.now(UTC), str(uuid6.uuid7())
        content = {
            "id": made,
            "action": action,
            "asset": asset or self.horn.code,
            "arguments": more,
            "issued_at": now.isoformat(),
            "expires_at": (now + timedelta(seconds=expires_s)).isoformat(),
            "actor": actor,
        }
        self.room.send("commands", json.dumps(content).encode())
        return made

    def play(self, clip: bytes = SPEECH, **more: Any) -> str:
        sha256 = hashlib.sha256(clip).hexdigest()
        self.room.send(f"audio/{sha256}", clip)
        return self.order(sha256=sha256, **more)

    def told(self, made: str) -> list[tuple[str, str]]:
        found = [(one["state"], one["reason"]) for one in self.cloud.results() if one["command"] == made]
        return list(dict.fromkeys(found))

    def ends(self, made: str) -> tuple[str, str]:
        wait_for(lambda: self.told(made) and self.told(made)[-1][0] not in {"accepted", "applied"}, 30)
        return self.told(made)[-1]

    def detail(self, made: str) -> str:
        return str([one["detail"] for one in self.cloud.results() if one["command"] == made][-1])


@pytest.fixture(scope="module")
def whole(broker: LocalBroker, authority: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """One box for all tests here, with three horns: an ordinary one, one that cannot be asked, one in quiet hours."""
    name = f"T{uuid4().hex[:8].upper()}-a"
    site = name.rpartition("-")[0]
    horns = Horns()
    three = [horns.add(f"{site}.speaker-{number}") for number in (1, 2, 3)]
    always = {"since": "00:00", "until": "23:59"}
    places = [
        speaker_place(three[0]),
        speaker_place(three[1], with_status=False),
        speaker_place(three[2], quiet=always, chime=True),
    ]
    box = Box(tmp_path_factory.mktemp("box"), name, authority.ensure(name), broker.port, speaker_site(name, *places))
    with (
        Cloud(authority.ensure("ingest"), broker.service_port, name) as cloud,
        Cloud(authority.ensure("api"), broker.service_port, name) as room,
        box,
    ):
        room.is_silent = True
        wait_for(lambda: box.is_up() and box.status()["connected"], 30)
        yield Street(box, three[0], cloud, room, horns)
    horns.close()


@pytest.fixture
def street(whole: Street) -> Iterator[Street]:
    """The street, with its ordinary horn whole and quiet."""
    yield whole
    whole.horn = whole.horns.all[0]
    whole.horns.break_(whole.horn)
    whole.order("announcement.stop")
    wait_for(lambda: not whole.horn.is_playing)


def test_a_clip_when_ordered_then_the_horn_plays_just_that_and_it_is_confirmed_as_heard(street: Street) -> None:
    made = street.play(times=2)
    assert street.ends(made) == ("confirmed", "heard"), street.detail(made)
    assert street.told(made)[0] == ("accepted", "")
    played = street.horn.streams[-1].samples
    assert likeness(played, SPEECH, decode) > 0.999
    assert likeness(played[12_000:], SPEECH, decode) > 0.999, "twice is twice"
    wait_for(lambda: street.cloud.values(f"{street.horn.code}:speaker_on")[-1:] == [False])


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        ("muted", "failed", "muted"),
        ("dead_amplifier", "failed", "not_heard"),
        ("unplugged", "failed", "horn_unreachable"),
        ("no_answer", "failed", "horn_silent"),
        ("clipping", "confirmed", "distorted"),
    ],
)
def test_a_clip_when_the_horn_is_broken_then_it_is_not_said_to_have_been_heard(
    street: Street, fault: str, state: str, reason: str
) -> None:
    street.horns.break_(street.horn, fault)
    made = street.play()
    assert street.ends(made) == (state, reason)
    assert " | " in street.detail(made)


def test_a_clip_when_the_horn_can_only_report_packets_then_no_more_than_that_is_claimed(street: Street) -> None:
    street.horn = street.horns.all[1]
    made = street.play()
    assert street.ends(made) == ("confirmed", "received")


def test_a_clip_when_the_horn_is_lost_in_the_middle_then_it_is_reported_as_played_in_part(street: Street) -> None:
    made = street.play(make_speech(3))
    wait_for(lambda: street.horn.is_playing and street.horn.streams[-1].packets > 40)
    street.horns.break_(street.horn, "unplugged")
    assert street.ends(made) in {("failed", "half_played"), ("failed", "horn_unreachable")}


@pytest.mark.parametrize(
    ("more", "state", "reason"),
    [
        ({"sha256": "0" * 64}, "refused", "no_clip"),
        ({"sha256": "0" * 64, "times": 99}, "refused", "bad_argument"),
        ({"sha256": "0" * 64, "times": True}, "refused", "bad_argument"),
        ({"action": "announcement.voice"}, "refused", "bad_argument"),
        ({"action": "announcement.stop"}, "confirmed", "nothing"),
    ],
)
def test_an_order_when_it_makes_no_sense_then_it_is_refused_by_a_rule(
    street: Street, more: dict[str, Any], state: str, reason: str
) -> None:
    before = len(street.horn.streams)
    assert street.ends(street.order(**more)) == (state, reason)
    assert len(street.horn.streams) == before


def test_an_order_when_it_comes_too_late_then_nothing_is_played(street: Street) -> None:
    before = len(street.horn.streams)
    assert street.ends(street.play(expires_s=-1)) == ("expired", "expired")
    assert len(street.horn.streams) == before


def test_an_emergency_when_something_routine_is_said_then_it_goes_first_and_both_are_told(street: Street) -> None:
    routine = street.play(make_speech(8), actor="budi")
    wait_for(lambda: street.horn.is_playing)
    refused = street.play(make_speech(1, 300), actor="sari")
    assert street.ends(refused) == ("refused", "busy")
    assert "budi" in street.detail(refused)
    urgent = street.play(make_speech(1, 400), actor="sari", emergency=True)
    assert street.ends(routine) == ("failed", "preempted")
    assert street.ends(urgent) == ("confirmed", "heard")
    assert likeness(street.horn.streams[-1].samples, make_speech(1, 400), decode) > 0.999


def test_an_announcement_when_stopped_then_it_ends_and_says_how_much_was_heard(street: Street) -> None:
    made = street.play(make_speech(20))
    wait_for(lambda: street.horn.is_playing and street.horn.streams[-1].packets > 20)
    assert street.ends(street.order("announcement.stop", actor="sari")) == ("confirmed", "stopped")
    assert street.ends(made) == ("failed", "stopped")
    assert "sari" in street.detail(made)


def test_a_routine_clip_in_quiet_hours_then_only_an_emergency_is_played(street: Street) -> None:
    street.horn = street.horns.all[2]
    assert street.ends(street.play()) == ("refused", "quiet_hours")
    assert street.ends(street.play(emergency=True)) == ("confirmed", "heard")


def speak(street: Street, announcement: str, speech: bytes, *, order: Callable[[list[int]], list[int]] = list) -> None:
    """Send frames as fast as they go: the box paces them, and a burst is what a bad line makes of them."""
    numbers = list(range(len(speech) // FRAME_BYTES))
    for number in order(numbers):
        frame = speech[number * FRAME_BYTES :][:FRAME_BYTES]
        street.room.send(f"voice/{announcement}", HEADER.pack(number, 0) + frame)


def test_live_voice_when_frames_come_out_of_order_then_it_is_heard_in_order_and_confirmed(street: Street) -> None:
    made = street.order("announcement.voice", announcement="a1", seconds=10)
    wait_for(lambda: ("applied", "speak") in street.told(made))
    speech = make_speech(0.28)  # 14 frames: what the buffer holds
    speak(street, "a1", speech, order=lambda numbers: [numbers[at ^ 1] for at in numbers])
    street.room.send("voice/a1", HEADER.pack(14, LAST))
    assert street.ends(made)[0] in {"confirmed", "failed"}
    assert likeness(street.horn.streams[-1].samples, speech, decode) > 0.99


def test_live_voice_when_the_line_is_lost_then_the_box_ends_it_by_itself_within_a_second_or_so(
    street: Street,
) -> None:
    made = street.order("announcement.voice", announcement="a2", seconds=60)
    wait_for(lambda: ("applied", "speak") in street.told(made))
    speak(street, "a2", make_speech(0.2))
    assert street.ends(made) == ("failed", "line_lost")
    seconds = len(street.horn.streams[-1].samples) / 8_000
    assert seconds < 6, "the tone, the pause before the first word, 0.2 s, and the second in which nothing came"
    assert street.ends(street.play()) == ("confirmed", "heard")


def test_live_voice_when_nobody_speaks_then_it_ends(street: Street) -> None:
    made = street.order("announcement.voice", announcement="a3", seconds=60)
    assert street.ends(made) == ("failed", "nothing_said")


def test_a_siren_when_it_sounds_then_what_is_routine_is_refused_and_an_emergency_is_not(
    field: ModbusField,
    horns: Horns,
    broker: LocalBroker,
    cloud: Cloud,
    authority: Any,
    make_box: Callable[..., Box],
    box_name: str,
) -> None:
    horn = horns.add(f"{box_name.rpartition('-')[0]}.speaker-1")
    site = gauge_site(box_name, field.port) | {"loudspeakers": [speaker_place(horn)]}
    field.tables["input"][0] = 1_000
    with (
        make_box(site, broker.port) as box,
        Cloud(authority.ensure("api"), broker.service_port, box_name) as room,
    ):
        room.is_silent = True
        wait_for(lambda: box.is_up() and box.status()["connected"], 30)
        street = Street(box, horn, cloud, room, horns)
        routine = street.play(make_speech(15))
        wait_for(lambda: horn.is_playing)
        street.order("siren.sound", asset=f"{site['site']['code']}.gauge-1", seconds=60)
        assert street.ends(routine) == ("failed", "siren")
        assert street.ends(street.play()) == ("refused", "siren")
        assert street.ends(street.play(emergency=True)) == ("confirmed", "heard")
