"""How fast the city runs while the drivers of all its boxes poll its controllers, and how quick one driver is alone.

The drivers run in this process, the city and its agents in another, as on one machine with two cores. Every poll is
what a box asks at 5 Hz: the whole status of its controller.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from edge.clock import Clock
from edge.errors import Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors import snmp
from edge.sensors.ntcip import NtcipController
from edge.signals import status
from simulators.controller import standard
from simulators.controller.controller import Controller
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from tests.bench.marks import Figure, at_least, at_most

VEHICLES = 2_000
SECONDS = 300
POLL_HZ = 5.0
ALONE_S = 5.0
TEN_OBJECTS = [objects.phase_group(column, 1) for column in range(2, 12)]
STATUS = status.oids(8, 24)


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure the city's speed under polling, then one driver's and one agent's."""
    say(f"filling the streets with {VEHICLES} vehicles (half a minute)")
    command = [sys.executable, "-m", "tests.bench.city_child", str(VEHICLES), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        filled = json.loads(child.stdout.readline())
        ports = list(filled["ports"].values())
        say(f"{filled['vehicles']} vehicles drive; {len(ports)} controllers are polled at {POLL_HZ:g} Hz")
        polls = Polls()
        found = asyncio.run(_poll_until_the_end(ports, polls, child))
    where = f"{len(ports)} junctions, {found['vehicles']} vehicles, polled"
    yield at_least(f"city against real time: {where}", SECONDS / found["wall_s"], "1", 10)
    yield Figure(f"the same against its own processor time: {where}", SECONDS / found["cpu_s"], "1")
    yield Figure("polls asked meanwhile, full status", polls.asked / polls.lasted_s, "/s")
    yield at_least("polls answered meanwhile", polls.answered_per_s, "/s", 0.97 * len(ports) * POLL_HZ)
    yield at_most("p99 of a poll meanwhile", polls.p99_s, "s", 1 / POLL_HZ)
    yield at_least("one driver alone, ten objects a poll", asyncio.run(_alone()), "/s", 20)
    yield Figure("processor time of an agent for a GET of ten objects", _agent_us(), "us")


class Polls:
    """What became of the polls of all drivers.

    Attributes:
        asked: how many were due.
        took_s: how long each that was answered took.
        lasted_s: from the first to the last.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.took_s: list[float] = []
        self.lasted_s = 1.0

    @property
    def answered_per_s(self) -> float:
        """Answered polls of all drivers together."""
        return len(self.took_s) / self.lasted_s

    @property
    def p99_s(self) -> float:
        """The time that one poll in a hundred takes longer than."""
        return sorted(self.took_s)[int(0.99 * len(self.took_s))] if self.took_s else float("inf")


async def _poll_until_the_end(ports: list[int], polls: Polls, child: "subprocess.Popen[str]") -> dict[str, float]:
    """Poll every port until the city says that its run is over; give what it says."""
    assert child.stdout is not None
    telling = asyncio.create_task(asyncio.to_thread(child.stdout.readline))
    began_s = time.perf_counter()
    await asyncio.gather(*(_poll(port, polls, telling) for port in ports))
    polls.lasted_s = time.perf_counter() - began_s
    found: dict[str, float] = json.loads(await telling)
    return found


async def _poll(port: int, polls: Polls, telling: "asyncio.Task[str]") -> None:
    """Poll one controller in a box's rhythm: at its times, one at a time, a time that is past is left out."""
    driver, due_s = _driver(port), time.perf_counter()
    while not telling.done():
        polls.asked += 1
        began_s = time.perf_counter()
        try:
            await driver.get(STATUS)
            polls.took_s.append(time.perf_counter() - began_s)
        except Unavailable:
            pass
        due_s += 1 / POLL_HZ
        while due_s < time.perf_counter():
            polls.asked += 1
            due_s += 1 / POLL_HZ
        await asyncio.sleep(due_s - time.perf_counter())
    driver.close()


async def _alone() -> float:
    async with AgentServers({"TD-01": Agent(Controller(standard.four_arms(), 0.0))}, {"TD-01": 0}) as servers:
        driver = _driver(servers.ports["TD-01"])
        count, began_s = 0, time.perf_counter()
        while time.perf_counter() - began_s < ALONE_S:
            await driver.get(TEN_OBJECTS)
            count += 1
        driver.close()
        return count / (time.perf_counter() - began_s)


def _agent_us() -> float:
    agent, datagram = Agent(Controller(standard.four_arms(), 0.0)), snmp.encode_get("2c", "public", 1, TEN_OBJECTS)
    count, began_s = 2_000, time.process_time()
    for _ in range(count):
        assert agent.answer(datagram)
    return (time.process_time() - began_s) / count * 1e6


def _driver(port: int) -> NtcipController:
    return NtcipController("127.0.0.1", port, version="2c", community="public", timeout_s=2.0, retries=0, clock=Clock())
