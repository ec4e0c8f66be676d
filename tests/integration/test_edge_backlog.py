"""A long outage ends: the backlog drains politely and completely, and what is measured meanwhile is not held up."""

import asyncio
import time
from collections.abc import Callable

import pytest

from edge.contract import senml
from edge.entries import Entry
from edge.outbox import Outbox
from simulators.broker import LocalBroker
from tests.fix_edge import Box, Cloud, ModbusField, gauge_site, wait_for

MESSAGES = 6_000
pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def late_box(field: ModbusField, broker: LocalBroker, make_box: Callable[..., Box], box_name: str) -> Box:
    """A box whose outbox holds an hour and more, and an event in the midst of it."""
    site = gauge_site(box_name, field.port, water_level={"interval_s": 0.1, "dead_band": 0})
    box = make_box(site, broker.port, receipt_timeout_s=10)
    began_s = round(time.time()) - MESSAGES

    def pack(number: int) -> Entry:
        names = (f"{box_name[:-2]}.old-{part}:current" for part in (1, 2, 3))
        samples = [(name, began_s + number, "A", float(number)) for name in names]
        return Entry("telemetry", senml.encode_samples(samples), 3)

    async def fill() -> None:
        async with Outbox(box.directory / "outbox", 1 << 30) as outbox:
            await outbox.append_many([pack(number) for number in range(MESSAGES // 2)])
            await outbox.append(Entry("event", b'{"event": "in the midst"}'))
            await outbox.append_many([pack(number) for number in range(MESSAGES // 2, MESSAGES)])

    asyncio.run(fill())
    return box


def test_a_backlog_when_the_line_is_back_then_arrives_whole_in_large_packs_behind_events_and_live(
    field: ModbusField, cloud: Cloud, late_box: Box
) -> None:
    delays_s = []
    field.tables["input"][0] = 10_000
    with late_box as box:
        wait_for(lambda: cloud.of("backlog"))
        for step in range(15):
            field.show(step + 1)
            shown_s = time.monotonic()
            wait_for(lambda wanted=f'"v":{(step + 1) / 1000}': any(wanted in p.decode() for p in cloud.of("telemetry")))
            delays_s.append(time.monotonic() - shown_s)
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1, 60)
        assert box.status()["latest"]["resident_memory"][0] < 90e6
    old = [(name, at) for name, at, _ in cloud.samples("backlog") if ".old-" in name]
    assert len(set(old)) == 3 * MESSAGES
    assert len(old) == 3 * MESSAGES, "nothing is sent twice on a line that holds"
    assert len(cloud.of("backlog")) < MESSAGES / 50
    assert max(delays_s) < 1.0
    kinds = [kind for kind, _, _ in cloud.messages]
    assert kinds.index("events") < kinds.index("backlog")


def test_a_backlog_when_the_cloud_stops_answering_midway_then_waits_with_one_message_and_goes_on(
    field: ModbusField, cloud: Cloud, late_box: Box
) -> None:
    late_box.environment["RECEIPT_TIMEOUT_S"] = 1
    with late_box as box:
        wait_for(lambda: len(cloud.of("backlog")) >= 3)
        cloud.is_silent = True
        time.sleep(4)
        sent = len(cloud.of("backlog"))
        time.sleep(4)
        assert len(cloud.of("backlog")) - sent <= 4
        cloud.is_silent = False
        field.show(1)
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1, 60)
    old = {(name, at) for name, at, _ in cloud.samples("backlog") if ".old-" in name}
    assert len(old) == 3 * MESSAGES
