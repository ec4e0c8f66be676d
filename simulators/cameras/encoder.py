"""Pictures to H.264, as a camera's chip does it: baseline, no look-ahead, parameter sets before every key frame."""

from dataclasses import dataclass
from fractions import Fraction

import av
import av.video
import numpy as np
from numpy.typing import NDArray

CLOCK_HZ = 90_000  # of RTP timestamps of video, RFC 6184 section 8.2.1
_KEY_EVERY_S = 2.0
_SPS, _PPS = 7, 8


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture.

    Attributes:
        units: its NAL units without start codes.
        timestamp: in units of 1/90000 s, not yet cut to 32 bits.
        at_s: when the picture was taken, by the machine's clock, seconds since 1970.
        key: whether decoding can begin with it.
    """

    units: tuple[bytes, ...]
    timestamp: int
    at_s: float
    key: bool

    def parameter_sets(self) -> tuple[bytes, ...]:
        """Give the parameter sets that came with it, if any did."""
        return tuple(unit for unit in self.units if unit[0] & 0x1F in (_SPS, _PPS))


class Encoder:
    """A coder for pictures of one size.

    Args:
        rate_hz: frames a second, which only sets how often there is a key frame.
        quality: x264's constant rate factor: 23 is good, 28 is what cameras send.
    """

    def __init__(self, width_px: int, height_px: int, rate_hz: float, quality: int = 27) -> None:
        self.width_px, self.height_px = width_px, height_px
        codec = av.CodecContext.create("libx264", "w")
        if not isinstance(codec, av.video.codeccontext.VideoCodecContext):
            raise TypeError("libx264 is no video codec here")
        codec.width, codec.height, codec.pix_fmt = width_px, height_px, "yuv420p"
        codec.time_base = Fraction(1, CLOCK_HZ)
        codec.framerate = Fraction(rate_hz).limit_denominator(1000)
        codec.thread_count = 1
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "crf": str(quality),
            "g": str(max(1, round(rate_hz * _KEY_EVERY_S))),
            "x264-params": "repeat-headers=1:annexb=1:scenecut=0",
        }
        self._codec = codec

    def encode(
        self, picture: NDArray[np.uint8], timestamp: int, at_s: float, *, key: bool = False
    ) -> AccessUnit | None:
        """Code a picture, uint8 (h, w, 3) BGR; None if the coder wants another one first."""
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = timestamp
        frame.time_base = Fraction(1, CLOCK_HZ)
        if key:
            frame.pict_type = av.video.frame.PictureType.I
        packets = self._codec.encode(frame)
        units = tuple(unit for packet in packets for unit in split_annex_b(bytes(packet)))
        return AccessUnit(units, timestamp, at_s, any(packet.is_keyframe for packet in packets)) if units else None


def parameter_sets(width_px: int, height_px: int, rate_hz: float) -> tuple[bytes, ...]:
    """Give the parameter sets that a coder of this size will use, by coding a grey picture."""
    coded = Encoder(width_px, height_px, rate_hz).encode(np.full((height_px, width_px, 3), 128, np.uint8), 0, 0.0)
    return coded.parameter_sets() if coded else ()


def split_annex_b(stream: bytes) -> list[bytes]:
    """Split a byte stream into its NAL units (H.264 annex B)."""
    units, start = [], -1
    at = stream.find(b"\x00\x00\x01")
    while at >= 0:
        if start >= 0:
            units.append(stream[start:at].rstrip(b"\x00"))
        start = at + 3
        at = stream.find(b"\x00\x00\x01", start)
    if start >= 0:
        units.append(stream[start:])
    return [unit for unit in units if unit]
