"""A room whose API has a line to a real broker, and the double of a box that speaks the contract over MQTT."""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.tokens import ROLES, Role
from edge.contract.commands import Command
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from tests.bench.stack import Ingester
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import as_role
from tests.fix_stack import make_tls

CONFIRM_WITHIN_S = 5.0  # the bench has the mark of 3 s; this machine may be busy
SITES = ("TD-01", "GMP-01", "PWS-01")
PROVINCIAL = "PWS-01"


def add_junction(owner: Connection, site: str, authority: str = "regency", position: int | None = None) -> str:
    """Register a site with a box, a controller, two phases and limits; give the box's name."""
    box = f"{site}-a"
    owner.execute("INSERT INTO site (code, name) VALUES (%s, %s)", [site, f"Simpang {site}"])
    owner.execute("INSERT INTO box (name, site_id) SELECT %s, id FROM site WHERE code = %s", [box, site])
    owner.execute(
        "INSERT INTO asset (code, site_id, box_id, kind) "
        "SELECT %s, site_id, id, 'signal_controller' FROM box WHERE name = %s",
        [f"{site}.signal-1", box],
    )
    owner.execute("INSERT INTO corridor (name, title) VALUES ('surabaya-malang', 'x') ON CONFLICT DO NOTHING")
    owner.execute(
        """
        INSERT INTO junction (site_id, controller_id, authority, corridor_id, corridor_position, corridor_phase)
        SELECT site_id, asset.id, %(authority)s, corridor.id, %(position)s, CASE WHEN corridor.id > 0 THEN 2 END
        FROM asset LEFT JOIN corridor ON %(position)s::int IS NOT NULL WHERE asset.code = %(code)s
        """,
        {"authority": authority, "position": position, "code": f"{site}.signal-1"},
    )
    for phase, ring, barrier in ((2, 1, 1), (4, 1, 2)):
        owner.execute(
            "INSERT INTO junction_phase (site_id, phase, name, ring, barrier, saturation_per_h, lost_s, detectors) "
            "SELECT id, %s, %s, %s, %s, 1800, 4, ARRAY[code || '.det-' || %s] FROM site WHERE code = %s",
            [phase, f"Kaki {phase}", ring, barrier, phase, site],
        )
    for role, extra_s, duration_s in (("operator", 20, 1_800), ("admin", 40, 3_600)):
        owner.execute(
            "INSERT INTO junction_limit SELECT id, %s, %s, %s FROM site WHERE code = %s",
            [role, extra_s, duration_s, site],
        )
    return box


class BoxDouble:
    """Speaks as a box does: takes commands, answers with results and events; what it does is told by `answer`.

    Attributes:
        commands: all commands that came.
        answer: what is done with a command; `obey` unless a test says otherwise.
        clock_off_s: how far the box's clock is ahead of the room's.
    """

    def __init__(self, name: str, port: int, authority: CertificateAuthority) -> None:
        self.name = name
        self.commands: list[Command] = []
        self.answer: Callable[[Command], None] = self.obey
        self.clock_off_s = 0.0
        self._port = port
        self._session = str(uuid4())
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(make_tls(authority.ensure(name)))
        self._client.on_message = lambda _c, _u, message: self._waiting.put(message.payload)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._ready = threading.Event()
        self._waiting: queue.Queue[bytes | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work)

    def start(self) -> None:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self._client.subscribe(f"sl/1/{self.name}/commands", qos=1)
        assert self._ready.wait(5)
        self._thread.start()
        self.publish("status", {"state": "online", "session": self._session, "at": now()}, retain=True)

    def stop(self) -> None:
        self.publish("status", {"state": "offline", "session": self._session, "at": now()}, retain=True)
        self._client.disconnect()
        self._client.loop_stop()
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(5)

    def publish(self, kind: str, body: dict[str, Any], *, retain: bool = False) -> None:
        self._client.publish(f"sl/1/{self.name}/{kind}", json.dumps(body), 1, retain=retain).wait_for_publish(5)

    def result(self, command: Command, state: str, reason: str = "", detail: str = "") -> None:
        told = {
            "command": str(command.id),
            "state": state,
            "at": now(self.clock_off_s),
            "reason": reason,
            "detail": detail,
        }
        self.publish("results", told)

    def event(self, lease: str, state: str, text: str = "", **values: Any) -> None:
        event = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"sl/1/{self.name}",
            "type": f"id.satulayar.lease.{state}",
            "subject": f"{self.name.rpartition('-')[0]}.signal-1",
            "time": now(self.clock_off_s),
            "data": {"message_id": f"{text} (id)", "message_en": text, "values": {"lease": lease, **values}},
        }
        self.publish("events", event)

    def obey(self, command: Command) -> None:
        """Do everything right, at once."""
        lease = command.arguments["lease"]
        if command.action == "signal.lease.withdraw":
            self.result(command, "accepted")
            self.event(lease, "ended", "withdrawn", end_reason="withdrawn")
            self.event(lease, "reverted", "reverted")
            self.result(command, "confirmed")
            return
        states = ["accepted"] if command.arguments.get("prepare") else ["accepted", "applied", "confirmed"]
        for state in states:
            self.event(lease, state)
            self.result(command, state)

    def refuse(self, command: Command) -> None:
        """Refuse requests by a rule, as a box does."""
        if command.action == "signal.lease.withdraw":
            self.obey(command)
            return
        self.event(command.arguments["lease"], "refused", "The junction is flashing.", reason="flashing")
        self.result(command, "refused", "flashing", "Simpang sedang berkedip. | The junction is flashing.")

    def of(self, verb: str) -> list[Command]:
        return [command for command in list(self.commands) if command.action == f"signal.lease.{verb}"]

    def _work(self) -> None:
        while (payload := self._waiting.get()) is not None:
            command = Command.model_validate_json(payload)
            self.commands.append(command)
            self.answer(command)


