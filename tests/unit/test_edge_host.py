"""The box's own health: what it reports, and that it reports nothing it cannot know."""

import asyncio
from pathlib import Path

from edge.clock import Clock
from edge.contract.catalogue import CATALOGUE
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.sensors.host import DEAD_BANDS, Host, clock_offset_s, soc_temperature_cel
from edge.sensors.reading import Reading


def look(directory: Path) -> list[Reading]:
    async def main() -> list[Reading]:
        async with Outbox(directory, 1 << 30) as outbox:
            clock = Clock()

            async def ignore(_: list[Reading]) -> None:
                return

            return Host(outbox, 30, sink=ignore, clock=clock, pulse=Pulse(clock)).readings()

    return asyncio.run(main())


def test_the_host_when_looked_at_then_reports_possible_values_in_the_catalogues_units(tmp_path: Path) -> None:
    readings = look(tmp_path)
    assert {reading.quantity for reading in readings} >= set(DEAD_BANDS) - {"soc_temperature", "clock_offset"}
    for reading in readings:
        row = CATALOGUE[reading.quantity]
        assert (reading.asset, reading.unit, reading.name) == ("", row.unit, row.name)
        assert row.low <= reading.value <= row.high


def test_the_clock_when_not_synchronised_then_has_no_offset_and_else_a_small_one() -> None:
    offset_s = clock_offset_s()
    assert offset_s is None or abs(offset_s) < 1


def test_the_processor_when_it_has_no_thermometer_then_there_is_no_temperature() -> None:
    temperature = soc_temperature_cel()
    assert temperature is None or -40 < temperature < 150
