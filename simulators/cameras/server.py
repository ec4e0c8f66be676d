"""The cameras' process: every camera of a regency file on one RTSP port, fed by the world and the city.

The world is asked once a second what was ordered and where it rains; while it is away everything stays as it is.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from simulators.cameras.city_feed import CityFeed, ask_city
from simulators.cameras.director import Director, Order
from simulators.cameras.live import LiveCamera
from simulators.cameras.recorded import RecordedCamera
from simulators.cameras.rtsp import RtspServer
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.sky_feed import SkyFeed
from simulators.cameras.source import OwnTraffic
from simulators.cameras.traffic import Traffic
from simulators.cameras.views import view_of
from simulators.control import send_order, serve_control
from simulators.errors import Refused, SimulatorError
from simulators.regency.model import Camera, Regency, Site
from simulators.world.clock import WorldClock

LOGIN = Login("room", "simulated")  # of simulated cameras; real ones have theirs in a secret file of the box
_ASK_EVERY_S = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Places:
    """Directories of control sockets.

    Attributes:
        own: the cameras' own; the truth of their pictures is kept in it.
    """

    own: Path
    world: Path
    city: Path


@dataclass(slots=True)
class _Unit:
    """A camera with what feeds it."""

    site: Site
    camera: LiveCamera | RecordedCamera
    director: Director | None = None
    sky: SkyFeed | None = None
    feed: CityFeed | None = None


class CamerasServer:
    """All cameras of a regency.

    Args:
        regency: what there is.
        port: for RTSP; 0 takes a free one.
        places: where its neighbours are.
        net_file: SUMO's network, for cameras at junctions.
        clock: the world's.
    """

    def __init__(self, regency: Regency, port: int, places: Places, net_file: Path, clock: WorldClock) -> None:
        self._regency, self._port, self._places = regency, port, places
        self._net_file, self._clock = net_file, clock
        places.own.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set.

        Raises:
            Unavailable: the port is taken.
            Misconfigured: a camera stands at a junction that there is not, or plays a file that it cannot.
        """
        units = [self._unit(site, camera) for site, camera in self._regency.cameras().values()]
        streams = [stream for unit in units for stream in unit.camera.streams]
        try:
            async with RtspServer(streams, self._port) as server, serve_control(self._places.own, self._answer):
                self._port = server.port
                for unit in units:
                    unit.camera.start()
                log.info("cameras_started", cameras=len(units), port=server.port)
                await self._follow(units, stop)
        finally:
            await asyncio.to_thread(_end, units)
        log.info("cameras_stopped")

    def _answer(self, order: dict[str, Any]) -> Any:
        if order.get("do") != "state":
            raise Refused(f"there is no order {order.get('do')!r}; there is: state")
        return {"port": self._port, "cameras": list(self._regency.cameras())}

    def _unit(self, site: Site, camera: Camera) -> _Unit:
        if camera.file is not None:
            return _Unit(site, RecordedCamera(camera.code, camera.file, LOGIN))
        view = view_of(site.code, camera, self._net_file)
        sky = SkyFeed(site.latitude, site.longitude, self._world_time_s)
        feed = None
        if camera.view == "city":
            feed = CityFeed(ask_city(self._places.city, view.pose), view.place, camera.seed)
            director = Director(view.place, view.pose, feed, sky)
        else:
            traffic = Traffic(view.place, camera.seed)
            traffic.warm_up()
            director = Director(view.place, view.pose, OwnTraffic(traffic), sky)
        live = LiveCamera(camera.code, director, LOGIN, self._regency.camera_hz, self._places.own / "truth")
        return _Unit(site, live, director, sky, feed)

    def _world_time_s(self, at_s: float) -> float:
        return self._clock.world_start_s + (at_s - self._clock.real_start_s) * self._clock.speed

    async def _follow(self, units: list[_Unit], stop: asyncio.Event) -> None:
        while not stop.is_set():
            answer = await asyncio.to_thread(self._ask)
            if answer is not None:
                faults, rain = answer
                for unit in units:
                    _tell(unit, faults, rain)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _ASK_EVERY_S)

    def _ask(self) -> tuple[list[dict[str, Any]], dict[str, float]] | None:
        try:
            return send_order(self._places.world, {"do": "faults"}), send_order(self._places.world, {"do": "rain"})
        except SimulatorError:
            return None


def _tell(unit: _Unit, faults: list[dict[str, Any]], rain: dict[str, float]) -> None:
    """Tell a camera what is in force for it, and how it rains there."""
    if unit.director is None or unit.sky is None:
        return
    own = [one for one in faults if one["state"] == "active" and one["on"] == unit.camera.code]
    unit.director.order(tuple(Order(str(one["what"]), float(one["amount"])) for one in own))
    unit.sky.rain_mm_h = rain.get(unit.site.code, 0.0)


def _end(units: list[_Unit]) -> None:
    for unit in units:
        unit.camera.stop()
        if unit.feed is not None:
            unit.feed.close()
