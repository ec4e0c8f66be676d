"""Streams that stutter, that come and go, that arrive damaged: one true word each, and it stays while it is so.

The simulated camera's own faults, decoded by the eye's own decoder, by a clock that a test moves: nobody waits.
"""

import asyncio
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np
import pytest

from edge.errors import EdgeError
from edge.vision import eye
from edge.vision.frame_clock import FrameClock
from edge.vision.reasons import because, reason_of
from edge.vision.stream import Packet
from simulators.cameras.encoder import CLOCK_HZ, AccessUnit, Encoder
from simulators.cameras.stream import Stream, StreamFaults
from tests.fix_station import CAMERA, StillBox
from tests.fix_vision import driving

HZ, SIZE = 5, (192, 112)
SECONDS = 20  # of film, played again and again
WORDS = ("camera.lost", "camera.slowed", "camera.unwatched")


@pytest.fixture(scope="module")
def film() -> list[AccessUnit]:
    """A body that drives by, with a key frame each two seconds."""
    encoder, units = Encoder(*SIZE, HZ), []
    for number in range(SECONDS * HZ):
        picture = cv2.resize(driving(number, HZ), SIZE)
        units.append(encoder.encode(picture, round(number * CLOCK_HZ / HZ), 0.0))
    return units


class Watched:
    """A box that looks at a simulated camera's stream, and what it tells of it.

    Attributes:
        words: what holds, each second.
    """

    def __init__(self, path: Any, film: list[AccessUnit], monkeypatch: pytest.MonkeyPatch) -> None:
        async def inside() -> StillBox:
            return StillBox(path)

        self.box, self._film, self._number = asyncio.run(inside()), film, 0
        clock = self.box.clock
        monkeypatch.setattr(eye, "time", SimpleNamespace(monotonic=clock.monotonic_s, time=clock.now_s))
        self.eye = self.box.camera.eye
        self.words: list[list[str]] = []
        self.connect()

    def connect(self) -> None:
        """Begin to read anew."""
        self.stream = Stream("/x", None, HZ, ())
        self._viewer = self.stream.join(lambda: None)
        decoder = SimpleNamespace(codec_context=av.CodecContext.create("h264", "r"))
        self.eye._decoded_s = self._came_s = self.box.clock.at_s
        self._clock = FrameClock()
        self._open = SimpleNamespace(video=decoder, check_size=lambda: None)

    def watch(self, seconds: float, comes: Callable[[float], bool] = lambda _: True, damaged: float = 0.0) -> None:
        """Let time pass.

        Args:
            seconds: of it.
            comes: whether the picture of a second of it gets through; where not, the next connection is a new one.
            damaged: share of the pictures.
        """
        chance, came = random.Random(7), True

        async def inside() -> None:
            nonlocal came
            for step in range(round(seconds * HZ)):
                self.box.clock.at_s += 1 / HZ
                if comes(step / HZ):
                    if not came:
                        self.connect()
                    self._send(chance.random() < damaged)
                elif came:
                    self.eye._lost(because("ended"))
                came = comes(step / HZ)
                if step % HZ == HZ - 1:
                    await self.box.camera._turn()
                    self.words.append(self.holding())

        asyncio.run(inside())

    def holding(self) -> list[str]:
        return [word for word in WORDS if len(self.box.told(word)) % 2]

    def _send(self, is_damaged: bool) -> None:  # noqa: FBT001 - one of two
        unit = self._film[self._number % len(self._film)]
        self._number += 1
        at_s = self.box.clock.at_s
        self.stream.publish(AccessUnit(unit.units, unit.timestamp, at_s, unit.key))
        while self._viewer._waiting:
            sent = self._viewer._waiting.popleft()
            steady_s, self._came_s = self._clock.taken_at_s(sent.at_s, at_s, at_s - self._came_s), at_s
            coded = b"".join(b"\0\0\0\1" + one for one in sent.units)
            packet = av.Packet(b"\0\0\0\1" + b"\xff" * len(coded) if is_damaged else coded)
            try:
                self.eye._look_at(self._open, Packet(packet, at_s, None, None), steady_s)
            except EdgeError as error:
                self.eye._lost(reason_of(error))
                self.connect()
                return


@pytest.fixture
def watched(tmp_path, film, monkeypatch) -> Watched:
    return Watched(tmp_path, film, monkeypatch)


