"""A corridor of real boxes: an API, an ingester, one agent process and one simulated controller per junction."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cloud.db import accounts
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.tokens import ROLES, Role
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.controller.standard import four_arms
from tests.bench.stack import Ingester
from tests.fix_api import RunningApi, serve
from tests.fix_database import as_role
from tests.fix_edge import Box, wait_for
from tests.fix_room import SignalRoom, add_junction, room_settings, wait_connected
from tests.fix_streets import OWN_PATTERN, Streets

SITES = ("KA-01", "KB-01", "KC-01")
CONFIRM_WITHIN_S = 8.0  # the bench has the mark of 3 s; this machine may be busy
WAIT_S = 60.0
SPEED = 10.0


class Corridor:
    """Three junctions along one road, as the room and the street see them.

    Attributes:
        room: API and what asks it.
        streets: controllers by site.
        boxes: agents by site.
    """

    def __init__(self, room: SignalRoom, streets: Streets, boxes: dict[str, Box]) -> None:
        self.room = room
        self.streets = streets
        self.boxes = boxes

    def ask(self, extra_green_s: int = 10, role: Role = "operator") -> str:
        """Ask for a green wave; give its id."""
        body = {"extra_green_s": extra_green_s, "duration_s": 600, "reason": "gelombang hijau"}
        answer = self.room.post("/v1/corridors/surabaya-malang/leases", role, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wave(self, identity: str) -> dict[str, Any]:
        found: dict[str, Any] = self.room.api.get(f"/v1/corridor-leases/{identity}").json()
        return found

    def wait(self, identity: str, state: str) -> dict[str, Any]:
        wait_for(lambda: self.wave(identity)["state"] == state, WAIT_S)
        return self.wave(identity)

    def lease(self, identity: str, site: str) -> dict[str, Any]:
        return next(lease for lease in self.wave(identity)["leases"] if lease["site"] == site)

    def commanded(self) -> dict[str, int]:
        """What each controller is told by its box; 0: nothing."""
        return {site: controller.system_pattern for site, controller in self.streets.controllers.items()}

    def wait_for_own_plans(self) -> None:
        """Wait until every box holds nothing and every controller is commanded by nobody and runs its own plan."""
        wait_for(lambda: set(self.commanded().values()) == {0}, WAIT_S)
        wait_for(lambda: {one.pattern for one in self.streets.controllers.values()} == {OWN_PATTERN}, WAIT_S)

    def wait_ready(self) -> None:
        """Wait until every junction can be asked: its box is there, its own plan runs and is told."""
        self.wait_for_own_plans()
        for site in SITES:
            wait_for(lambda site=site: self._is_ready(site), WAIT_S)

    def _is_ready(self, site: str) -> bool:
        shown = self.room.api.get(f"/v1/junctions/{site}").json()
        letters = {phase["letter"] for phase in shown["phases"]}
        return bool(shown["can_be_asked"] and letters <= set("GYR") and shown["pattern"] == OWN_PATTERN)

    def freeze(self, site: str) -> None:
        """Stop a box as a machine that hangs: its connection stays, it hears nothing."""
        self._signal(site, signal.SIGSTOP)

    def thaw(self, site: str) -> None:
        """Let it go on."""
        self._signal(site, signal.SIGCONT)

    def _signal(self, site: str, what: signal.Signals) -> None:
        process = self.boxes[site].process
        assert process is not None
        os.kill(process.pid, what)


@pytest.fixture(scope="module")
def street_corridor(
    cluster: LocalCluster,
    migrated_template: str,
    broker: LocalBroker,
    authority: CertificateAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Corridor]:
    """The module's corridor; its controllers live ten times as fast, so that a cycle is ten seconds."""
    home = tmp_path_factory.mktemp("corridor")
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    variables = pytest.MonkeyPatch()  # of the module; what is set for it must not reach another file's boxes
    variables.setenv("TEST_COMMUNITY", "private")
    with connect(dsn, "test", autocommit=True) as owner, _streets() as streets:
        for position, site in enumerate(SITES):
            add_junction(owner, site, position=position)
        tokens = {role: accounts.create_token(owner, f"its-{role}", role, "test") for role in ROLES}
        address = (broker.host, broker.service_port)
        ingester = Ingester(
            f"corridor-{name[-12:]}", as_role(dsn, "ingest"), address, authority, home / "log", {"SHARE": name[-12:]}
        )
        ingester.start()
        settings = room_settings(dsn, broker.service_port, authority, confirm_within_s=CONFIRM_WITHIN_S)
        boxes: dict[str, Box] = {}
        try:
            ingester.wait_connected()
            with serve(settings) as (url, server):
                room = SignalRoom(RunningApi(url, dsn, owner, tokens, server), broker)
                wait_connected(room)
                boxes |= {site: _start_box(home, site, streets, authority, broker) for site in SITES}
                corridor = Corridor(room, streets, boxes)
                corridor.wait_ready()
                yield corridor
        finally:
            for box in boxes.values():
                box.kill()
            ingester.stop()
            variables.undo()
    cluster.drop_database(name)


@pytest.fixture
def corridor(street_corridor: Corridor, tmp_path: Path) -> Iterator[Corridor]:
    """The module's corridor with nothing held, every box there and every controller healthy."""
    yield street_corridor
    owner = street_corridor.room.api.owner
    for site, box in street_corridor.boxes.items():
        street_corridor.thaw(site) if box.process and box.process.poll() is None else box.start()
    for identity in open_leases(owner):
        street_corridor.room.post(f"/v1/leases/{identity}/withdraw", role="admin")
    wait_for(lambda: not open_leases(owner), WAIT_S)
    street_corridor.wait_ready()


def _streets() -> Streets:
    """Controllers with a backup timer of a minute of ours; at the controllers' speed theirs would be six seconds."""
    return Streets(SITES, replace(four_arms(), backup_time_s=600), speed=SPEED)


def open_leases(owner: Connection) -> list[str]:
    """Name the leases that may still change signals."""
    return [str(row[0]) for row in owner.execute("SELECT id FROM wall.lease WHERE open").fetchall()]


def _start_box(home: Path, site: str, streets: Streets, authority: CertificateAuthority, broker: LocalBroker) -> Box:
    limits = {
        "operator": {"extra_green_s": 20, "duration_s": 1_800, "rank": 1},
        "admin": {"extra_green_s": 40, "duration_s": 3_600, "rank": 2},
    }
    bus = {"kind": "ntcip", "host": "127.0.0.1", "port": streets.ports[site], "timeout_s": 1.0}
    described = {
        "site": {"code": site, "name": "Koridor", "district": "Pandaan", "latitude": -7.6, "longitude": 112.7},
        "box": f"{site}-a",
        "buses": {"signals": bus | {"community_variable": "TEST_COMMUNITY"}},
        "controllers": [
            {"code": f"{site}.signal-1", "bus": "signals", "lease": {"roles": limits, "max_backup_s": 900, "rest_s": 0}}
        ],
        "assets": [],
    }
    # A frozen box keeps its connection, as one does whose line stalls: the broker's patience is longer than the test's.
    box = Box(home / site, f"{site}-a", authority.ensure(f"{site}-a"), broker.port, described, keepalive_s=60)
    box.start()
    return box
