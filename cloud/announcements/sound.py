"""Sound as it is kept: what somebody uploaded, or a program spoke, brought into the one form that goes to boxes."""

import asyncio
import hashlib
import sys
from dataclasses import dataclass

from cloud.announcements.rules import refusal
from edge.contract.announcements import MOST_CLIP_S, RATE_HZ, level_db

MOST_UPLOAD_BYTES = (
    10_000_000  # a minute of WAV with 48 kHz and 24 bits in stereo has 17 MB; nobody announces in stereo
)
DECODE_S = 30.0
_FIRST_OCTETS = {b"RIFF": "wav", b"OggS": "ogg", b"fLaC": "flac"}
_TOO_LONG, _SILENT = 2, 3
_DECODERS = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound that can be announced.

    Attributes:
        codes: G.711 µ-law, 8 kHz.
        level_db: root mean square, dB of full scale.
    """

    codes: bytes
    level_db: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.codes) / RATE_HZ

    @property
    def sha256(self) -> bytes:
        """Its digest."""
        return hashlib.sha256(self.codes).digest()


def make_sound(codes: bytes) -> Sound:
    """Measure sound."""
    return Sound(codes, level_db(codes))


async def read_sound(content: bytes) -> Sound:
    """Read a sound file.

    Raises:
        Ruled: it is none, too long, or silent.
    """
    kind = _FIRST_OCTETS.get(content[:4])
    if kind is None:
        raise refusal("not_audio")
    async with _DECODERS:
        code, codes = await _decode(content, kind)
    if code == _TOO_LONG:
        raise refusal("too_long", most=MOST_CLIP_S)
    if code == _SILENT:
        raise refusal("silent")
    if code or not codes:
        raise refusal("not_audio")
    return await asyncio.to_thread(make_sound, codes)


async def _decode(content: bytes, kind: str) -> tuple[int, bytes]:
    """Run the decoder; what it takes too long for is none."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cloud.announcements.decoder",
        kind,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(DECODE_S):
            codes, _ = await child.communicate(content)
    except TimeoutError:
        return 1, b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, codes
