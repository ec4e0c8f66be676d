"""What is sent to a horn, in frames of 20 ms: tones before an announcement, clips with pauses, louder or softer.

A tone before speech makes people look up, so that the first word is not lost; two kinds, so that a warning is known by
its first second. Source of the practice: EN 54-16 clause 13.7 and ISO 7731 (an attention signal of distinct pitches
before a spoken message).
"""

import math
import struct
from collections.abc import Iterator
from functools import cache

from edge.contract.announcements import FRAME_BYTES, RATE_HZ, SILENCE, encode, gain_table, pad

PAUSE_S = 1.0  # between two repetitions, and after the tone
SILENT_FRAME = bytes([SILENCE]) * FRAME_BYTES
_PEAK = 0.35  # of full scale: as loud as speech, not louder
_ROUTINE = ((659.3, 0.45), (523.3, 0.75))  # a falling third, as in stations
_EMERGENCY = ((970.0, 0.25), (630.0, 0.25)) * 3


@cache
def chime(*, emergency: bool) -> bytes:
    """Give the tone that goes before an announcement, with the pause behind it."""
    samples: list[int] = []
    for pitch_hz, seconds in _EMERGENCY if emergency else _ROUTINE:
        count = round(seconds * RATE_HZ)
        for at in range(count):
            fade = min(1.0, at / 80, (count - at) / 400)  # without it each tone would click
            samples.append(round(32_767 * _PEAK * fade * math.sin(2 * math.pi * pitch_hz * at / RATE_HZ)))
    return pad(encode(struct.pack(f"<{len(samples)}h", *samples)) + silence(0.3))


def silence(seconds: float) -> bytes:
    """Give silence."""
    return bytes([SILENCE]) * round(seconds * RATE_HZ)


def arrange(clip: bytes, times: int) -> bytes:
    """Give a clip as often as it is to be heard, with a pause between."""
    return pad(silence(PAUSE_S).join([pad(clip)] * times))


def frames(codes: bytes) -> Iterator[bytes]:
    """Cut sound into frames."""
    for start in range(0, len(codes), FRAME_BYTES):
        yield codes[start : start + FRAME_BYTES]


def louder(frame: bytes, gain_db: float) -> bytes:
    """Make a frame louder, or with a negative gain softer."""
    return frame.translate(gain_table(gain_db)) if gain_db else frame
