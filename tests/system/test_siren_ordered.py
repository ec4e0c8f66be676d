"""A siren ordered in the room: API, broker, the real box with a Modbus siren, ingester, database, API."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloud.db import accounts
from tests.fix_api import HTTP, serve
from tests.fix_database import add_asset, add_box
from tests.fix_edge import Box, ModbusField, gauge_site, wait_for
from tests.fix_room import room_settings


@dataclass
class Room:
    """A head of shift at the API."""

    url: str
    gauge: str
    tokens: dict[str, str]

    def call(self, method: str, path: str, role: str = "head_of_shift", **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return HTTP.request(method, self.url + path, headers=headers, json=body or None)

    def order(self, what: str, role: str = "head_of_shift", **body: Any) -> Any:
        told = {"reason": "Welang meluap", "request_id": f"{what}-{time.monotonic_ns()}"}
        return self.call("POST", f"/v1/sirens/{self.gauge}/{what}", role, **(told | body))

    def wait(self, order: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline_s = time.monotonic() + 20
        while not is_so(found := self.call("GET", f"/v1/siren-orders/{order}").json()):
            assert time.monotonic() < deadline_s, found
            time.sleep(0.1)
        return dict(found)


@pytest.fixture
def room(path: Any, database: str, authority: Any, box_name: str) -> Iterator[Room]:
    site = box_name.rpartition("-")[0]
    gauge = f"{site}.gauge-1"
    add_asset(path.connection, add_box(path.connection, site, box_name), gauge)
    tokens = {
        role: accounts.create_token(path.connection, role, role, "test")  # type: ignore[arg-type]
        for role in ("operator", "head_of_shift")
    }
    with serve(room_settings(database, path.broker.service_port, authority)) as (url, _):
        yield Room(url, gauge, tokens)


@pytest.fixture
def box(path: Any, make_box: Any, box_name: str, room: Room, field: ModbusField) -> Iterator[Box]:
    with make_box(gauge_site(box_name, field.port), path.broker.port) as running:
        wait_for(lambda: running.is_up() and running.status()["connected"])
        wait_for(lambda: room.call("GET", "/v1/sirens").json())
        yield running


@pytest.mark.timeout(120)
def test_siren_when_a_head_of_shift_orders_it_then_it_sounds_is_confirmed_and_silenced(
    room: Room, box: Box, field: ModbusField
) -> None:
    made = room.order("sound", seconds=600, request_id="panggilan-1").json()
    told = room.wait(made["id"], lambda one: one["state"] == "confirmed")
    assert field.tables["coil"][0] == 1
    assert (told["requester"], told["reason"], told["arguments"]["seconds"]) == ("head_of_shift", "Welang meluap", 600)
    wait_for(lambda: room.call("GET", "/v1/sirens").json()[0]["sounding"])
    again = room.order("sound", seconds=600, request_id="panggilan-1").json()
    assert again["id"] == made["id"], "a double click is one order"
    quiet = room.order("silence").json()
    room.wait(quiet["id"], lambda one: one["state"] == "confirmed")
    assert field.tables["coil"][0] == 0
    actions = [row["action"] for row in room.call("GET", "/v1/audit").json()["items"]]
    assert actions[:2] == ["siren_silenced", "siren_ordered"]


@pytest.mark.timeout(120)
def test_siren_when_it_may_not_be_sounded_then_the_rule_is_named_and_it_stays_silent(
    room: Room, box: Box, field: ModbusField
) -> None:
    refused = room.order("sound", "operator", seconds=60)
    assert (refused.status_code, refused.json()["rule"]) == (403, "role_siren")
    unknown = room.call("POST", "/v1/sirens/TD-01.nothing/sound", reason="abc", request_id="x")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "unknown_siren")
    assert room.order("sound", seconds=5_000).status_code == 422
    box.kill()
    late = room.order("sound", seconds=60).json()
    found = room.wait(late["id"], lambda one: one["state"] in {"expired", "sent"})
    assert found["state"] != "confirmed"
    assert field.tables["coil"][0] == 0
