"""Small pictures of large ones. What boxes send is not trusted: pixels are bounded, and a bad picture is an error."""

import asyncio
import io
from collections import OrderedDict

from PIL import Image

from cloud.api.refusals import refusal

WIDTHS_PX = (32, 1_280)
STEP_PX = 32  # widths are rounded up to these, so that nobody fills the cache with one picture
MAX_PIXELS = 40_000_000  # of the original; a camera of 8K has 33 million
MOST_SCANS = 32  # a progressive picture has about ten; each is work for all of its pixels, however few its bytes
CACHE_BYTES = 16 << 20
AT_ONCE = 2  # one picture of 40 million pixels takes 120 MB while it is read
QUALITY = 80

# What Pillow raises on what is no picture: its readers meet whatever bytes a box sends.
_BAD = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    MemoryError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

_START_OF_SCAN = b"\xff\xda"  # ITU-T T.81 section B.1.1.3; inside of coded data FF is followed by 00

Key = tuple[str, str, int]


class Thumbnails:
    """Makes thumbnails in threads and keeps the newest."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0
        self._turn = asyncio.Semaphore(AT_ONCE)

    def find(self, key: Key) -> bytes | None:
        """Give one that is kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    async def make(self, key: Key, content: bytes) -> bytes:
        """Make one and keep it.

        Args:
            key: event, digest, and width in pixels.
            content: the original.

        Raises:
            Spoilt: it is no picture, or a part of one, or too large.
        """
        async with self._turn:
            made = await asyncio.to_thread(shrink, content, key[2])
        self._bytes += len(made) - len(self._kept.pop(key, b""))
        self._kept[key] = made
        while self._bytes > CACHE_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1])
        return made


def round_up(width_px: int) -> int:
    """Give the width that is made where this one is asked for."""
    return -(-width_px // STEP_PX) * STEP_PX


def shrink(content: bytes, width_px: int) -> bytes:
    """Make a JPEG so wide at most; errors as `Thumbnails.make`."""
    if content.count(_START_OF_SCAN) > MOST_SCANS:
        raise refusal("picture_unreadable", fault=f"more than {MOST_SCANS} scans")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as original:
            if original.width * original.height > MAX_PIXELS:
                raise refusal("picture_too_large", width=original.width, height=original.height)
            height_px = max(1, round(original.height * width_px / original.width))
            original.draft("RGB", (width_px, height_px))
            small = original.convert("RGB")
            small.thumbnail((width_px, height_px))
            written = io.BytesIO()
            small.save(written, "JPEG", quality=QUALITY)
    except _BAD as error:
        raise refusal("picture_unreadable", fault=type(error).__name__) from error
    return written.getvalue()
