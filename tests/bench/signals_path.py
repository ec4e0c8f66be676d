"""From a request in the API to a controller that was read back, over every real part; and what a dead box leaves.

Some controllers answer SNMP in this process, at the speed of the street; one real box polls and leases them.
"""

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from cloud.api.settings import ApiSettings
from cloud.db import accounts
from simulators.controller.controller import Controller
from simulators.controller.program import PlanEntry
from simulators.controller.standard import four_arms
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from tests.bench.marks import Figure, at_most
from tests.bench.stack import Stack, run_stack
from tests.fix_api import serve
from tests.fix_edge import Box, wait_for

JUNCTIONS = 4
ROUNDS = 8
SITE, BOX = "BN-01", "BN-01-a"
OWN_PATTERN = 2
EXTRA_S = 10
QUICK = {"fsync": "off"}


class Streets:
    """Controllers that live in real time and answer SNMP, in a thread of their own."""

    def __init__(self, count: int) -> None:
        self.controllers = {
            f"j{number}": Controller(four_arms().with_plan(PlanEntry(0, OWN_PATTERN)), time.time() - 200)
            for number in range(1, count + 1)
        }
        for controller in self.controllers.values():
            controller.step(time.time())
        self.ports: dict[str, int] = {}
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _live(self) -> None:
        agents = {name: Agent(controller) for name, controller in self.controllers.items()}
        async with AgentServers(agents, dict.fromkeys(agents, 0)) as servers:
            self.ports = dict(servers.ports)
            self._ready.set()
            while not self._stop.is_set():
                await asyncio.sleep(0.05)
                for controller in self.controllers.values():
                    controller.step(time.time(), frozenset())


