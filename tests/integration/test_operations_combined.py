"""Rules over several things at once, on a real database: all of some at one place, a share of a place's assets."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud.operations.book import SHIPPED
from tests.fix_database import add_series, set_latest
from tests.fix_operations import Clock, Ground, RunningEngine, engine_at, hear, wait_until

Start = Callable[[dict[str, Any]], AbstractContextManager[RunningEngine]]


@pytest.fixture
def start(ground: Ground, tmp_path: Path) -> Start:
    """Start an engine that has one rule only, of kind `river_rising` unless it says another."""

    @contextmanager
    def started(when: dict[str, Any], incident: str = "river_rising") -> Iterator[RunningEngine]:
        (tmp_path / "kinds.yaml").write_text((SHIPPED / "kinds.yaml").read_text())
        rules = {"rules": {"it": {"incident": incident, "when": when}}}
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules))
        with engine_at(ground.dsn, Clock(), folder=tmp_path) as running:
            yield running

    return started


def series_of(ground: Ground, asset: str, quantity: str, unit: str, value: float) -> int:
    row = ground.owner.execute("SELECT id FROM asset WHERE code = %s", [asset]).fetchone()
    assert row
    series = add_series(ground.owner, row[0], [quantity], unit)[0]
    set_latest(ground.owner, series, value)
    return series


def looked(ground: Ground, running: RunningEngine) -> None:
    """Wait until the engine has looked twice from now on."""
    for _ in range(2):
        now = running.clock()
        wait_until(
            lambda now=now: ground.owner.execute("SELECT 1 FROM operations_pulse WHERE at > %s", [now]).fetchone()
        )


def end_of(ground: Ground) -> Any:
    return ground.incidents()[0]["condition_ended_at"]


RAIN_AND_LEVEL = {
    "kind": "all",
    "parts": [
        {"kind": "level", "quantity": "water_level", "of": "river_gauge", "above": 3},
        {"kind": "level", "quantity": "rain_rate", "of": "weather_mast", "above": 20, "clear": 10},
    ],
    "within": "regency",
}


def test_rule_over_two_quantities_when_only_one_holds_then_is_nothing_and_with_both_an_incident_at_the_first(
    ground: Ground, start: Start
) -> None:
    ground.place("PRG-01", ("mast-1", "weather_mast"))
    series_of(ground, "TD-01.gauge-1", "water_level", "m", 3.5)
    rain = series_of(ground, "PRG-01.mast-1", "rain_rate", "mm/h", 5.0)
    with start(RAIN_AND_LEVEL) as running:
        looked(ground, running)
        assert ground.incidents() == []
        set_latest(ground.owner, rain, 45.5)
        found = wait_until(ground.incidents)[0]
        assert found["key"] == "river_rising:TD-01.gauge-1"
        assert found["detail_id"] == (
            "Tinggi muka air: 3,5 m (TD-01.gauge-1); Intensitas hujan: 45,5 mm/h (PRG-01.mast-1)"
        )
        assert found["detail_en"] == "Water level: 3.5 m (TD-01.gauge-1); Rain rate: 45.5 mm/h (PRG-01.mast-1)"
        set_latest(ground.owner, rain, 15.0)  # between its two marks: nobody can tell
        looked(ground, running)
        assert end_of(ground) is None
        set_latest(ground.owner, rain, 2.0)
        wait_until(lambda: end_of(ground))


def test_rule_over_two_quantities_when_of_two_sites_then_they_must_have_the_place_in_common(
    ground: Ground, start: Start
) -> None:
    ground.place("KRT-01", ("cabinet-1", "cabinet"))
    series_of(ground, "TD-01.cabinet-1", "mains_present", "1", 0.0)
    door = series_of(ground, "KRT-01.cabinet-1", "door_open", "1", 1.0)
    here = series_of(ground, "TD-01.cabinet-1", "door_open", "1", 0.0)
    when = {
        "kind": "all",
        "parts": [
            {"kind": "level", "quantity": "mains_present", "below": 0.5},
            {"kind": "level", "quantity": "door_open", "above": 0.5},
        ],
        "within": "site",
    }
    with start(when) as running:
        looked(ground, running)
        assert ground.incidents() == []
        set_latest(ground.owner, here, 1.0)
        found = wait_until(ground.incidents)
        assert [one["key"] for one in found] == ["river_rising:TD-01.cabinet-1"]
    assert door


def test_rule_over_a_share_when_enough_of_a_district_hold_then_is_one_incident_of_the_district(
    ground: Ground, start: Start
) -> None:
    lamps = []
    for number in range(10):
        ground.place(f"PJU-{number}", ("lamp-1", "lamp_panel"))
        lamps.append(series_of(ground, f"PJU-{number}.lamp-1", "lamp_fault", "1", 0.0))
    part = {"kind": "level", "quantity": "lamp_fault", "of": "lamp_panel", "above": 0.5}
    when = {"kind": "share", "part": part, "fraction": 0.3, "least": 2, "within": "district"}
    with start(when, "lamps_dark") as running:
        for series in lamps[:2]:
            set_latest(ground.owner, series, 1.0)
        looked(ground, running)
        assert ground.incidents() == []
        set_latest(ground.owner, lamps[2], 1.0)
        found = wait_until(ground.incidents)
        assert [one["key"] for one in found] == ["lamps_dark:Pandaan"]
        assert found[0]["detail_id"].startswith("3 dari 10 di Pandaan, antara lain Gangguan lampu: ya (PJU-0.lamp-1)")
        set_latest(ground.owner, lamps[2], 0.0)
        wait_until(lambda: end_of(ground))


def test_rule_over_silence_of_a_quantity_when_the_asset_is_heard_otherwise_then_is_an_incident(
    ground: Ground, start: Start
) -> None:
    level = series_of(ground, "TD-01.gauge-1", "water_level", "m", 1.0)
    other = series_of(ground, "TD-01.gauge-1", "voltage", "V", 12.0)
    now = datetime.now(UTC)
    with start({"kind": "silent", "of": "river_gauge", "quantity": "water_level", "factor": 5}) as running:
        looked(ground, running)
        assert ground.incidents() == []
        hear(ground, level, 1.0, now - timedelta(minutes=10))
        hear(ground, other, 12.0, now)
        found = wait_until(ground.incidents)[0]
        assert found["detail_id"].startswith("Tinggi muka air dari TD-01.gauge-1 tidak datang sejak")
        hear(ground, level, 1.0, datetime.now(UTC))
        wait_until(lambda: end_of(ground))
