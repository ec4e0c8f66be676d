"""The cameras' process: a fault ordered in the world is in stream and truth; a recorded file plays as a camera."""

import asyncio
import contextlib
import json
import threading
import time
from itertools import pairwise

import av
import numpy as np
import pytest

from simulators.cameras.server import CamerasServer, Places
from simulators.city.network import DEFAULT_HOME
from simulators.control import send_order, serve_control
from simulators.regency.model import Regency
from simulators.world.clock import WorldClock

WATCH = {"rtsp_transport": "tcp", "timeout": "20000000", "analyzeduration": "200000", "probesize": "30000"}
CODE = "TST-01.cam-1"


def regency(**camera: object) -> Regency:
    site = {
        "code": "TST-01",
        "name": "Uji",
        "district": "Uji",
        "latitude": -7.6,
        "longitude": 112.7,
        "height_m": 5,
        "rain_area": "uji",
        "box": "TST-01-a",
        "cameras": [{"code": CODE, "name": "Kamera uji", "seed": 5} | camera],
    }
    note = "angka uji"
    return Regency(name="Uji", note=note, seed=1, modbus_base_port=15_000, rain_areas=["uji"], sites=[site])


class Room:
    """A world's control line and the cameras, in a loop of a thread of their own."""

    def __init__(self, directory, found) -> None:
        self.places = Places(directory / "cameras", directory / "world", directory / "city")
        self.places.world.mkdir()
        self.faults = []
        clock = WorldClock(0.0, 0.0, 1.0)
        self._server = CamerasServer(found, 0, self.places, DEFAULT_HOME / "city.net.xml", clock)
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])
        self._thread.start()

    async def _run(self):
        async with serve_control(self.places.world, self._answer):
            await self._server.run(self._stop)

    def _answer(self, order):
        return self.faults if order["do"] == "faults" else {"TST-01": 0.0}

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def url(self, name="sub"):
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s:
            with contextlib.suppress(Exception):  # not up yet, or not yet all of it
                port = send_order(self.places.own, {"do": "state"})["port"]
                return f"rtsp://room:simulated@127.0.0.1:{port}/{CODE}/{name}"
            time.sleep(0.05)
        raise AssertionError("the cameras did not come up")

    def truths(self):
        path = self.places.own / "truth" / f"{CODE}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]


@pytest.fixture
def room(request, tmp_path):
    opened = Room(tmp_path, request.param(tmp_path) if callable(request.param) else request.param)
    yield opened
    opened.close()


@pytest.mark.parametrize("room", [regency()], indirect=True)
def test_an_ordered_tree_falls_before_the_camera_and_is_taken_away_again(room):
    with av.open(room.url(), options=WATCH) as container:
        decoded = container.decode(video=0)
        clear = next(decoded).to_ndarray(format="bgr24")
        room.faults = [{"state": "active", "on": CODE, "what": "tree", "amount": 2.0}]
        fallen = _until(decoded, lambda: room.truths()[-1:] and room.truths()[-1]["state"] == "obstacle")
        room.faults = []
        _until(decoded, lambda: room.truths()[-1]["state"] == "clear")
    assert (np.abs(fallen.astype(int) - clear).max(axis=2) > 40).mean() > 0.002


def _until(decoded, condition):
    """Watch until something is true, and a little longer: what is on its way is older than the truth."""
    while not condition():
        next(decoded)
    for _, frame in zip(range(12), decoded, strict=False):
        picture = frame.to_ndarray(format="bgr24")
    return picture


def _recorded(directory):
    path = directory / "rekaman.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for number in range(10):
            grey = np.full((64, 96, 3), 20 * number, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
        container.mux(video.encode())
    return regency(file=path)


@pytest.mark.parametrize("room", [_recorded], indirect=True)
def test_a_recorded_file_plays_as_a_camera_and_begins_again(room):
    with av.open(room.url("main"), options=WATCH) as container:
        found = [
            frame.to_ndarray(format="gray").mean() for _, frame in zip(range(25), container.decode(0), strict=False)
        ]
    assert len(found) == 25
    falls = sum(later < earlier - 60 for earlier, later in pairwise(found))
    assert falls >= 2
