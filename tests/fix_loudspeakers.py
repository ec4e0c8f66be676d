"""Simulated horns on sockets, in a thread of their own; what they played is compared with what was to be said."""

import asyncio
import math
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import numpy as np
import pytest

from edge.contract.announcements import encode
from simulators.loudspeakers.horn import SimulatedHorn


class Horns:
    """Horns and the loop that they run in."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="horns", daemon=True)
        self._thread.start()
        self.all: list[SimulatedHorn] = []

    def add(self, code: str) -> SimulatedHorn:
        """Start a horn on free ports."""
        horn = SimulatedHorn(code)
        self.all.append(horn)
        self.call(horn.start())
        return horn

    def break_(self, horn: SimulatedHorn, *faults: str) -> None:
        """Have a horn these faults, and no others."""
        self.call(horn.set_faults(frozenset(faults)))

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def close(self) -> None:
        for horn in self.all:
            self.call(horn.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def horns() -> Iterator[Horns]:
    """Horns of this test's own."""
    made = Horns()
    yield made
    made.close()


def speaker_place(horn: SimulatedHorn, *, with_status: bool = True, **more: Any) -> dict[str, Any]:
    """Write a horn as a site file has it; without a chime, and without hours in which it would be softer."""
    written = {"code": horn.code, "host": "127.0.0.1", "rtp_port": horn.rtp_port, "chime": False, "night_gain_db": 0}
    status = {
        "url": f"http://127.0.0.1:{horn.http_port}/status",
        "playing": "/audio/state",
        "muted": "/audio/muted",
        "clipping": "/amplifier/clipping",
        "heard_db": "/microphone/level_db",
    }
    return written | ({"status": status} if with_status else {}) | more


def speaker_site(box: str, *places: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A site with loudspeakers and nothing else."""
    site = box.rpartition("-")[0]
    place = {"code": site, "name": "Test", "district": "Pandaan", "latitude": -7.65, "longitude": 112.85}
    return {"site": place, "box": box, "loudspeakers": list(places)} | more


def make_speech(seconds: float, pitch_hz: float = 180.0) -> bytes:
    """Make something with the rhythm of speech: syllables that rise in pitch, µ-law."""
    samples = []
    for at in range(round(seconds * 8_000)):
        t = at / 8_000
        syllable = max(0.15, math.sin(2 * math.pi * 2.5 * t)) * 9_000
        samples.append(round(syllable * math.sin(2 * math.pi * (pitch_hz + 60 * t) * t)))
    return encode(struct.pack(f"<{len(samples)}h", *samples))


def likeness(played: list[int], codes: bytes, linear: Callable[[bytes], Any]) -> float:
    """Give the greatest correlation of what was to be said with any part of what was played, -1 to 1."""
    heard, said = np.array(played, float), np.array(linear(codes), float)
    if len(heard) < len(said):
        return 0.0
    size = 1 << (len(heard) + len(said)).bit_length()
    both = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    at = int(np.argmax(both[: len(heard) - len(said) + 1]))
    part = heard[at : at + len(said)]
    return float(part @ said / (np.linalg.norm(part) * np.linalg.norm(said) + 1e-9))
