"""The city's process: controllers each 0.1 s, traffic each second, an SNMP agent per junction, a line for questions.

Traffic and controllers run in real time whatever the world's speed, because boxes and the room do; only the hour that
decides the demand is the world's. Faults are the world's too: it is asked once a second; while it is away they stay.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from simulators.cameras.places import View
from simulators.city.city import STEP_S, City
from simulators.city.demand import share_of_day
from simulators.city.events import Events
from simulators.city.view import around, describe
from simulators.control import send_order, serve_control
from simulators.controller.controller import WIB_OFFSET_S
from simulators.errors import Refused, SimulatorError
from simulators.faults import Fault
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from simulators.world.clock import WorldClock

TICK_S = 0.1
_GAP_S = 5.0  # a machine that slept does not drive through the night at once

log = structlog.get_logger()


class CityServer:
    """A city in real time.

    Args:
        city: not yet started; its `now_s` is about now.
        ports: UDP port by junction.
        directory: where its control socket is made.
        world: directory of the world's control socket, which knows the faults.
        clock: the world's.
        views: of the cameras that look at the city, by code.
    """

    def __init__(
        self,
        city: City,
        ports: Mapping[str, int],
        directory: Path,
        world: Path,
        clock: WorldClock,
        views: Mapping[str, View] | None = None,
    ) -> None:
        self._city, self._directory, self._world, self._views = city, directory, world, views
        city.demand_share = lambda _: share_of_day(clock.now_s() + WIB_OFFSET_S)
        self._agents = {code: Agent(controller) for code, controller in city.controllers.items()}
        self._servers = AgentServers(self._agents, ports)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set.

        Raises:
            Unavailable: a port is taken.
        """
        with self._city:
            async with self._servers, serve_control(self._directory, self.handle):
                log.info("city_started", junctions=len(self._agents), first_port=min(self._servers.ports.values()))
                await self._live(stop)
        log.info("city_stopped")

    def handle(self, order: dict[str, Any]) -> Any:
        """Answer a question from the control line.

        Raises:
            Refused: there is no such question or junction.
        """
        match order.get("do"):
            case "junction":
                code = str(order.get("code"))
                if code not in self._city.controllers:
                    raise Refused(f"there is no junction {code!r}; there are: {', '.join(self._city.controllers)}")
                return describe(self._city, code)
            case "around":
                return around(self._city, *(float(order.get(part, 0)) for part in ("x_m", "y_m", "reach_m")))
            case "state":
                return {"vehicles": self._city.vehicles, "junctions": len(self._agents), "ports": self._servers.ports}
            case other:
                raise Refused(f"there is no order {other!r}; there are: junction, around, state")

    async def _live(self, stop: asyncio.Event) -> None:
        events = Events(self._city, self._views)
        asking = asyncio.create_task(asyncio.to_thread(self._active_faults), name="faults")
        while not stop.is_set():
            now_s = time.time()
            if now_s - self._city.now_s > _GAP_S:
                log.warning("city_skipped", seconds=round(now_s - self._city.now_s))
                self._city.now_s = now_s - STEP_S
            if now_s >= self._city.now_s + STEP_S:
                self._city.step()
                if asking.done():
                    if (active := asking.result()) is not None:
                        events.apply(active)
                    asking = asyncio.create_task(asyncio.to_thread(self._active_faults), name="faults")
            else:
                self._city.step_controllers(now_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_S)
        await asking

    def _active_faults(self) -> list[Fault] | None:
        """Ask the world; None while it is away."""
        try:
            listed = send_order(self._world, {"do": "faults"})
        except SimulatorError:
            return None
        fields = Fault.__dataclass_fields__
        return [
            Fault(**{name: value for name, value in one.items() if name in fields})
            for one in listed
            if one["state"] == "active"
        ]
