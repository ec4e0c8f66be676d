"""Simulated controllers that live in real time, or faster, and answer SNMP: what stands below real boxes."""

import asyncio
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from simulators.controller.controller import Controller
from simulators.controller.program import TICKS_PER_S, PlanEntry, Program
from simulators.controller.standard import four_arms
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers

OWN_PATTERN, RESERVED = 2, 16
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Fall:
    """A controller went back to nobody's command; both on its own clock.

    Attributes:
        written_s: when a command was last written, or refreshed.
        fell_s: when it stopped to obey.
    """

    written_s: float
    fell_s: float


class Streets:
    """Controllers by name, in a thread of their own, each on a UDP port.

    Args:
        names: of the controllers.
        program: of all of them; one plan runs all day.
        speed: of their time against ours.

    Attributes:
        controllers: by name.
        falls: the last one of each.
    """

    def __init__(self, names: Collection[str], program: Program | None = None, speed: float = 1.0) -> None:
        setting = (program or four_arms()).with_plan(PlanEntry(0, OWN_PATTERN))
        self._began_s = time.time()
        self._speed = speed
        self.controllers = {name: Controller(setting, self._began_s - 200) for name in names}
        for controller in self.controllers.values():
            controller.step(self._began_s)
        self.ports: Mapping[str, int] = {}
        self.falls: dict[str, Fall] = {}
        self._commanded = dict.fromkeys(self.controllers, 0)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()))

    def __enter__(self) -> Self:
        """Begin to live; afterwards `ports` are known."""
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    async def _live(self) -> None:
        agents = {name: Agent(controller) for name, controller in self.controllers.items()}
        async with AgentServers(agents, dict.fromkeys(agents, 0)) as servers:
            self.ports = dict(servers.ports)
            self._ready.set()
            while not self._stop.is_set():
                await asyncio.sleep(PAUSE_S)
                now_s = self._began_s + (time.time() - self._began_s) * self._speed
                for name, controller in self.controllers.items():
                    self._step(name, controller, now_s)

    def _step(self, name: str, controller: Controller, now_s: float) -> None:
        """Live up to now tick by tick, so that the instant of a fall is exact however late this thread is."""
        while (next_s := controller.now_s + 1 / TICKS_PER_S) <= now_s:
            written_s = controller._commanded_at / TICKS_PER_S
            controller.step(next_s)
            if self._commanded[name] and not controller.system_pattern:  # taken back between two ticks, or lapsed
                self.falls[name] = Fall(written_s, controller.now_s)
            self._commanded[name] = controller.system_pattern
