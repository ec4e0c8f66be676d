"""A camera's RTSP server on a free port, with pictures that are cheap to make."""

import asyncio
import contextlib
import threading
import time
from typing import Any, Self

import numpy as np
import pytest

from simulators.cameras.encoder import CLOCK_HZ, Encoder, parameter_sets
from simulators.cameras.rtsp import RtspServer
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.stream import Stream, StreamFaults

LOGIN = Login("tester", "rahasia banget")
RATE_HZ = 20.0
SIZE = (192, 112)


class CameraStand:
    """A stream that moves, served from a thread of its own."""

    def __init__(self) -> None:
        self.stream = Stream("/TST-01.cam-1/sub", LOGIN, RATE_HZ, parameter_sets(*SIZE, RATE_HZ))
        self.size = SIZE
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])

    def __enter__(self) -> Self:
        self._stop = asyncio.Event()
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def url(self, login=LOGIN, path="/TST-01.cam-1/sub"):
        who = f"{login.name}:{login.password.replace(' ', '%20')}@" if login else ""
        return f"rtsp://{who}127.0.0.1:{self.port}{path}"

    def suffer(self, **faults: Any):
        self._loop.call_soon_threadsafe(self.stream.suffer, StreamFaults(**faults))

    @property
    def viewers(self):
        return len(self.stream.viewers)

    async def _run(self):
        async with RtspServer([self.stream]) as server:
            self.port = server.port
            self._up.set()
            task = asyncio.create_task(self._film())
            await self._stop.wait()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _film(self):
        encoder, began_s, number = Encoder(*self.size, RATE_HZ), time.time(), 0
        while True:
            if (encoder.width_px, encoder.height_px) != self.size:
                encoder = Encoder(*self.size, RATE_HZ)
            picture = np.full((self.size[1], self.size[0], 3), 60, np.uint8)
            picture[:, number * 4 % self.size[0] :][:, :20] = 200
            key, self.stream.key_wanted = self.stream.key_wanted, False
            now_s = time.time()
            self.stream.publish(encoder.encode(picture, round((now_s - began_s) * CLOCK_HZ), now_s, key=key))
            number += 1
            await asyncio.sleep(1 / RATE_HZ)


@pytest.fixture
def camera_stand():
    with CameraStand() as stand:
        yield stand
