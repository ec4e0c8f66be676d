"""The real agent between real Modbus devices and a real broker, with the line cut wherever it can be."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.entries import Entry
from edge.outbox import Outbox
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.proxy import Proxy
from tests.fix_edge import Box, Cloud, ModbusField, gauge_site, wait_for

MakeBox = Callable[..., Box]
pytestmark = pytest.mark.timeout(90)


def level(box: str, number: int = 1) -> str:
    return f"{box[:-2]}.gauge-{number}:water_level"


def count_up(field: ModbusField, first: int, last: int) -> list[float]:
    """Move the level through every millimetre, each of them polled; give the levels."""
    return [field.show(step) for step in range(first, last + 1)]


def site_of(box: str, *ports: int) -> dict[str, Any]:
    return gauge_site(box, *ports, water_level={"interval_s": 0.1, "dead_band": 0})


@pytest.fixture
def box(field: ModbusField, broker: LocalBroker, make_box: MakeBox, box_name: str) -> Box:
    return make_box(site_of(box_name, field.port), broker.port)


@pytest.fixture
def line(broker: LocalBroker, make_proxy: Callable[[int], Proxy]) -> Proxy:
    """The line to the broker."""
    return make_proxy(broker.port)


@pytest.fixture
def far_box(field: ModbusField, line: Proxy, make_box: MakeBox, box_name: str) -> Box:
    """A box at the end of `line`."""
    return make_box(site_of(box_name, field.port), line.port)


@pytest.fixture
def twin_box(
    field: ModbusField, other_field: ModbusField, broker: LocalBroker, make_box: MakeBox, box_name: str
) -> Box:
    """A box with two gauges."""
    return make_box(site_of(box_name, field.port, other_field.port), broker.port)


def test_camera_when_it_is_this_boxs_no_longer_then_what_went_on_at_it_has_ended(cloud: Cloud, box: Box) -> None:
    asset = f"{box.name[:-2]}.cam-1"
    going_on = {"camera lost": ["the-lost", "camera.lost"], "obstacle": ["the-tree", "obstacle.detected"]}

    async def remember() -> None:
        async with Outbox(box.directory / "outbox", 10_000_000, 0) as outbox:
            await outbox.set_note("cameras", json.dumps([asset]))
            await outbox.set_note(f"camera {asset}", json.dumps(going_on))

    asyncio.run(remember())
    with box:
        wait_for(lambda: len(cloud.events()) >= 2)
        ended = {event["data"]["values"]["begun_event"]: event for event in cloud.events()}
        assert ended.keys() == {"the-lost", "the-tree"}
        assert all(event["subject"] == asset and event["data"]["ended_at"] for event in ended.values())
    with box:
        wait_for(lambda: box.is_up() and box.status()["connected"] and box.status()["outbox"]["messages"] <= 1)
    assert len({event["id"] for event in cloud.events()}) == 2


def test_a_level_when_it_changes_then_reaches_the_cloud_live(field: ModbusField, cloud: Cloud, box: Box) -> None:
    field.tables["input"][0] = 1234
    with box:
        wait_for(lambda: 1.234 in cloud.values(level(box.name)))
        field.tables["input"][0] = 65_535 - 249
        wait_for(lambda: -0.25 in cloud.values(level(box.name)))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
    assert {kind for kind, _, _ in cloud.messages} == {"status", "telemetry"}


def test_the_outbox_when_the_cloud_gives_no_receipt_then_keeps_and_sends_again_as_backlog(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    cloud.is_silent = True
    with box:
        levels = count_up(field, 1, 10)
        wait_for(lambda: set(levels) <= set(cloud.values(level(box.name))))
        kept = box.status()["outbox"]["messages"]
        assert kept >= 10
        cloud.is_silent = False
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1, 30)
    assert cloud.of("backlog")


def test_a_rejected_message_when_refused_for_good_then_is_not_sent_again(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    cloud.refuse = lambda payload: b'"v":0.666' in payload
    with box:
        field.tables["input"][0] = 666
        wait_for(lambda: box.logged("message_rejected"))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
        time.sleep(3)  # longer than the receipt timeout
        assert box.status()["counts"]["receipts_rejected"] == 1
    assert len([payload for payload in cloud.of("telemetry", "backlog") if b'"v":0.666' in payload]) == 1


def test_a_box_that_the_cloud_does_not_know_yet_when_registered_then_sends_what_it_kept(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    cloud.refuse, cloud.reason = lambda _: True, "unknown_box"
    with box:
        levels = count_up(field, 1, 10)
        wait_for(lambda: box.logged("box_unknown_to_the_cloud"))
        assert box.status()["outbox"]["messages"] >= 10
        cloud.messages.clear()
        cloud.refuse = lambda _: False
        wait_for(lambda: set(levels) <= set(cloud.values(level(box.name))), 30)
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1, 30)


def event_of(box: str, at: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "019a0000-0000-7000-8000-000000000001",
        "source": f"sl/1/{box}",
        "type": "id.satulayar.siren.sounded",
        "time": at,
        "data": {"values": {"water_level": 4.2}},
    }


def put_into_outbox(box: Box, event: dict[str, Any]) -> None:
    async def put() -> None:
        async with Outbox(box.directory / "outbox", 1 << 30) as outbox:
            await outbox.append(Entry("event", json.dumps(event, separators=(",", ":")).encode()))

    asyncio.run(put())


def test_an_event_of_1970_when_refused_for_its_time_then_goes_with_the_present_and_is_stored(
    cloud: Cloud, box: Box
) -> None:
    put_into_outbox(box, event_of(box.name, "1970-01-01T00:05:00Z"))
    cloud.refuse, cloud.reason = lambda payload: b'"time":"1970' in payload, "time_too_old"
    began_at = datetime.now(UTC)
    with box:
        wait_for(lambda: len(cloud.events()) == 2)
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
        assert box.status()["counts"]["receipts_rejected"] == 0
    refused, stored = cloud.events()
    assert stored["id"] == refused["id"]
    assert datetime.fromisoformat(stored["time"]) >= began_at
    assert stored["data"]["values"] == {"water_level": 4.2, "box_time": "1970-01-01T00:05:00+00:00"}


def test_an_event_when_refused_for_its_time_by_a_cloud_whose_clock_differs_then_waits_until_it_is_taken(
    cloud: Cloud, box: Box
) -> None:
    put_into_outbox(box, event_of(box.name, datetime.now(UTC).isoformat()))
    cloud.refuse, cloud.reason = lambda payload: b"siren.sounded" in payload, "time_in_future"
    with box:
        wait_for(lambda: box.logged("event_waits") >= 2)
        wait_for(lambda: cloud.of("telemetry"))
        assert box.status()["counts"]["receipts_rejected"] == 0
        cloud.refuse = lambda _: False
        wait_for(lambda: len(cloud.events()) >= 3)
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
    assert all(event == cloud.events()[0] for event in cloud.events())


def test_a_pack_when_refused_for_its_time_then_is_deleted(field: ModbusField, cloud: Cloud, box: Box) -> None:
    cloud.refuse, cloud.reason = lambda payload: b'"v":0.666' in payload, "time_in_future"
    with box:
        field.tables["input"][0] = 666
        wait_for(lambda: box.logged("message_rejected"))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)


def test_the_line_when_cut_and_healed_then_loses_nothing_and_sends_live_before_backlog(
    field: ModbusField, cloud: Cloud, line: Proxy, far_box: Box
) -> None:
    with far_box as box:
        before = count_up(field, 1, 5)
        wait_for(lambda: before[-1] in cloud.values(level(box.name)))
        line.cut()
        wait_for(lambda: not box.status()["connected"])
        during = count_up(field, 100, 120)
        assert box.get("/healthz")[0] == 200
        cloud.messages.clear()
        line.heal()
        after = count_up(field, 200, 215)
        wait_for(lambda: set(during + after) <= set(cloud.values(level(box.name))))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
        live = [value for name, _, value in cloud.samples("telemetry") if name == level(box.name)]
        assert after[-1] in live
        assert not set(during[:-1]) & set(live)


def test_the_line_when_it_garbles_bytes_then_nothing_wrong_and_nothing_less_arrives(
    field: ModbusField, cloud: Cloud, line: Proxy, far_box: Box
) -> None:
    with far_box as box:
        levels = count_up(field, 1, 5)
        line.corrupt(0.2)
        levels += count_up(field, 100, 125)
        line.heal()
        levels += count_up(field, 200, 205)
        wait_for(lambda: set(levels) <= set(cloud.values(level(box.name))))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
        assert box.status()["connections"] > 1
    assert set(cloud.values(level(box.name))) <= {*levels, 0.0}


def test_the_line_when_stalled_then_is_noticed_within_two_keepalives(
    field: ModbusField, cloud: Cloud, line: Proxy, far_box: Box
) -> None:
    with far_box as box:
        wait_for(lambda: box.is_up() and box.status()["connected"])
        line.stall()
        began_s = time.monotonic()
        wait_for(lambda: not box.status()["connected"])
        assert time.monotonic() - began_s < 6
        wait_for(lambda: [status["state"] for status in cloud.statuses()][-1] == "offline")
        levels = count_up(field, 1, 5)
        line.heal()
        wait_for(lambda: set(levels) <= set(cloud.values(level(box.name))))


def test_the_agent_when_killed_offline_then_sends_what_was_measured_after_its_restart(
    field: ModbusField, cloud: Cloud, line: Proxy, far_box: Box
) -> None:
    line.cut()
    with far_box as box:
        wait_for(box.is_up)
        levels = count_up(field, 1, 15)
        time.sleep(0.5)  # linger and sync
        box.kill()
        field.tables["input"][0] = 5000
        line.heal()
        box.start()
        wait_for(lambda: {*levels, 5.0} <= set(cloud.values(level(box.name))))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)


def test_the_broker_when_killed_then_everything_reaches_the_cloud_through_the_next(
    field: ModbusField,
    own_broker: LocalBroker,
    authority: CertificateAuthority,
    make_box: MakeBox,
    box_name: str,
) -> None:
    with (
        Cloud(authority.ensure("ingest"), own_broker.service_port, box_name) as cloud,
        make_box(site_of(box_name, field.port), own_broker.port) as box,
    ):
        levels = count_up(field, 1, 5)
        own_broker.kill()
        levels += count_up(field, 6, 12)
        own_broker.start()
        levels += count_up(field, 13, 16)
        wait_for(lambda: set(levels) <= set(cloud.values(level(box_name))))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)


def test_the_outbox_when_its_file_is_garbage_then_is_set_aside_and_the_agent_runs(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    outbox = box.directory / "outbox"
    outbox.mkdir()
    (outbox / "outbox.db").write_bytes(b"not a database at all" * 1000)
    field.tables["input"][0] = 777
    with box:
        wait_for(lambda: 0.777 in cloud.values(level(box.name)))
        assert box.logged("outbox_set_aside") == 1
        assert list(outbox.glob("outbox.db.corrupt-*"))


def test_a_second_agent_when_it_uses_the_same_outbox_then_stops_and_says_so(box: Box) -> None:
    with box:
        wait_for(box.is_up)
        first = box.process
        box.environment["HEALTH_PORT"] = 0
        box.start()
        try:
            assert box.process.wait(10) == 1
        finally:
            first.kill()
            first.wait()
        assert "used by another agent" in box.log


def test_the_agent_when_told_to_stop_then_flushes_says_offline_and_ends_within_ten_seconds(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    with box:
        wait_for(lambda: box.is_up() and box.status()["connected"])
        field.show(4321)
        assert box.terminate() == 0
    wait_for(lambda: cloud.statuses()[-1]["state"] == "offline")
    assert 4.321 in cloud.values(level(box.name))
    online = [status["session"] for status in cloud.statuses() if status["state"] == "online"]
    assert cloud.statuses()[-1]["session"] == online[-1]


def test_the_agent_when_told_to_stop_while_it_gathers_then_what_is_gathered_still_reaches_the_cloud(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    box.environment["LINGER_S"] = 60
    with box:
        wait_for(lambda: box.is_up() and box.status()["connected"])
        field.show(4321)
        assert cloud.of("telemetry") == []
        assert box.terminate() == 0
    wait_for(lambda: 4.321 in cloud.values(level(box.name)))


def test_the_agent_when_told_to_stop_offline_then_what_is_gathered_is_sent_after_the_restart(
    field: ModbusField, cloud: Cloud, line: Proxy, far_box: Box
) -> None:
    far_box.environment["LINGER_S"] = 60
    line.cut()
    with far_box as box:
        wait_for(box.is_up)
        field.show(4321)
        assert box.terminate() == 0
        field.tables["input"][0] = 1
        line.heal()
        box.start()
        wait_for(lambda: 4.321 in cloud.values(level(box.name)))


def test_the_agent_when_told_to_stop_with_the_line_stalled_then_still_ends(
    field: ModbusField, line: Proxy, far_box: Box
) -> None:
    far_box.environment["KEEPALIVE_S"] = 60
    with far_box as box:
        wait_for(lambda: box.is_up() and box.status()["connected"])
        line.stall()
        count_up(field, 1, 5)
        assert box.terminate() == 0


def test_the_agent_when_told_to_stop_while_it_connects_then_still_ends(
    field: ModbusField, line: Proxy, far_box: Box
) -> None:
    line.stall()
    far_box.environment["CONNECT_TIMEOUT_S"] = 60
    with far_box as box:
        wait_for(box.is_up)
        time.sleep(0.5)
        assert box.terminate() == 0


def test_the_agent_when_its_certificate_is_foreign_then_keeps_measuring_and_says_why(
    field: ModbusField, broker: LocalBroker, make_box: MakeBox, box_name: str, tmp_path: Any
) -> None:
    box = make_box(site_of(box_name, field.port), broker.port)
    stranger = CertificateAuthority.open_or_create(tmp_path / "stranger").ensure(box_name)
    box.environment |= {"CERT_FILE": stranger.certificate, "KEY_FILE": stranger.key}
    with box:
        wait_for(lambda: box.logged("uplink_lost"))
        wait_for(lambda: box.status()["outbox"]["messages"] > 0)
        assert box.get("/healthz")[0] == 200
        assert not box.status()["connected"]


def test_a_device_when_it_hangs_then_fails_alone_and_is_said_once(
    field: ModbusField, other_field: ModbusField, cloud: Cloud, twin_box: Box
) -> None:
    with twin_box as box:
        wait_for(lambda: cloud.values(level(box.name, 2)))
        field.is_hanging = True
        wait_for(lambda: cloud.statuses()[-1]["assets"].get(f"{box.name[:-2]}.gauge-1") == "failing")
        began_s = time.monotonic()
        levels = count_up(other_field, 1, 15)
        wait_for(lambda: set(levels) <= set(cloud.values(level(box.name, 2))))
        assert time.monotonic() - began_s < 4
        field.is_hanging = False
        wait_for(lambda: cloud.statuses()[-1]["assets"].get(f"{box.name[:-2]}.gauge-1") == "ok", 40)
        assert box.logged("asset_lost") == 1
        assert box.logged("asset_returned") == 1


def test_a_device_when_its_port_is_closed_and_opened_then_is_polled_again(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    with box:
        wait_for(lambda: cloud.values(level(box.name)))
        field.stop()
        wait_for(lambda: box.logged("asset_lost"))
        field.tables["input"][0] = 3210
        field.start()
        wait_for(lambda: 3.21 in cloud.values(level(box.name)), 40)


def test_a_value_when_implausible_then_is_dropped_and_the_asset_is_failing(
    field: ModbusField, cloud: Cloud, box: Box
) -> None:
    with box:
        wait_for(lambda: cloud.values(level(box.name)))
        field.tables["input"][0] = 32_000  # 32 m; the profile knows rivers up to 20 m
        wait_for(lambda: cloud.statuses()[-1]["assets"].get(f"{box.name[:-2]}.gauge-1") == "failing")
        assert 32.0 not in cloud.values(level(box.name))
        assert box.status()["counts"]["implausible"] > 0
        field.tables["input"][0] = 100
        wait_for(lambda: 0.1 in cloud.values(level(box.name)))


def test_the_box_itself_when_it_runs_then_reports_its_own_health(cloud: Cloud, box: Box) -> None:
    with box:
        wait_for(lambda: cloud.values("resident_memory"))
    names = {name for name, _, _ in cloud.samples() if ":" not in name}
    expected = {"cpu_load", "memory_used", "disk_used", "uptime", "resident_memory", "outbox_messages", "outbox_bytes"}
    assert expected <= names
    assert cloud.values("resident_memory")[0] < 90e6


def test_the_health_endpoint_when_a_loop_is_stopped_then_says_which(box: Box) -> None:
    with box:
        wait_for(box.is_up)
        assert box.get("/healthz") == (200, {"alive": True, "overdue_s": {}, "disk": "ok"})
        assert box.get("/nothing")[0] == 404
        box.process.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        box.process.send_signal(signal.SIGCONT)
        assert box.is_up()
