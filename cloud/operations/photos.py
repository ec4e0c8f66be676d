"""Photos from the spot: what is sent is looked at, made small, and freed of everything but its pixels."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from cloud.operations.errors import refusal

MAX_BYTES = 10_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000  # a phone's largest sensor; one such picture takes 150 MB while it is read
MIN_SIDE_PX = 120  # less shows nothing
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
            if not _is_of_a_size(original):
                raise refusal("photo_size", width=original.width, height=original.height, least=MIN_SIDE_PX)
            picture = _shrink(original)
            content = _write(picture, QUALITY)
            picture.thumbnail((SMALL_PX, SMALL_PX))
            thumbnail = _write(picture, SMALL_QUALITY)
    except _BAD as error:
        raise refusal("not_a_photo") from error
    return Photo(hashlib.sha256(sent).digest(), content, thumbnail)


def _is_of_a_size(picture: Image.Image) -> bool:
    return min(picture.size) >= MIN_SIDE_PX and picture.width * picture.height <= MAX_PIXELS


def _shrink(original: Image.Image) -> Image.Image:
    """Make it small first and all else then: a sheet of 50 million black and white pixels is a file of 6 kB."""
    original.draft("RGB", (SIDE_PX, SIDE_PX))
    factor = max(1, max(original.size) // (2 * SIDE_PX))
    if original.mode in {"1", "P", "PA"}:
        original = original.resize((original.width // factor, original.height // factor), Image.Resampling.NEAREST)
    elif factor > 1:
        original = original.reduce(factor)
    picture = original.convert("RGB")
    picture.thumbnail((SIDE_PX, SIDE_PX))
    return ImageOps.exif_transpose(picture)


def _write(picture: Image.Image, quality: int) -> bytes:
    picture.info.clear()
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()
