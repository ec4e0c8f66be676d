"""Announcements on the wire: what the room asks of a loudspeaker, and the one form that sound has on its way there.

Sound is G.711 µ-law, 8 kHz, one channel, without any header: what every IP horn takes (RFC 3551 section 4.5.14, payload
type 0), so that nothing on its way needs a codec. A clip is one message on `audio/{sha256}`, sent before the order that
names it. Live voice is one message per 20 ms on `voice/{announcement}`: `HEADER`, then the sound.

Source of the code: ITU-T G.711 (1988), section 3.2 and table 2a.
"""

import array
import math
import struct
import sys
from functools import cache

PLAY, VOICE, STOP = "announcement.play", "announcement.voice", "announcement.stop"
ACTIONS = (PLAY, VOICE, STOP)
RATE_HZ = 8_000
FRAME_S = 0.02
FRAME_BYTES = 160
MOST_CLIP_S = 60.0
MOST_CLIP_BYTES = int(MOST_CLIP_S * RATE_HZ)
MOST_TIMES = 5
MOST_VOICE_S = 120.0
SILENCE = 0xFF
"""The code of zero."""

HEADER = struct.Struct("!IB")
"""Of a message of live voice: number of the frame from 0, and `LAST` when the speaker has let go of the button."""
LAST = 1

_BIAS, _CLIP = 132, 32_635
FULL_SCALE = 32_768.0


def decode(codes: bytes) -> "array.array[int]":
    """Give the linear samples of codes, 16 bits each."""
    linear = _linear()
    return array.array("h", [linear[code] for code in codes])


def encode(samples: bytes) -> bytes:
    """Give the codes of linear samples.

    Args:
        samples: 16 bits each, little endian.
    """
    words = array.array("H", samples)
    if sys.byteorder == "big":
        words.byteswap()
    codes = _codes()
    return bytes([codes[word >> 2] for word in words])


@cache
def gain_table(gain_db: float) -> bytes:
    """Give a table for `bytes.translate` that makes sound louder or softer; what is too loud is cut at full scale."""
    factor = 10 ** (gain_db / 20)
    return bytes([_encode(round(sample * factor)) for sample in _linear()])


def level_db(codes: bytes) -> float:
    """Give how loud sound is, root mean square in dB of full scale; silence is -100."""
    squares = _squares()
    mean = sum(squares[code] for code in codes) / max(1, len(codes))
    return 10 * math.log10(mean) if mean > 0 else -100.0


def pad(codes: bytes) -> bytes:
    """Fill the last frame with silence."""
    return codes + bytes([SILENCE]) * (-len(codes) % FRAME_BYTES)


def _encode(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def _decode(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << (code >> 4 & 7)) - _BIAS
    return -magnitude if code & 0x80 else magnitude


@cache
def _linear() -> tuple[int, ...]:
    return tuple(_decode(code) for code in range(256))


@cache
def _squares() -> tuple[float, ...]:
    return tuple((sample / FULL_SCALE) ** 2 for sample in _linear())


@cache
def _codes() -> bytes:
    """Give the codes of all 16-bit words in steps of four, negative ones (by their end at zero) behind the others."""
    words = range(0, 65_536, 4)
    return bytes([_encode(word - 65_533 if word >= 32_768 else word) for word in words])  # noqa: PLR2004 - two's complement
