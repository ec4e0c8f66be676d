"""A camera whose pictures a test paints itself, on the simulators' RTSP server; and a detector that knows colours."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import av
import numpy as np
import pytest

from edge.site_names import Names
from edge.site_vision import CameraPlace, Detector
from edge.vision.model import read_model
from edge.vision.pool import InterpreterPool
from simulators.cameras.encoder import CLOCK_HZ, Encoder, parameter_sets
from simulators.cameras.rtsp import RtspServer
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.stream import Stream, StreamFaults
from tests import tiny_models
from tests.fix_edge import wait_for

SIZE = (640, 360)
RED, BLUE, YELLOW, GREEN = (
    (0, 0, 255),
    (255, 0, 0),
    (0, 255, 255),
    (0, 160, 0),
)  # BGR: car, motorcycle, person, obstacle
BODY = (96, 60)  # pixels of the sub stream: what the tiny detector finds best
Paint = Callable[[int], np.ndarray]


def road(*bodies: tuple[float, float, tuple[int, int, int]], seed: int = 0, ground: int = 90) -> np.ndarray:
    """A grey road with marks and a little noise, and rectangles at (centre x, centre y) in pixels."""
    random = np.random.default_rng(seed)
    picture = np.full((SIZE[1], SIZE[0], 3), ground, np.uint8)
    picture[::40, :, :] = 60
    picture[:, ::64, :] = 140
    for x, y, colour in bodies:
        left, top = round(x - BODY[0] / 2), round(y - BODY[1] / 2)
        picture[max(0, top) : max(0, top + BODY[1]), max(0, left) : max(0, left + BODY[0])] = colour
    noise = random.integers(-4, 5, (SIZE[1], SIZE[0], 1), dtype=np.int16)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def driving(n: int, hz: float = 10.0) -> np.ndarray:
    """A red body that drives from left to right at 130 px/s, every 7 s anew."""
    return road(((n * 130 / hz) % 910 - 130, 200, RED), seed=n)


class PaintedCamera:
    """One RTSP stream in a thread of its own; `paint` may be changed at any time.

    Attributes:
        stream: for faults; change them by `suffer`.
    """

    def __init__(
        self, paint: Paint, *, size: tuple[int, int] = SIZE, hz: float = 10.0, login: Login | None = None
    ) -> None:
        self.paint, self._size, self._hz = paint, size, hz
        self.stream = Stream("/cam/sub", login, hz, parameter_sets(*size, hz))
        self.port = 0
        self.number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_for(lambda: self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/cam/sub"

    def suffer(self, **faults: object) -> None:
        self._loop.call_soon_threadsafe(self.stream.suffer, StreamFaults(**faults))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with RtspServer([self.stream], self.port) as server:
            self.port = server.port
            began_s, encoder = time.time(), None
            while not self._stop.is_set():
                at_s = time.time()
                picture = self.paint(self.number)
                self.number += 1
                if encoder is None or (encoder.width_px, encoder.height_px) != picture.shape[1::-1]:
                    encoder = Encoder(picture.shape[1], picture.shape[0], self._hz)
                key, self.stream.key_wanted = self.stream.key_wanted, False
                coded = encoder.encode(picture, round((at_s - began_s) * CLOCK_HZ), at_s, key=key)
                if coded is not None:
                    self.stream.publish(coded)
                await asyncio.sleep(max(0.0, at_s + 1 / self._hz - time.time()))


def place_of(**content: object) -> CameraPlace:
    """A camera of a site file."""
    names = Names(profiles={}, site="TD-01", boxes=["TD-01-a"], buses=[], assets={})
    given = {"code": "TD-01.cam-1", "sub": "rtsp://127.0.0.1:1/x"} | content
    return CameraPlace.model_validate(given, context=names)


def frame_of(picture: np.ndarray) -> av.VideoFrame:
    """A decoded frame of a painted picture, BGR."""
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24").reformat(format="yuv420p")


@pytest.fixture(scope="session")
def colour_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tiny models."""
    directory = tmp_path_factory.mktemp("models")
    tiny_models.save(directory, "colours", tiny_models.colour_model(), states=tiny_models.STATES)
    tiny_models.save(directory, "standard", tiny_models.standard_model([(0.1, 0.2, 0.3, 0.4, 2, 0.9)]))
    return directory


@pytest.fixture
def colour_pool(colour_models: Path) -> InterpreterPool:
    """The colour detector, loaded once."""
    return InterpreterPool(read_model(colour_models, Detector(model="colours.tflite", head="centre_point")), 1)
