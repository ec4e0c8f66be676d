"""A running camera: takes pictures at its rate, codes them, and keeps the truth of each.

Pictures are made only while somebody watches, since most of the time nobody does. One thread per camera: OpenCV and
x264 let the interpreter go while they work.
"""

import asyncio
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import structlog

from simulators.cameras.director import Director
from simulators.cameras.encoder import CLOCK_HZ, Encoder, parameter_sets
from simulators.cameras.render import Renderer
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.stream import Stream, StreamFaults
from simulators.cameras.truth import TruthFile

MAIN_PX, SUB_PX = (1280, 720), (640, 360)
_OTHER_SIZE = 0.75  # of a stream whose size was changed by order
_IDLE_S = 0.1

log = structlog.get_logger()


@dataclass(slots=True)
class _Channel:
    """One of a camera's two streams with what makes its pictures."""

    stream: Stream
    size: tuple[int, int]
    renderer: Renderer | None = None
    encoder: Encoder | None = None


class LiveCamera:
    """A camera with a main and a sub stream; start it from the event loop that serves its streams.

    Args:
        code: the asset's.
        truth: directory for its truth; None keeps none.
    """

    def __init__(self, code: str, director: Director, login: Login | None, rate_hz: float, truth: Path | None) -> None:
        self.code, self._director, self._rate_hz = code, director, rate_hz
        self._channels = [
            _Channel(Stream(f"/{code}/{name}", login, rate_hz, parameter_sets(*size, rate_hz)), size)
            for name, size in (("main", MAIN_PX), ("sub", SUB_PX))
        ]
        self._truth = TruthFile(truth / f"{code}.jsonl") if truth else None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{code}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def streams(self) -> list[Stream]:
        """Give its streams."""
        return [channel.stream for channel in self._channels]

    def start(self) -> None:
        """Begin to take pictures."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has; takes up to the painting of one picture."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._truth is not None:
            self._truth.close()

    def _run(self) -> None:
        began_s, due_s = time.time(), time.monotonic()
        while not self._stop.is_set():
            self._pass_on(self._director.stream_faults())
            wanted = [channel for channel in self._channels if channel.stream.viewers]
            if wanted:
                try:
                    self._take(wanted, began_s)
                except Exception:  # one camera's fault must not end it: its next picture may be fine, and the log says
                    log.exception("camera_picture_failed", camera=self.code)
                    self._stop.wait(1.0)
            period_s = 1 / (self._rate_hz * self._director.rate_share()) if wanted else _IDLE_S
            due_s = max(due_s + period_s, time.monotonic() - period_s)
            self._stop.wait(max(0.0, due_s - time.monotonic()))

    def _take(self, wanted: list[_Channel], began_s: float) -> None:
        at_s = time.time()
        moment = self._director.moment(at_s)
        timestamp = round((at_s - began_s) * CLOCK_HZ)
        for channel in wanted:
            channel.renderer = channel.renderer or Renderer(
                self.code, self._director.place, self._director.pose, *channel.size
            )
            picture, truth = channel.renderer.render(moment)
            if self._director.resized():
                picture = cv2.resize(picture, None, fx=_OTHER_SIZE, fy=_OTHER_SIZE, interpolation=cv2.INTER_AREA)
            encoder = self._encoder(channel, picture.shape[1], picture.shape[0])
            key, channel.stream.key_wanted = channel.stream.key_wanted, False
            coded = encoder.encode(picture, timestamp, at_s, key=key)
            if self._loop is not None and coded is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(channel.stream.publish, coded)
            if self._truth is not None and channel is wanted[-1]:
                self._truth.write(truth)

    def _pass_on(self, faults: StreamFaults) -> None:
        if self._loop is not None and not self._loop.is_closed():
            for stream in self.streams:
                if stream.faults != faults:
                    self._loop.call_soon_threadsafe(stream.suffer, faults)

    def _encoder(self, channel: _Channel, width: int, height: int) -> Encoder:
        encoder = channel.encoder
        if encoder is None or (encoder.width_px, encoder.height_px) != (width, height):
            encoder = channel.encoder = Encoder(width, height, self._rate_hz)
        return encoder
