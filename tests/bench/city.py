"""How fast the city runs while every controller is polled by a box's driver, and how quick one driver is alone."""

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
from simulators.controller import standard
from simulators.controller.controller import Controller
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from tests.bench.marks import Figure, at_least

VEHICLES = 2_000
SECONDS = 200
POLL_HZ = 5.0
ALONE_S = 5.0
OBJECTS = [objects.phase_group(column, 1) for column in range(2, 12)]


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure the city's speed under polling, then one driver's and one agent's."""
    say(f"filling the streets with {VEHICLES} vehicles (half a minute)")
    command = [sys.executable, "-m", "tests.bench.city_child", str(VEHICLES), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        filled = json.loads(child.stdout.readline())
        say(f"{filled['vehicles']} vehicles drive; {len(filled['ports'])} controllers are polled at {POLL_HZ:g} Hz")
        polls = asyncio.run(_poll_until_the_end(filled["ports"], child))
        found = json.loads(child.stdout.read())
    where = f"{len(filled['ports'])} junctions, {found['vehicles']} vehicles, polled"
    yield at_least(f"city against real time: {where}", SECONDS / found["wall_s"], "1", 10)
    yield Figure(f"the same against its own processor time: {where}", SECONDS / found["cpu_s"], "1")
    wanted = len(filled["ports"]) * POLL_HZ
    yield Figure(f"polls answered meanwhile, of {wanted:g}/s wanted", polls / found["wall_s"], "/s")
    yield at_least("one driver alone, ten objects a poll", asyncio.run(_alone()), "/s", 20)
    yield Figure("processor time of an agent for a GET of ten objects", _agent_us(), "us")


async def _poll_until_the_end(ports: dict[str, int], child: "subprocess.Popen[str]") -> int:
    answered = 0

    async def poll(port: int) -> None:
        nonlocal answered
        driver = _driver(port)
        while child.poll() is None:
            began_s = time.monotonic()
            try:
                await driver.get(OBJECTS)
                answered += 1
            except Unavailable:
                continue
            await asyncio.sleep(max(0.0, 1 / POLL_HZ - (time.monotonic() - began_s)))
        driver.close()

    await asyncio.gather(*(poll(port) for port in ports.values()))
    return answered


async def _alone() -> float:
    async with AgentServers({"TD-01": Agent(Controller(standard.four_arms(), 0.0))}, {"TD-01": 0}) as servers:
        driver = _driver(servers.ports["TD-01"])
        count, began_s = 0, time.perf_counter()
        while time.perf_counter() - began_s < ALONE_S:
            await driver.get(OBJECTS)
            count += 1
        driver.close()
        return count / (time.perf_counter() - began_s)


def _agent_us() -> float:
    agent, datagram = Agent(Controller(standard.four_arms(), 0.0)), _request()
    count, began_s = 2_000, time.process_time()
    for _ in range(count):
        assert agent.answer(datagram)
    return (time.process_time() - began_s) / count * 1e6


def _request() -> bytes:
    return snmp.encode_get("2c", "public", 1, OBJECTS)


def _driver(port: int) -> NtcipController:
    return NtcipController("127.0.0.1", port, version="2c", community="public", timeout_s=2.0, retries=0, clock=Clock())
