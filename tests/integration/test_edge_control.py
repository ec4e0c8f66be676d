"""Local rules, sirens and commands: the real agent, a real Modbus device, a real broker."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uuid6

from simulators.broker import LocalBroker
from simulators.proxy import Proxy
from tests.fix_edge import Box, Cloud, ModbusField, gauge_site, wait_for

MakeBox = Callable[..., Box]
pytestmark = pytest.mark.timeout(90)


def with_stages(site: dict[str, Any], **more: Any) -> dict[str, Any]:
    gauge = site["assets"][0]["code"]
    rule = {
        "kind": "water_stage",
        "asset": gauge,
        "stages": {"siaga_3": 2.0, "siaga_2": 3.0, "siaga_1": 4.0},
        "hysteresis_m": 0.1,
        "minimum_s": 0.3,
        "siren": gauge,
        "siren_from": "siaga_2",
    }
    return site | {"rules": [rule | more]}


def event_kinds(cloud: Cloud) -> list[tuple[str, str | None, bool]]:
    """What was reported, as (type, stage, whether it is an end)."""
    return [
        (event["type"], event["data"]["values"].get("stage"), "ended_at" in event["data"]) for event in cloud.events()
    ]


@pytest.fixture
def line(broker: LocalBroker, make_proxy: Callable[[int], Proxy]) -> Proxy:
    """The line to the broker."""
    return make_proxy(broker.port)


@pytest.fixture
def box(field: ModbusField, line: Proxy, make_box: MakeBox, box_name: str) -> Box:
    """A box with a gauge, a siren and its stages."""
    return make_box(with_stages(gauge_site(box_name, field.port)), line.port)


def test_the_siren_when_the_level_passes_its_stage_without_a_network_then_sounds_and_is_reported_later(
    field: ModbusField, cloud: Cloud, line: Proxy, box: Box
) -> None:
    line.cut()
    with box:
        field.show(1000)
        field.show(3200)
        wait_for(lambda: field.tables["coil"][0] == 1)
        field.show(2950)  # inside the hysteresis: nothing ends
        time.sleep(0.6)
        assert field.tables["coil"][0] == 1
        field.show(1500)
        wait_for(lambda: field.tables["coil"][0] == 0)
        line.heal()
        wait_for(lambda: len(cloud.events()) >= 6)
    reached, sounded = "id.satulayar.water_stage.reached", "id.satulayar.siren.sounded"
    assert set(event_kinds(cloud)) == {
        (reached, "siaga_3", False),
        (reached, "siaga_2", False),
        (sounded, None, False),
        (reached, "siaga_2", True),
        (reached, "siaga_3", True),
        (sounded, None, True),
    }
    begun = {event["id"] for event in cloud.events()}
    assert {event["data"]["values"].get("begun_event") for event in cloud.events()} - {None} <= begun


def test_the_siren_when_its_coil_does_not_follow_then_that_is_an_event_and_it_is_tried_again(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    field.is_deaf_to_writes = True
    with box:
        field.show(3200)
        wait_for(lambda: ("id.satulayar.siren.failed", None, False) in event_kinds(cloud))
        field.is_deaf_to_writes = False
        wait_for(lambda: field.tables["coil"][0] == 1)
        wait_for(lambda: ("id.satulayar.siren.failed", None, True) in event_kinds(cloud))
        wait_for(lambda: ("id.satulayar.siren.sounded", None, False) in event_kinds(cloud))


def test_a_rule_when_the_agent_restarts_in_a_flood_then_repeats_no_event_and_still_ends(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    with box:
        field.show(3200)
        wait_for(lambda: len(cloud.events()) >= 3)
        box.kill()
        box.start()
        field.show(3210)
        time.sleep(1)
        assert field.tables["coil"][0] == 1
        assert len({event["id"] for event in cloud.events()}) == 3
        field.show(1000)
        wait_for(lambda: field.tables["coil"][0] == 0)
        wait_for(lambda: ("id.satulayar.water_stage.reached", "siaga_3", True) in event_kinds(cloud))


def test_a_lamp_when_commanded_on_without_current_then_is_an_event_that_ends_when_it_burns(
    field: ModbusField, cloud: Cloud, broker: LocalBroker, make_box: MakeBox, box_name: str
) -> None:
    site = gauge_site(box_name, field.port)
    panel = f"{site['site']['code']}.lamp-1"
    quick = {name: {"interval_s": 0.1} for name in ("commanded_on", "current")}
    site["assets"] = [{"code": panel, "profile": "lamp-panel", "bus": "bus1", "parts": ["c1", "c2"], "settings": quick}]
    site["rules"] = [{"kind": "lamp_current", "asset": panel, "minimum_a": 0.2, "after_s": 0.5}]
    field.tables["coil"][0:2] = [1, 1]
    field.tables["input"][1] = 250  # circuit 1 draws 2.5 A, circuit 2 nothing
    with make_box(site, broker.port):
        wait_for(cloud.events)
        field.tables["input"][11] = 240
        wait_for(lambda: len(cloud.events()) == 2)
    assert {event["subject"] for event in cloud.events()} == {f"{panel}-c2"}
    assert event_kinds(cloud) == [
        ("id.satulayar.lamp.failed", None, False),
        ("id.satulayar.lamp.failed", None, True),
    ]
    assert cloud.values(f"{panel}-c1:current")[-1] == 2.5


def command(action: str, *, expires_s: float = 30, **more: Any) -> bytes:
    now = datetime.now(UTC)
    content = {
        "id": str(uuid6.uuid7()),
        "action": action,
        "issued_at": now.isoformat(),
        "expires_at": (now + timedelta(seconds=expires_s)).isoformat(),
        "actor": "test",
    }
    return json.dumps(content | more).encode()


@pytest.fixture
def ready_box(box: Box, cloud: Cloud, room: Cloud) -> Box:
    """The box, connected."""
    box.start()
    wait_for(lambda: box.is_up() and box.status()["connected"])
    return box


@pytest.fixture
def room(broker: LocalBroker, authority: Any, box_name: str) -> Any:
    """The room that sends commands: the broker lets the API do so, not the ingester."""
    with Cloud(authority.ensure("api"), broker.service_port, box_name) as room:
        room.is_silent = True
        yield room


def states(cloud: Cloud) -> list[tuple[str, str]]:
    """States reported, each once, in order of time."""
    results = {(result["at"], result["state"], result["reason"]) for result in cloud.results()}
    return [(state, reason) for _, state, reason in sorted(results)]


def test_a_siren_test_when_commanded_then_sounds_for_a_moment_and_is_confirmed(
    field: ModbusField, cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    field.show(1000)
    order = command("siren.test", asset=f"{ready_box.name[:-2]}.gauge-1", arguments={"seconds": 1})
    room.send("commands", order)
    wait_for(lambda: field.tables["coil"][0] == 1)
    wait_for(lambda: field.tables["coil"][0] == 0)
    wait_for(lambda: states(cloud) == [("accepted", ""), ("confirmed", "")])
    room.send("commands", order)  # the same once more: carried out once
    time.sleep(0.5)
    assert field.tables["coil"][0] == 0
    assert len(states(cloud)) == 2
    assert all(event["data"]["severity"] == "info" for event in cloud.events())


def test_a_siren_when_the_room_orders_it_then_it_sounds_is_confirmed_and_ends_by_itself(
    field: ModbusField, cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    field.show(1000)
    room.send("commands", command("siren.sound", asset=f"{ready_box.name[:-2]}.gauge-1", arguments={"seconds": 2}))
    wait_for(lambda: states(cloud) == [("accepted", ""), ("confirmed", "")])
    assert field.tables["coil"][0] == 1
    wait_for(lambda: field.tables["coil"][0] == 0)
    wait_for(lambda: len(cloud.events()) == 2)
    assert [event["data"]["severity"] for event in cloud.events()] == ["critical", "critical"]


def test_a_siren_when_the_room_silences_its_order_then_it_is_silent_but_a_rule_is_not_overruled(
    field: ModbusField, cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    gauge = f"{ready_box.name[:-2]}.gauge-1"
    field.show(1000)
    room.send("commands", command("siren.sound", asset=gauge, arguments={"seconds": 600}))
    wait_for(lambda: field.tables["coil"][0] == 1)
    room.send("commands", command("siren.silence", asset=gauge))
    wait_for(lambda: field.tables["coil"][0] == 0)
    field.show(3200)
    wait_for(lambda: field.tables["coil"][0] == 1)
    room.send("commands", command("siren.silence", asset=gauge))
    wait_for(lambda: ("refused", "rule_sounds") in states(cloud))
    assert field.tables["coil"][0] == 1


def test_a_siren_when_the_box_restarts_during_an_order_then_it_ends_though_no_rule_can_judge(
    field: ModbusField, cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    room.send("commands", command("siren.sound", asset=f"{ready_box.name[:-2]}.gauge-1", arguments={"seconds": 600}))
    wait_for(lambda: field.tables["coil"][0] == 1)
    wait_for(lambda: ("confirmed", "") in states(cloud))
    ready_box.kill()
    assert field.tables["coil"][0] == 1
    ready_box.start()
    wait_for(lambda: field.tables["coil"][0] == 0)


@pytest.mark.parametrize(
    ("action", "more", "state"),
    [
        ("signal.retime", {}, ("refused", "unknown_action")),
        ("siren.test", {"expires_s": -1}, ("expired", "expired")),
        ("siren.test", {"asset": "TD-01.nothing-1"}, ("refused", "no_siren")),
        ("siren.test", {"arguments": {"seconds": 600}}, ("refused", "bad_argument")),
        ("siren.test", {"arguments": {"seconds": True}}, ("refused", "bad_argument")),
        ("siren.sound", {"arguments": {"seconds": 901}}, ("refused", "bad_argument")),
        ("siren.sound", {"arguments": {"seconds": "lama"}}, ("refused", "bad_argument")),
        ("siren.sound", {"asset": "TD-01.nothing-1"}, ("refused", "no_siren")),
    ],
)
def test_a_command_when_it_cannot_be_carried_out_then_says_why(
    field: ModbusField,
    cloud: Cloud,
    room: Cloud,
    ready_box: Box,
    action: str,
    more: dict[str, Any],
    state: tuple[str, str],
) -> None:
    room.send("commands", command(action, **({"asset": f"{ready_box.name[:-2]}.gauge-1"} | more)))
    wait_for(lambda: states(cloud) == [state])
    assert field.tables["coil"][0] == 0


def test_a_command_when_it_is_garbage_then_the_next_one_is_still_carried_out(
    cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    room.send("commands", b"\xff\x00{]")
    room.send("receipts", b"")
    room.send("commands", command("agent.report"))
    wait_for(lambda: ("confirmed", "") in states(cloud))


def test_a_report_when_commanded_then_sends_all_latest_values_and_the_status(
    field: ModbusField, cloud: Cloud, room: Cloud, ready_box: Box
) -> None:
    field.show(1000)
    name = f"{ready_box.name[:-2]}.gauge-1:siren_on"
    wait_for(lambda: cloud.values(name))
    statuses = len(cloud.statuses())
    cloud.messages.clear()
    room.send("commands", command("agent.report"))
    wait_for(lambda: any(found == name for found, _, _ in cloud.samples("telemetry")))
    wait_for(lambda: len(cloud.statuses()) >= 1 or statuses)
