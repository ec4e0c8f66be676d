"""A recorded file as a camera: its H.264 goes out as it is, at its own pace, again and again."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
from av.bitstream import BitStreamFilterContext

from simulators.cameras.encoder import CLOCK_HZ, AccessUnit, split_annex_b
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.stream import Stream
from simulators.errors import Misconfigured


class RecordedCamera:
    """A file that plays in a loop on a camera's two streams.

    Args:
        code: the asset's.
        file: any container that PyAV opens, with H.264 video.

    Raises:
        Misconfigured: the file is not there or has no H.264.
    """

    def __init__(self, code: str, file: Path, login: Login | None) -> None:
        self.code, self._file = code, file
        first = next(pictures(file), None)
        if first is None:
            raise Misconfigured(f"{file} has no H.264 pictures; convert it with `ffmpeg -i … -c:v libx264`")
        sets = first.parameter_sets()
        self.streams = [Stream(f"/{code}/{name}", login, rate_of(file), sets) for name in ("main", "sub")]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{code}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to play."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        began_s = time.time()
        while not self._stop.is_set():
            base_s = time.time()
            for picture in pictures(self._file):
                if self._stop.wait(max(0.0, base_s + picture.at_s - time.time())):
                    return
                timestamp = round((base_s - began_s) * CLOCK_HZ) + picture.timestamp
                self._publish(AccessUnit(picture.units, timestamp, time.time(), picture.key))

    def _publish(self, picture: AccessUnit) -> None:
        if self._loop is not None and not self._loop.is_closed():
            for stream in self.streams:
                self._loop.call_soon_threadsafe(stream.publish, picture)


def pictures(file: Path) -> Iterator[AccessUnit]:
    """Give a file's coded pictures; `at_s` counts from its start, and key frames carry their parameter sets.

    Raises:
        Misconfigured: it cannot be read or its video is not H.264.
    """
    try:
        with av.open(str(file)) as container:
            video = container.streams.video[0] if container.streams.video else None
            if video is None or video.codec_context.name != "h264":
                raise Misconfigured(f"{file} has no H.264 video; convert it with `ffmpeg -i … -c:v libx264`")
            to_annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
            for packet in container.demux(video):
                for whole in to_annex_b.filter(packet) if packet.size else ():
                    at_s = float((whole.pts or 0) * video.time_base) if video.time_base else 0.0
                    yield AccessUnit(
                        tuple(split_annex_b(bytes(whole))), round(at_s * CLOCK_HZ), at_s, whole.is_keyframe
                    )
    except (av.error.FFmpegError, OSError) as error:
        raise Misconfigured(f"{file} cannot be played: {error}") from error


def rate_of(file: Path) -> float:
    """Give a file's pictures a second; 10 where it does not say."""
    with av.open(str(file)) as container:
        rate = container.streams.video[0].average_rate
    return float(rate) if rate else 10.0
