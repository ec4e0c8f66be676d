"""The real agent between real Modbus devices and a real broker, with the line cut wherever it can be."""

from collections.abc import Callable

from simulators.broker import LocalBroker
from simulators.proxy import Proxy
from tests.fix_edge import Box, Cloud, ModbusField, gauge_site, wait_for


def test_a_level_when_it_changes_then_reaches_the_cloud_live(
    field: ModbusField, cloud: Cloud, broker: LocalBroker, make_box: Callable[..., Box], box_name: str
) -> None:
    field.tables["input"][0] = 1234
    with make_box(gauge_site(box_name, field.port), broker.port) as box:
        name = f"{box_name[:-2]}.gauge-1:water_level"
        wait_for(lambda: 1.234 in cloud.values(name))
        field.tables["input"][0] = 65_535 - 249
        wait_for(lambda: -0.25 in cloud.values(name))
        wait_for(lambda: box.status()["outbox"]["messages"] == 0)
        assert box.terminate() == 0
    assert [status["state"] for status in cloud.statuses()][-1] == "offline"