def measure_path(say: Callable[[str], None]) -> Iterator[Figure]:
    """Ask for leases and withdraw them, then kill the box in the middle of one."""
    with tempfile.TemporaryDirectory() as directory, _running(Path(directory)) as (client, box, streets):
        say(f"{JUNCTIONS} junctions, {ROUNDS} leases each, at the speed of the street")
        with ThreadPoolExecutor(JUNCTIONS) as pool:
            rounds = list(pool.map(lambda name: list(_ask_often(client, name)), streets.controllers))
        took_s = sorted(took for one in rounds for took, state in one if state == "confirmed")
        others = [state for one in rounds for _, state in one if state != "confirmed"]
        say(f"{len(took_s)} confirmed; others: {', '.join(sorted(others)) or 'none'}")
        yield Figure("signals: leases confirmed", float(len(took_s)), "1")
        yield Figure("signals: request to confirmed read-back, p50", took_s[len(took_s) // 2], "s")
        yield at_most("signals: request to confirmed read-back, p99", took_s[int(0.99 * len(took_s))], "s", 3)
        say("a box that dies in the middle of a lease")
        gone_s, backup_s = _kill_in_a_lease(client, box, streets)
        yield at_most("signals: dead box to its command gone, in backup times", gone_s / backup_s, "1", 1.0)
        yield Figure("signals: the same", gone_s, "s")


def _ask_often(client: httpx.Client, name: str) -> Iterator[tuple[float, str]]:
    """Give how long each request took, and how it ended."""
    for _ in range(ROUNDS):
        began_s = time.monotonic()
        lease = _ask(client, name)
        state = lease.get("rule") or lease["state"]
        yield time.monotonic() - began_s, state
        if state == "confirmed":
            client.post(f"/v1/leases/{lease['id']}/withdraw", params={"wait_s": 10}).raise_for_status()
            wait_for(lambda lease=lease: client.get(f"/v1/leases/{lease['id']}").json()["reverted_at"])
        else:
            time.sleep(5)  # the end of a cycle was near: the box wants to see the own plan again


def _ask(client: httpx.Client, name: str) -> dict[str, Any]:
    body = {"phase": 2, "extra_green_s": EXTRA_S, "duration_s": 300, "reason": "bench"}
    found: dict[str, Any] = client.post(
        f"/v1/junctions/{name.upper()}-01/leases", json=body, params={"wait_s": 8}
    ).json()
    return found


def _kill_in_a_lease(client: httpx.Client, box: Box, streets: Streets) -> tuple[float, float]:
    """Give after how many seconds the controller obeys nobody any more, and its backup time."""
    controller = streets.controllers["j1"]
    wait_for(lambda: _ask(client, "j1").get("state") == "confirmed", timeout_s=60)
    assert controller.system_pattern
    box.kill()
    began_s = time.monotonic()
    wait_for(lambda: controller.requested_pattern()[0] == OWN_PATTERN, timeout_s=controller.backup_time_s + 10)
    return time.monotonic() - began_s, float(controller.backup_time_s)


@contextmanager
def _running(home: Path) -> Iterator[tuple[httpx.Client, Box, Streets]]:
    with Streets(JUNCTIONS) as streets, run_stack(home, QUICK) as stack:
        _register(stack, list(streets.controllers))
        with stack.connect() as owner:
            token = accounts.create_token(owner, "bench", "operator", "bench")
        ingester = stack.ingester()
        ingester.start()
        try:
            ingester.wait_connected()
            with serve(_api_settings(stack)) as (url, _), _make_box(stack, streets) as box:
                headers = {"Authorization": f"Bearer {token}"}
                with httpx.Client(base_url=url, headers=headers, timeout=20) as client:
                    wait_for(lambda: client.get("/v1/junctions/J1-01").json().get("can_be_asked"), timeout_s=30)
                    wait_for(lambda: client.get("/v1/junctions/J4-01").json().get("displayed_at"), timeout_s=30)
                    yield client, box, streets
        finally:
            ingester.stop()


def _api_settings(stack: Stack) -> ApiSettings:
    identity = stack.authority.ensure("api")
    return ApiSettings(
        dsn=stack.cluster.dsn("satulayar", "api"),
        port=0,
        log_level="error",
        broker_host="localhost",
        broker_port=stack.broker.service_port,
        ca_file=identity.authority,
        cert_file=identity.certificate,
        key_file=identity.key,
    )


def _make_box(stack: Stack, streets: Streets) -> Box:
    limits = {"roles": {"operator": {"extra_green_s": 30, "duration_s": 600}}}
    bus = {"kind": "ntcip", "host": "127.0.0.1", "timeout_s": 1.0, "community_variable": "BENCH_COMMUNITY"}
    site = {
        "site": {"code": SITE, "name": "Bench", "district": "Pandaan", "latitude": -7.6, "longitude": 112.7},
        "box": BOX,
        "buses": {name: bus | {"port": port} for name, port in streets.ports.items()},
        "controllers": [{"code": f"{SITE}.{name}", "bus": name, "lease": limits} for name in streets.ports],
        "assets": [],
    }
    box = Box(stack.home / "box", BOX, stack.authority.ensure(BOX), stack.broker.port, site)
    os.environ["BENCH_COMMUNITY"] = "private"  # the one that may write
    return box


def _register(stack: Stack, names: list[str]) -> None:
    """One box with several controllers; each of them a junction of its own."""
    with stack.connect() as owner:
        owner.execute("INSERT INTO site (code, name) VALUES (%s, 'Bench')", [SITE])
        owner.execute("INSERT INTO box (name, site_id) SELECT %s, id FROM site", [BOX])
        for name in names:
            site = f"{name.upper()}-01"
            owner.execute("INSERT INTO site (code, name) VALUES (%s, %s)", [site, site])
            owner.execute(
                "INSERT INTO asset (code, site_id, box_id) SELECT %s, site.id, box.id FROM site, box WHERE code = %s",
                [f"{SITE}.{name}", site],
            )
            owner.execute(
                "INSERT INTO junction (site_id, controller_id, authority) "
                "SELECT site_id, id, 'regency' FROM asset WHERE code = %s",
                [f"{SITE}.{name}"],
            )
            owner.execute(
                "INSERT INTO junction_phase (site_id, phase, name, ring, barrier, saturation_per_h, lost_s) "
                "SELECT id, 2, 'x', 1, 1, 1800, 4 FROM site WHERE code = %s",
                [site],
            )
            owner.execute("INSERT INTO junction_limit SELECT id, 'operator', 30, 600 FROM site WHERE code = %s", [site])