@pytest.mark.parametrize("stutter_s", [2.0, 3.0, 12.0])
def test_camera_when_its_stream_stutters_then_it_is_slowed_from_then_to_the_end_and_never_lost(watched, stutter_s):
    watched.watch(10)
    watched.stream.suffer(StreamFaults(stutter_s=stutter_s))
    watched.watch(150)
    assert [len(watched.box.told(word)) for word in WORDS] == [0, 1, 0]
    (begun,) = watched.box.told("camera.slowed")
    words, values = begun["data"]["message_id"], begun["data"]["values"]
    assert stutter_s - 0.1 < values["longest_gap_s"] < stutter_s + 2.5
    assert f"terlama {values['longest_gap_s']:.1f} detik; periksa kabel" in words
    assert "it stutters" in begun["data"]["message_en"]
    assert "slowed: it stutters" in watched.box.health.reason(CAMERA)
    watched.stream.suffer(StreamFaults())
    watched.watch(100)
    assert len(watched.box.told("camera.slowed")) == 2
    assert watched.box.told("camera.lost") == []
    assert "slowed" not in watched.box.health.reason(CAMERA)


def test_camera_when_a_stream_that_stutters_stops_then_it_is_lost_after_its_twenty_seconds_and_no_longer_slowed(
    watched,
):
    watched.stream.suffer(StreamFaults(stutter_s=3.0))
    watched.watch(60)
    watched.stream.suffer(StreamFaults(silent=True))
    watched.watch(18)
    assert watched.holding() == ["camera.slowed"]
    watched.watch(6)
    assert watched.holding()[0] == "camera.lost"
    watched.watch(20)
    assert watched.holding() == ["camera.lost"]
    watched.stream.suffer(StreamFaults())
    watched.watch(9)
    assert watched.holding() == []


def test_camera_when_a_stream_that_stutters_has_a_wrong_clock_then_that_is_told_and_stays(watched):
    watched.stream.suffer(StreamFaults(stutter_s=12.0))
    watched.eye.state.clock_off_s = 8.0
    watched.watch(90)
    assert len(watched.box.told("camera.misdated")) == 1


def test_camera_when_it_is_cut_off_once_then_it_is_lost_and_back_soon(watched):
    watched.watch(10)
    watched.watch(60, lambda _: False)
    assert watched.holding() == ["camera.lost"]
    watched.watch(9)
    assert watched.holding() == []
    watched.watch(2, lambda _: False)
    watched.watch(60)
    assert watched.holding() == []
    assert [len(watched.box.told(word)) for word in WORDS] == [2, 0, 0]


@pytest.mark.parametrize(
    ("stays_s", "away_s", "word"), [(3, 4, "camera.slowed"), (8, 15, "camera.slowed"), (8, 26, "camera.lost")]
)
def test_camera_when_its_stream_comes_and_goes_then_one_word_of_it_stays(watched, stays_s, away_s, word):
    watched.watch(10)
    watched.watch(400, lambda at_s: at_s % (stays_s + away_s) >= away_s)
    since = watched.words[180:]
    assert since == [[word]] * len(since)
    others = [one for one in WORDS if one != word]
    assert [watched.box.told(one) for one in others] == [[], []]


def test_eye_when_a_damaged_picture_seems_tiny_then_it_is_left_out_and_only_a_stream_of_such_is_refused(watched):
    watched.watch(10)
    tiny = Encoder(32, 32, HZ).encode(np.zeros((32, 32, 3), np.uint8), 0, 0.0)
    watched._film = [*watched._film[:20], tiny, *watched._film[20:]]
    watched.watch(60)
    assert watched.eye.state.broken >= 1
    assert watched.eye.state.size == SIZE
    assert [len(watched.box.told(word)) for word in WORDS] == [0, 0, 0]
    watched._film = [tiny]
    watched.watch(30)
    assert "sends 32x32 pixels; set this stream" in watched.box.told("camera.lost")[0]["data"]["message_en"]


def test_camera_when_more_than_a_tenth_of_what_comes_is_damaged_then_that_is_told_until_it_is_mended(watched):
    watched.watch(60, damaged=0.02)
    assert watched.holding() == []
    watched.watch(90, damaged=0.5)
    (begun,) = watched.box.told("camera.slowed")
    assert "% rusak saat tiba; periksa kabel dan jaringan" in begun["data"]["message_id"]
    assert "arrive damaged; check the camera's cable and network" in begun["data"]["message_en"]
    assert watched.eye.state.broken > 100
    watched.watch(100)
    assert len(watched.box.told("camera.slowed")) == 2
    assert watched.box.told("camera.lost") == []
