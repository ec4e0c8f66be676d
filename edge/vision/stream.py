"""A camera's stream: opened, read with a deadline, and closed; pictures with their times come out.

What goes wrong is told in words that never hold the credentials: FFmpeg puts the whole address into its errors.
Sources: RFC 2326 (RTSP), FFmpeg's documentation of protocols, section rtsp.
"""

import contextlib
import ctypes
import errno
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error

from edge.errors import EdgeError, Misconfigured, Refused, Unavailable
from edge.vision.reasons import Reason, because, system_reason

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 10.0
CODECS = ("h264", "hevc", "mjpeg")
# Cameras describe themselves in their SDP; without these FFmpeg watches for seconds to guess the frame rate. Not
# nobuffer: it throws away the key frame that was read while guessing, and nothing can be decoded until the next.
_QUICK = {"analyzeduration": "500000", "fpsprobesize": "0"}
_ERRORS = {  # what FFmpeg says, and what somebody can do about it
    av.error.HTTPUnauthorizedError: because("login"),
    av.error.HTTPForbiddenError: because("forbidden"),
    av.error.HTTPNotFoundError: because("no_stream"),
    av.error.ConnectionRefusedError: because("nobody_listens"),
    av.error.ExitError: because("nothing_came", seconds=READ_TIMEOUT_S),
    av.error.TimeoutError: because("nothing_came", seconds=READ_TIMEOUT_S),
    av.error.EOFError: because("ended"),
    av.error.HTTPServerError: because("not_able"),
    av.error.InvalidDataError: because("not_video"),
}
_ORDER = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)
_FFMPEG_CODES = 200  # error numbers from here on are its own
_PRODUCER_TIME = "prft"
MOST_PIXELS = 4 << 20  # of a picture that is decoded: a small stream has a quarter of a million, and a box 2 GB
MOST_ALLOCATED_BYTES = 32 << 20  # at once by FFmpeg; a decoded picture of 4K takes 12 MB


@dataclass(frozen=True, slots=True)
class Address:
    """Where a stream is.

    Attributes:
        url: without credentials; where the camera wants them in its path, `{user}` and `{password}` stand for them.
        login: `user:password`; empty when none is wanted. A secret.
        transport: `tcp` or `udp`.
    """

    url: str
    login: str = ""
    transport: str = "tcp"

    def __repr__(self) -> str:
        """Show it without the secret."""
        return f"Address({self.place!r})"

    @property
    def place(self) -> str:
        """Give host and port, for words: a path may hold a secret that nobody could tell from a name."""
        parts = urlsplit(self.url)
        return self.url if parts.scheme == "file" else parts.netloc.rpartition("@")[2]

    def secret_url(self) -> str:
        """Give the address as FFmpeg wants it; never to be logged."""
        user, password = (quote(part, safe="") for part in self.login.partition(":")[::2])
        filled = self.url.replace("{user}", user).replace("{password}", password)
        if filled != self.url or not self.login or self.url.startswith("file:"):
            return filled
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


@dataclass(frozen=True, slots=True)
class Packet:
    """A coded picture.

    Attributes:
        packet: as FFmpeg has it.
        arrived_s: by the clock that the stream was opened with.
        stream_s: its time in the stream; None when it has none.
        camera_s: what the camera's own clock said when it was taken; None where it does not say.
        waited_s: how long the reader waited for it.
    """

    packet: "av.Packet[Any]"
    arrived_s: float
    stream_s: float | None
    camera_s: float | None
    waited_s: float = 0.0


