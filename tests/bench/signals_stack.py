"""Everything that a lease passes, for the bench: API, broker, ingester, database, two boxes and twelve controllers.

The second box reaches the broker over a line that can be stalled.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cloud.api.settings import ApiSettings
from cloud.db import accounts
from simulators.proxy import Proxy
from tests.bench.stack import Stack, run_stack
from tests.fix_api import serve
from tests.fix_edge import Box, wait_for
from tests.fix_streets import Streets

JUNCTIONS_PER_BOX = 6
BOXES = ("BN-01-a", "BN-02-a")
KEEPALIVE_S = 20  # the agent's default; the tests' boxes are more nervous
QUICK = {"fsync": "off"}
START_S = 60.0


@dataclass
class Bench:
    """What runs.

    Attributes:
        client: an operator's, of the API.
        boxes: by name.
        streets: controllers by site.
        line: of the second box to the broker.
    """

    client: httpx.Client
    boxes: dict[str, Box]
    streets: Streets
    line: Proxy

    def ask(self, site: str, extra_green_s: int = 10) -> dict[str, Any]:
        """Ask for a lease and wait what becomes of it."""
        body = {"phase": 2, "extra_green_s": extra_green_s, "duration_s": 600, "reason": "bench"}
        answer = self.client.post(f"/v1/junctions/{site}/leases", json=body, params={"wait_s": 8})
        found: dict[str, Any] = answer.json()
        return found


def sites_of(box: str) -> list[str]:
    """Name the junctions of a box."""
    return [f"{box[:2]}{box[3:5]}{number}-01" for number in range(1, JUNCTIONS_PER_BOX + 1)]


SITES = [site for box in BOXES for site in sites_of(box)]


@contextmanager
def running(home: Path) -> Iterator[Bench]:
    """Run everything in a folder."""
    with ExitStack() as held:
        streets = held.enter_context(Streets(SITES))
        stack = held.enter_context(run_stack(home, QUICK))
        line = held.enter_context(Proxy("127.0.0.1", stack.broker.port))
        _register(stack)
        with stack.connect() as owner:
            token = accounts.create_token(owner, "bench", "operator", "bench")
        ingester = stack.ingester()
        held.callback(ingester.stop)
        ingester.start()
        ingester.wait_connected()
        url, _ = held.enter_context(serve(_api_settings(stack)))
        os.environ["BENCH_COMMUNITY"] = "private"  # the one that may write
        ports = dict(zip(BOXES, (stack.broker.port, line.port), strict=True))
        boxes = {name: held.enter_context(_make_box(stack, streets, name, port)) for name, port in ports.items()}
        client = held.enter_context(
            httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        )
        for site in SITES:
            wait_for(lambda site=site: client.get(f"/v1/junctions/{site}").json()["displayed_at"], START_S)
        wait_for(lambda: client.get(f"/v1/junctions/{SITES[-1]}").json()["can_be_asked"], START_S)
        yield Bench(client, boxes, streets, line)


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


def _make_box(stack: Stack, streets: Streets, name: str, port: int) -> Box:
    limits = {"roles": {"operator": {"extra_green_s": 30, "duration_s": 600}}, "rest_s": 0}
    bus = {"kind": "ntcip", "host": "127.0.0.1", "timeout_s": 1.0, "community_variable": "BENCH_COMMUNITY"}
    sites = sites_of(name)
    code = name.rpartition("-")[0]
    site = {
        "site": {"code": code, "name": "Bench", "district": "Pandaan", "latitude": -7.6, "longitude": 112.7},
        "box": name,
        "buses": {_asset(one): bus | {"port": streets.ports[one]} for one in sites},
        "controllers": [{"code": f"{code}.{_asset(one)}", "bus": _asset(one), "lease": limits} for one in sites],
        "assets": [],
    }
    return Box(stack.home / name, name, stack.authority.ensure(name), port, site, keepalive_s=KEEPALIVE_S)


def _asset(site: str) -> str:
    return site.partition("-")[0].lower()


def _register(stack: Stack) -> None:
    """Two boxes with several controllers each, and each of these a junction of its own."""
    with stack.connect() as owner:
        for name in BOXES:
            code = name.rpartition("-")[0]
            owner.execute("INSERT INTO site (code, name) VALUES (%s, 'Bench')", [code])
            owner.execute("INSERT INTO box (name, site_id) SELECT %s, id FROM site WHERE code = %s", [name, code])
            for site in sites_of(name):
                _register_junction(owner, site, name, f"{code}.{_asset(site)}")


def _register_junction(owner: Any, site: str, box: str, controller: str) -> None:
    owner.execute("INSERT INTO site (code, name) VALUES (%s, %s)", [site, site])
    owner.execute(
        "INSERT INTO asset (code, site_id, box_id) SELECT %s, site.id, box.id FROM site, box "
        "WHERE site.code = %s AND box.name = %s",
        [controller, site, box],
    )
    owner.execute(
        "INSERT INTO junction (site_id, controller_id, authority) SELECT site_id, id, 'regency' FROM asset "
        "WHERE code = %s",
        [controller],
    )
    owner.execute(
        "INSERT INTO junction_phase (site_id, phase, name, ring, barrier, saturation_per_h, lost_s) "
        "SELECT id, 2, 'x', 1, 1, 1800, 4 FROM site WHERE code = %s",
        [site],
    )
    owner.execute("INSERT INTO junction_limit SELECT id, 'operator', 30, 600 FROM site WHERE code = %s", [site])
