"""Photos from the spot: what is sent is looked at, made small, and freed of everything but its pixels."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from cloud.operations.errors import refusal

MAX_BYTES = 10_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000  # a phone's largest sensor; one such picture takes 150 MB while it is read
SIDE_PX, SMALL_PX = 2_048, 320
QUALITY, SMALL_QUALITY = 85, 75
_MB = 1_000_000

# What Pillow raises on what is no picture: its readers meet whatever bytes a phone sends.
_BAD = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    MemoryError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept.

    Attributes:
        sent_sha256: of what was sent, by which it is known again.
        content: JPEG of at most 2,048 pixels a side, without EXIF: neither the phone nor its owner is told.
        thumbnail: JPEG of at most 320 pixels a side.
    """

    sent_sha256: bytes
    content: bytes
    thumbnail: bytes

    @property
    def sha256(self) -> bytes:
        """Digest of the content."""
        return hashlib.sha256(self.content).digest()


def read_photo(sent: bytes) -> Photo:
    """Read a JPEG, PNG or WebP, and write it anew.

    Raises:
        Ruled: it is no photo, or too large; the sentence says which.
    """
    if len(sent) > MAX_BYTES:
        raise refusal("photo_too_large", limit=MAX_BYTES // _MB, size=-(-len(sent) // _MB))
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as original:
            if original.width * original.height > MAX_PIXELS:
                raise refusal("not_a_photo", why=f"{original.width} x {original.height} px")
            original.draft("RGB", (SIDE_PX, SIDE_PX))
            upright = ImageOps.exif_transpose(original).convert("RGB")
            content = _write(upright, SIDE_PX, QUALITY)
            thumbnail = _write(upright, SMALL_PX, SMALL_QUALITY)
    except _BAD as error:
        raise refusal("not_a_photo", why=type(error).__name__) from error
    return Photo(hashlib.sha256(sent).digest(), content, thumbnail)


def _write(picture: Image.Image, side_px: int, quality: int) -> bytes:
    small = picture.copy()
    small.thumbnail((side_px, side_px))
    small.info.clear()
    written = io.BytesIO()
    small.save(written, "JPEG", quality=quality)
    return written.getvalue()