class Stream:
    """An open stream of one thread."""

    def __init__(
        self, address: Address, now_s: Callable[[], float] = time.time, most_pixels: int = MOST_PIXELS
    ) -> None:
        """Open it.

        Args:
            address: where it is.
            now_s: the clock that says when a picture arrived.
            most_pixels: of a picture; FFmpeg takes no memory for a larger one.

        Raises:
            Refused: the camera said no, with its reason.
            Unavailable: it does not answer.
            Misconfigured: it sends what cannot be read.
        """
        self._address = address
        self._now_s = now_s
        self._most_pixels = most_pixels
        options = {"max_pixels": str(most_pixels)}
        if not address.url.startswith("file:"):
            options |= {"rtsp_transport": address.transport, "allowed_media_types": "video", **_QUICK}
        try:
            self._container = av.open(address.secret_url(), options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise explain(error, address) from None
        try:
            self.video = self._video()
            self.check_size()
        except EdgeError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self._container.close()

    def packets(self) -> Iterator[Packet]:
        """Give coded pictures as they arrive; ends by raising why.

        Raises:
            Unavailable: the stream ended, or no picture came for too long.
        """
        demuxed = self._container.demux()  # of pictures alone PyAV would not return while nothing but sound comes
        read_s = time.monotonic()
        while True:
            try:
                packet = next(demuxed)
            except StopIteration:
                raise Unavailable(because("ended")) from None
            except (av.FFmpegError, OSError) as error:
                raise explain(error, self._address) from None
            if packet.size and packet.stream_index == self.video.index:
                stream_s = None if packet.pts is None else float(packet.pts * packet.time_base)
                waited_s = time.monotonic() - read_s
                yield Packet(packet, self._now_s(), stream_s, _camera_s(packet), waited_s)
                read_s = time.monotonic()
            elif time.monotonic() - read_s > READ_TIMEOUT_S:
                raise Unavailable(because("no_pictures").at(self._address.place))

    def check_size(self) -> None:
        """Look whether its pictures are too large to be decoded, which FFmpeg calls invalid.

        Raises:
            Misconfigured: they are.
        """
        width, height = self.video.codec_context.width, self.video.codec_context.height
        if width * height > self._most_pixels:
            raise Misconfigured(because("size", size=f"{width}x{height}").at(self._address.place))

    def _video(self) -> Any:
        if not self._container.streams.video:
            raise Misconfigured(because("no_video").at(self._address.place))
        video = self._container.streams.video[0]
        if video.codec_context is None or video.codec_context.name not in CODECS:
            codec = video.codec_context.name if video.codec_context else because("unknown_codec")
            raise Misconfigured(because("codec", codec=codec).at(self._address.place))
        video.codec_context.thread_count = 1  # the cameras share the processor among them already
        video.codec_context.thread_type = "NONE"
        video.codec_context.options = {"max_pixels": str(self._most_pixels)}
        return video


def bound_memory(most_bytes: int = MOST_ALLOCATED_BYTES) -> bool:
    """Bound what FFmpeg takes at once in this process; tell whether that could be done.

    A server may announce a description of gigabytes, for which FFmpeg makes room before it reads. PyAV has no name for
    `av_max_alloc` (libavutil/mem.h), so it is called in the libraries that are loaded: PyAV's, and OpenCV's own.
    """
    with contextlib.suppress(OSError, AttributeError):
        maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
        loaded = {line.split(maxsplit=5)[5] for line in maps if "/libavutil" in line}
        for path in loaded:
            ctypes.CDLL(path).av_max_alloc(ctypes.c_size_t(most_bytes))
        return bool(loaded)
    return False


bound_memory()


def explain(error: BaseException, address: Address) -> EdgeError:
    """Say in our words what FFmpeg said, without the credentials."""
    for kind in (*_ORDER, *_ERRORS):
        if isinstance(error, kind):
            found = Refused if kind in _ORDER or kind is av.error.HTTPNotFoundError else Unavailable
            return found(_ERRORS[kind].at(address.place))
    number = (error.errno or 0) if isinstance(error, OSError) else 0
    name = type(error).__name__
    reason = system_reason(OSError(number, None)) if 0 < number < _FFMPEG_CODES else Reason(name, name)
    if number == errno.EIO:  # FFmpeg's word, too, where only what is not asked for came until the deadline
        reason = because("broke_off")
    return Unavailable(reason.at(address.place))


def _camera_s(packet: Any) -> float | None:
    """Give the camera's clock (RTCP sender reports, as FFmpeg hands them on), seconds since 1970."""
    if not packet.has_sidedata(_PRODUCER_TIME):
        return None
    return float(struct.unpack_from("<q", bytes(packet.get_sidedata(_PRODUCER_TIME)))[0]) / 1e6
