"""Coded pictures into fragmented MP4, as they are: no decoding, no coding.

A fragment is written whole at each key frame, and each 5 s, and nothing before it is ever changed, so a file is
playable up to its last fragment whatever happens next. Sources: ISO/IEC 14496-12 (fragments), RFC 6184 and H.264
annex B (NAL units).
"""

import contextlib
import os
import struct
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

SYNC_EVERY_S = 5.0  # so much and one fragment a power cut may take
HEAD_BYTES = 65_536  # of a picture, in which its first slice begins
FOREIGN_PACKETS = 10  # one after the other without a picture: they are of another coding, not parameter sets
_TIME_BASE = Fraction(1, 90_000)
# Kinds of units by codec: parameter sets, and what may stand before and between them (delimiters, messages).
_SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}
_ASIDE = {"h264": (6, 9), "hevc": (35, 39)}
_SETS_BYTES = 4_096  # of a key frame, in which they stand
_MOST_LAYER = 7  # second byte of an H.265 unit of the base layer: its temporal layer and one
_BOX_HEAD = 8  # bytes: length and kind, ISO/IEC 14496-12 section 4.2
# Not by key frames alone: a fragment waits in memory, and a camera may never send another.
_FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "5000000"}


class DoesNotFitError(OSError):
    """A picture is not of the stream that its file is for; the disk is well."""


# What opening and reading a damaged file raises: no stream, no codec, names that are no text.
DAMAGE = (av.FFmpegError, IndexError, ValueError, DoesNotFitError)


class SyncedFile:
    """A file that is brought to the disk every few seconds; what MP4 needs of one and no more."""

    def __init__(self, path: Path) -> None:
        """Create it; nobody but its owner reads it."""
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._synced_s = time.monotonic()
        self.failure: OSError | None = None
        self.bytes = 0

    def write(self, content: bytes) -> int:
        """Append. A failure is kept for whoever writes, since FFmpeg would only say that something failed."""
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            if time.monotonic() - self._synced_s >= SYNC_EVERY_S:
                self._synced_s = time.monotonic()
                os.fdatasync(self._handle)
        except OSError as error:
            self.failure = error
            raise
        self.bytes += len(content)
        return len(content)

    def close(self) -> None:
        """Bring it to the disk for good; a failure is kept."""
        try:
            os.fdatasync(self._handle)
        except OSError as error:
            self.failure = self.failure or error
        os.close(self._handle)


class SegmentWriter:
    """One segment being written."""

    def __init__(self, path: Path, template: Any, extradata: bytes | None) -> None:
        """Begin a file.

        Args:
            path: of it.
            template: the stream that the pictures come from.
            extradata: its parameter sets as of now; None leaves the stream's own.

        Raises:
            OSError: the disk refuses.
            av.FFmpegError: the codec does not fit into MP4.
        """
        self.file = SyncedFile(path)
        self._container = av.open(self.file, "w", format="mp4", options=_FRAGMENTS)
        self._stream = self._container.add_stream_from_template(template)
        if extradata:
            self._stream.codec_context.extradata = extradata
        self._base: int | None = None
        self._last = -1

    def write(self, packet: Any) -> bool:
        """Append a coded picture; one whose time does not go on is left out. Tell whether it was appended.

        Raises:
            OSError: the disk refuses.
        """
        time_base = packet.time_base
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else packet.pts
        if pts is None:
            return False
        if self._base is None:
            self._base = dts
        if dts - self._base <= self._last:
            return False
        self._last = dts - self._base
        packet.pts, packet.dts, packet.time_base = pts - self._base, self._last, time_base
        packet.stream = self._stream
        try:
            self._container.mux(packet)
        except av.FFmpegError as error:
            raise self.file.failure or DoesNotFitError(type(error).__name__) from error
        return True

    def close(self) -> None:
        """Write the last fragment and close; what the disk refuses of it is in `file.failure`."""
        try:
            with contextlib.suppress(av.FFmpegError, OSError):
                self._container.close()
        finally:
            self.file.close()


def parameter_sets(content: bytes, codec: str = "h264") -> bytes | None:
    """Give the parameter sets of a key frame in annex B form; None when it carries none, or of another codec.

    Sources: ITU-T H.264 table 7-1, H.265 table 7-1 (kinds of NAL units).
    """
    found = b""
    content = content[:_SETS_BYTES]
    start = content.find(b"\x00\x00\x01")
    while codec in _SETS and start >= 0 and start + 3 < len(content):
        end = content.find(b"\x00\x00\x01", start + 3)
        kind = content[start + 3] & 0x1F if codec == "h264" else content[start + 3] >> 1 & 0x3F
        if kind in _SETS[codec]:
            found += b"\x00" + content[start : end if end >= 0 else len(content)].rstrip(b"\x00")
        elif kind not in _ASIDE[codec]:
            break  # they stand before the picture
        start = end
    return found or None


def sets_of(packet: Any, codec: Any) -> bytes | None:
    """Give the parameter sets that a packet of a stream brings; None where it brings none. Args as `holds_picture`."""
    return parameter_sets(bytes(packet), codec.name) if is_annex_b(codec.extradata) else None


def is_annex_b(extradata: bytes | None) -> bool:
    """Tell by what a stream announces whether start codes stand before its units, and not their lengths, as in files.

    A length of 256 to 511 bytes looks like a start code. Source: ISO/IEC 14496-15, configurationVersion = 1.
    """
    return not extradata or extradata[0] != 1


def has_picture(content: bytes, codec: str) -> bool:
    """Tell whether coded bytes in annex B form hold (a part of) a picture of a codec; others are believed.

    A camera that is set to another coding sends it in the line that it announced, and FFmpeg takes it as it comes.
    Sources: ITU-T H.264 table 7-1 (slices are 1 and 5; data partitions no camera makes), H.265 table 7-1 (0 to 31).
    """
    if codec not in ("h264", "hevc") or not content.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01")):
        return True
    start = content.find(b"\x00\x00\x01")
    while start >= 0 and start + 4 < len(content):
        first, second = content[start + 3], content[start + 4]
        if (first & 0x9F in (1, 5)) if codec == "h264" else (first & 0xC1 == 0 and 1 <= second <= _MOST_LAYER):
            return True
        start = content.find(b"\x00\x00\x01", start + 3)
    return False


def holds_picture(packet: Any, codec: Any) -> bool:
    """Tell whether a packet of a stream holds (a part of) a picture of the codec that the stream announced.

    Args:
        packet: FFmpeg's.
        codec: the stream's codec context.
    """
    return not is_annex_b(codec.extradata) or has_picture(bytes(packet)[:HEAD_BYTES], codec.name)


def trim(path: Path) -> None:
    """Cut off the fragment that was being written when the power went: players stumble over half a picture.

    Raises:
        OSError: the disk refuses.
    """
    size, at, whole = path.stat().st_size, 0, 0
    with path.open("r+b") as file:
        while at + _BOX_HEAD <= size:
            file.seek(at)
            length, kind = struct.unpack(">I4s", file.read(_BOX_HEAD))
            at += max(length, _BOX_HEAD)
            if at <= size and kind in (b"moov", b"mdat"):
                whole = at
        file.truncate(whole)


def last_time_s(path: Path) -> float | None:
    """Give how long the playable part of a file is, in seconds; None when nothing of it can be played."""
    last: float | None = None
    try:
        with av.open(str(path)) as container:
            for packet in container.demux(video=0):
                if packet.pts is not None and packet.size:
                    last = float(packet.pts * packet.time_base)
    except (*DAMAGE, OSError):
        return last
    return last
