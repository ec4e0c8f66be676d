"""What reading signal controllers costs a box: polls of one driver, twelve junctions at 5 Hz, an agent with a junction.

`python -m tests.bench.ntcip` prints the figures. The controllers answer from a process of their own.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from edge.clock import Clock
from edge.errors import Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import NtcipController
from edge.signals import status
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.controller.controller import Controller
from simulators.controller.program import PlanEntry
from simulators.controller.standard import four_arms
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from tests.bench.marks import Figure, at_least, at_most, show
from tests.fix_edge import Box, Cloud, wait_for

JUNCTIONS = 12
POLL_HZ = 5.0
SECONDS = 8.0
BUILD = Path("build")


def _serve(ports: Connection, count: int) -> None:
    """Let controllers live in real time and answer, until the parent goes."""

    async def main() -> None:
        program = four_arms().with_plan(PlanEntry(0, 2))
        controllers = {str(number): Controller(program, time.time() - 200) for number in range(count)}
        for controller in controllers.values():
            controller.step(time.time())  # the minutes before, which nobody is to wait for
        agents = {name: Agent(controller) for name, controller in controllers.items()}
        async with AgentServers(agents, dict.fromkeys(agents, 0)) as servers:
            ports.send([servers.ports[name] for name in agents])
            while os.getppid() == parent:
                for controller in controllers.values():
                    controller.step(time.time(), frozenset({2, 12} if int(time.time()) % 7 else ()))
                await asyncio.sleep(0.1)

    parent = os.getppid()
    asyncio.run(main())


@contextmanager
def controllers(count: int) -> Iterator[list[int]]:
    """Run so many controllers in a process; give their UDP ports."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, count), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        process.terminate()
        process.join(5)


def _driver(port: int) -> NtcipController:
    return NtcipController(
        "127.0.0.1", port, version="2c", community="private", timeout_s=1.0, retries=2, clock=Clock()
    )


def measure_driver(port: int) -> tuple[float, float]:
    """Poll ten objects as fast as answers come; give (polls per second, processor seconds per poll)."""
    oids = [objects.phase_group(column, 1) for column in range(2, 12)]

    async def main() -> tuple[float, float]:
        driver, polls = _driver(port), 0
        begun_s, used_s = time.perf_counter(), time.process_time()
        while time.perf_counter() - begun_s < SECONDS:
            try:
                await driver.get(oids)
                polls += 1
            except Unavailable:  # counts as none
                continue
        driver.close()
        return polls / (time.perf_counter() - begun_s), (time.process_time() - used_s) / polls

    return asyncio.run(main())


def measure_city(ports: list[int]) -> tuple[float, float, float]:
    """Poll the full status of all at 5 Hz; give (polls/s of each, processor share in %, greatest delay in s)."""
    oids = status.oids(8, 8)

    async def poll(port: int) -> tuple[int, float]:
        driver, polls, worst_s = _driver(port), 0, 0.0
        due_s = time.perf_counter()
        until_s = due_s + SECONDS
        while due_s < until_s:
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            try:
                await driver.get(oids)
                polls += 1
            except Unavailable:
                pass
            worst_s = max(worst_s, time.perf_counter() - due_s)
            due_s += 1 / POLL_HZ
        driver.close()
        return polls, worst_s

    async def main() -> tuple[float, float, float]:
        used_s = time.process_time()
        found = await asyncio.gather(*(poll(port) for port in ports))
        share_pct = 100 * (time.process_time() - used_s) / SECONDS
        return min(polls for polls, _ in found) / SECONDS, share_pct, max(worst_s for _, worst_s in found)

    return asyncio.run(main())


def measure_agent(port: int, seconds: float = 15.0) -> tuple[float, float, float]:
    """Run the real agent with one junction; give (resident MB at its peak, processor share in %, polls per second)."""
    BUILD.mkdir(exist_ok=True)
    os.environ["BENCH_COMMUNITY"] = "private"
    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        home = Path(directory).absolute()
        authority = CertificateAuthority.open_or_create(home / "ca")
        with (
            LocalBroker(home / "broker", authority) as broker,
            Cloud(authority.ensure("ingest"), broker.service_port, "BN-02-a") as cloud,
            Box(home / "box", "BN-02-a", authority.ensure("BN-02-a"), broker.port, _site(port)) as box,
        ):
            wait_for(cloud.samples)
            time.sleep(3)
            process = psutil.Process(box.process.pid)
            used, polled, begun_s = process.cpu_times(), _polls(box), time.monotonic()
            time.sleep(seconds)
            after, passed_s = process.cpu_times(), time.monotonic() - begun_s
            share_pct = 100 * (after.user + after.system - used.user - used.system) / passed_s
            return process.memory_info().rss / 1e6, share_pct, (_polls(box) - polled) / passed_s


def _polls(box: Box) -> int:
    return int(box.status()["junctions"]["BN-02.signal-1"]["polls"])


def _site(port: int) -> dict[str, object]:
    detectors = [{"number": number, "phase": number} for number in range(1, 9)]
    detectors += [
        {"number": 10 + number, "phase": number, "kind": "advance", "distance_m": 80} for number in (2, 4, 6, 8)
    ]
    return {
        "site": {"code": "BN-02", "name": "Bench", "district": "Bangil", "latitude": -7.6, "longitude": 112.8},
        "box": "BN-02-a",
        "buses": {"s": {"kind": "ntcip", "host": "127.0.0.1", "port": port, "community_variable": "BENCH_COMMUNITY"}},
        "controllers": [{"code": "BN-02.signal-1", "bus": "s", "detectors": detectors}],
    }


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures, as a part of the bench."""
    with controllers(JUNCTIONS) as ports:
        say("one driver, ten objects a poll")
        polls_per_s, cost_s = measure_driver(ports[0])
        yield at_least("signals: one driver alone, polls of 10 objects", polls_per_s, "/s", 20)
        yield Figure("signals: processor time of a poll of 10 objects", 1_000 * cost_s, "ms")
        say(f"{JUNCTIONS} junctions at {POLL_HZ:g} Hz")
        each_per_s, share_pct, worst_s = measure_city(ports)
        yield at_least(f"signals: {JUNCTIONS} junctions at once, polls of the full status, each", each_per_s, "/s", 4.9)
        yield Figure("signals: processor of these drivers together, of one core", share_pct, "%")
        yield Figure("signals: latest poll behind its time", worst_s, "s")
        say("an agent with one junction")
        resident_mb, share_pct, polls_per_s = measure_agent(ports[0])
        yield at_most("signals: resident memory of an agent with a junction", resident_mb, "MBy", 90)
        yield at_least("signals: polls of that agent", polls_per_s, "/s", 4.9)
        yield Figure("signals: its processor, of one core", share_pct, "%")


def main() -> None:
    """Print the figures."""
    for figure in measure(lambda _: None):
        sys.stdout.write(show(figure) + "\n")


if __name__ == "__main__":
    main()