def now(off_s: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=off_s)).isoformat()


@dataclass
class SignalRoom:
    """An API with a line to the broker, an ingester, and boxes.

    Attributes:
        api: the API.
        broker: where everybody meets; its services' port may be behind a proxy for the API alone.
        boxes: by site.
    """

    api: RunningApi
    broker: LocalBroker
    boxes: dict[str, BoxDouble] = field(default_factory=dict)

    def post(self, path: str, role: Role = "operator", **body: Any) -> httpx.Response:
        return HTTP.post(self.api.url + path, headers=self.api.headers(role), json=body)

    def request(self, site: str = "TD-01", role: Role = "operator", wait_s: float = 0, **body: Any) -> httpx.Response:
        wanted = {"phase": 2, "extra_green_s": 20, "duration_s": 900, "reason": "antrean panjang"} | body
        return self.post(f"/v1/junctions/{site}/leases?wait_s={wait_s}", role, **wanted)

    def lease(self, identity: str) -> dict[str, Any]:
        body: dict[str, Any] = self.api.get(f"/v1/leases/{identity}").json()
        return body

    def wait(self, identity: str, *states: str, timeout_s: float = 20) -> dict[str, Any]:
        until_s = time.monotonic() + timeout_s
        while (lease := self.lease(identity))["state"] not in states:
            assert time.monotonic() < until_s, lease
            time.sleep(0.02)
        return lease

    def audit(self) -> list[tuple[str, str, str]]:
        return self.api.owner.execute(
            "SELECT actor, action, subject FROM audit WHERE action LIKE '%%lease%%' ORDER BY id"
        ).fetchall()


@pytest.fixture(scope="module")
def room(
    cluster: LocalCluster,
    migrated_template: str,
    broker: LocalBroker,
    authority: CertificateAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SignalRoom]:
    """The module's room with three junctions, one of them the province's."""
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    with connect(dsn, "test", autocommit=True) as owner:
        for position, site in enumerate(SITES):
            add_junction(
                owner,
                site,
                "province" if site == PROVINCIAL else "regency",
                None if site == PROVINCIAL else position,
            )
        tokens = {role: accounts.create_token(owner, f"its-{role}", role, "test") for role in ROLES}
        log = tmp_path_factory.mktemp("signals") / "ingester.log"
        address = (broker.host, broker.service_port)
        ingester = Ingester(
            f"signals-{name[-12:]}", as_role(dsn, "ingest"), address, authority, log, {"SHARE": name[-12:]}
        )
        ingester.start()
        try:
            ingester.wait_connected()
            with serve(room_settings(dsn, broker.service_port, authority)) as (url, server):
                room = SignalRoom(RunningApi(url, dsn, owner, tokens, server), broker)
                wait_connected(room)
                for site in SITES:
                    room.boxes[site] = BoxDouble(f"{site}-a", broker.port, authority)
                    room.boxes[site].start()
                yield room
        finally:
            for box in room.boxes.values() if "room" in locals() else ():
                box.stop()
            ingester.stop()
    cluster.drop_database(name)


def room_settings(dsn: str, port: int, authority: CertificateAuthority, **more: Any) -> ApiSettings:
    identity = authority.ensure("api")
    return ApiSettings(
        dsn=as_role(dsn, "api"),
        port=0,
        log_level="error",
        broker_host="localhost",
        broker_port=port,
        ca_file=identity.authority,
        cert_file=identity.certificate,
        key_file=identity.key,
        **({"confirm_within_s": CONFIRM_WITHIN_S} | more),
    )


def wait_connected(room: SignalRoom) -> None:
    until_s = time.monotonic() + 10
    while not room.api.server.config.app.state.room.is_connected:  # type: ignore[union-attr]
        assert time.monotonic() < until_s, "the API has no line to the broker"
        time.sleep(0.02)


@pytest.fixture
def box(room: SignalRoom) -> Iterator[BoxDouble]:
    """The box of TD-01, obedient at first; its leases are ended afterwards."""
    box = room.boxes["TD-01"]
    box.commands.clear()
    yield box
    for other in room.boxes.values():
        other.answer = other.obey
        other.clock_off_s = 0.0
    clear(room)


def clear(room: SignalRoom) -> None:
    """End what is open, so that the next test finds free junctions."""
    room.api.owner.execute(
        "UPDATE lease SET state = 'reverted', ended_at = now(), reverted_at = now() "
        "WHERE state NOT IN ('reverted', 'refused') OR (applied_at IS NOT NULL AND ended_at IS NULL)"
    )
    room.api.owner.execute("UPDATE corridor_lease SET state = 'ended'")
    room.api.owner.execute("UPDATE lease_command SET sent_at = now() WHERE sent_at IS NULL")
