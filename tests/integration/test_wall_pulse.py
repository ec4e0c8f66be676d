"""What the wall keeps: always as the truth is, and said to be old when it is."""

from datetime import timedelta

import pytest

from cloud.db.connection import Connection
from cloud.db.wall import make_totals, pulse
from tests.fix_database import add_asset, add_box, add_series, set_latest


@pytest.fixture
def lamp(owner: Connection) -> int:
    box = add_box(owner)
    owner.execute("UPDATE box SET online = true, last_seen_at = now()")
    owner.execute("UPDATE site SET latitude = -7.6, longitude = 112.7")
    asset = add_asset(owner, box, "TD-01.lamp-1", interval_s=60)
    owner.execute("UPDATE asset SET kind = 'lamp_circuit'")
    return add_series(owner, asset, ["lamp_fault"], "1")[0]


def state(owner: Connection) -> tuple[str, ...]:
    rows = owner.execute("SELECT state FROM wall.asset_now").fetchall()
    return tuple(row[0] for row in rows)


def test_asset_when_just_registered_then_has_its_row_before_any_pulse(owner: Connection, lamp: int) -> None:
    assert state(owner) == ("never",)
    assert owner.execute("SELECT count(*) FROM wall_asset").fetchone() == (1,)


def test_pulse_when_an_asset_falls_silent_then_says_so_everywhere(owner: Connection, lamp: int) -> None:
    set_latest(owner, lamp, 0.0)
    pulse(owner)
    assert state(owner) == ("ok",)
    assert owner.execute("SELECT state, severity FROM wall.site_now").fetchall() == [("ok", 0)]
    set_latest(owner, lamp, 0.0, timedelta(hours=1))
    pulse(owner)
    assert state(owner) == ("silent",)
    assert owner.execute("SELECT asset, state FROM wall.asset_troubled").fetchall() == [("TD-01.lamp-1", "silent")]
    assert owner.execute("SELECT n FROM wall.state_count WHERE kind = 'lamp_circuit'").fetchall() == [(1,)]
    assert owner.execute("SELECT state FROM wall.site_now").fetchall() == [("degraded",)]
    assert owner.execute("SELECT value FROM wall.alive_asset").fetchall() == [(1,)]


def test_pulse_when_nothing_moves_then_writes_no_row_of_states(owner: Connection, lamp: int) -> None:
    set_latest(owner, lamp, 0.0)
    pulse(owner)
    before = owner.execute("SELECT xmin FROM wall_asset UNION ALL SELECT xmin FROM wall_site").fetchall()
    pulse(owner)
    assert owner.execute("SELECT xmin FROM wall_asset UNION ALL SELECT xmin FROM wall_site").fetchall() == before


def test_views_when_the_pulse_has_stopped_then_answer_from_the_truth_and_say_their_age(
    owner: Connection, lamp: int
) -> None:
    set_latest(owner, lamp, 0.0)
    pulse(owner)
    set_latest(owner, lamp, 0.0, timedelta(hours=1))
    assert state(owner) == ("ok",)  # as of the pulse, seconds ago
    owner.execute("UPDATE wall_pulse SET at = now() - INTERVAL '31 s'")
    assert state(owner) == ("silent",)
    assert owner.execute("SELECT state FROM wall.asset_troubled").fetchall() == [("silent",)]
    assert owner.execute("SELECT n FROM wall.state_count WHERE state = 'silent'").fetchall() == [(1,)]
    assert owner.execute("SELECT is_fresh, age_s > 30 FROM wall.pulse").fetchall() == [(False, True)]
    assert owner.execute("SELECT count(*) FROM wall.newest").fetchall() == [(0,)]


def test_asset_when_its_box_is_silent_then_only_the_box_is_an_alarm(owner: Connection, lamp: int) -> None:
    set_latest(owner, lamp, 0.0, timedelta(hours=1))
    owner.execute("UPDATE box SET last_seen_at = now() - INTERVAL '1 hour'")
    pulse(owner)
    assert owner.execute("SELECT value FROM wall.alive_box").fetchall() == [(1,)]
    assert owner.execute("SELECT value FROM wall.alive_asset").fetchall() == [(0,)]


def test_trouble_when_it_begins_and_ends_then_comes_and_goes(owner: Connection, lamp: int) -> None:
    for value, shown in ((1.0, 1), (0.0, 0)):
        set_latest(owner, lamp, value)
        pulse(owner)
        assert owner.execute("SELECT count(*) FROM wall.trouble").fetchone() == (shown,)
        assert owner.execute("SELECT value FROM wall.alarm_trouble").fetchall() == [(shown,)]


def test_totals_when_some_are_silent_then_count_only_who_is_heard(owner: Connection, lamp: int) -> None:
    box = owner.execute("SELECT id FROM box").fetchone()
    assert box
    other = add_series(owner, add_asset(owner, box[0], "TD-01.lamp-2", interval_s=60), ["lamp_fault"], "1")[0]
    owner.execute("UPDATE asset SET kind = 'lamp_circuit'")
    set_latest(owner, lamp, 1.0)
    set_latest(owner, other, 1.0, timedelta(hours=1))
    pulse(owner)
    assert owner.execute("SELECT series, fresh, total FROM wall.newest").fetchall() == [(2, 1, 1.0)]
    shown = owner.execute(
        "SELECT series, total FROM wall.total WHERE level = '1m' AND quantity = 'lamp_fault'"
    ).fetchall()
    assert shown == [(1, 1.0)]


def test_hour_when_its_rollup_is_made_again_then_its_total_is_too(owner: Connection, lamp: int) -> None:
    put = "INSERT INTO sample_1h SELECT date_trunc('hour', now()) - INTERVAL '3 days', %s, 2, 1, 3, %s, 2"
    owner.execute(put, [lamp, 4.0])
    make_totals(owner)
    hours = "SELECT total FROM wall.total WHERE level = '1h' AND quantity = 'lamp_fault'"
    assert owner.execute(hours).fetchall() == [(2.0,)]
    owner.execute("UPDATE sample_1h SET sum = 6")
    make_totals(owner)
    assert owner.execute(hours).fetchall() == [(2.0,)]  # nobody has said that it changed
    owner.execute("INSERT INTO total_late SELECT date_trunc('hour', now()) - INTERVAL '3 days'")
    make_totals(owner)
    assert owner.execute(hours).fetchall() == [(3.0,)]


def test_gauge_when_it_rises_then_tells_how_long_until_the_next_stage(owner: Connection) -> None:
    gauge = add_asset(owner, add_box(owner), "KRT-01.gauge-1", interval_s=60)
    owner.execute("UPDATE asset SET kind = 'river_gauge'")
    owner.execute("INSERT INTO gauge_stage VALUES (%(id)s, 3, 3.0), (%(id)s, 2, 4.0), (%(id)s, 1, 5.0)", {"id": gauge})
    series = add_series(owner, gauge, ["water_level"], "m")[0]
    asked = "SELECT severity, stage, next_stage, round(rate_m_h::numeric, 2), round(lead_s / 60) FROM wall.gauge"
    assert owner.execute(asked).fetchall() == [(None, None, None, None, None)]
    set_latest(owner, series, 3.5)
    owner.execute(
        "INSERT INTO sample_1m SELECT time - INTERVAL '30 min', series_id, 1, 3.0, 3.0, 3.0, 3.0 FROM series_latest"
    )
    assert owner.execute(asked).fetchall() == [(1, 3, 2, 1, 30)]
    assert owner.execute("SELECT value FROM wall.alarm_gauge").fetchall() == [(1.5,)]
    set_latest(owner, series, 3.5, timedelta(hours=1))
    assert owner.execute("SELECT severity, liveness FROM wall.gauge").fetchall() == [(None, "silent")]


@pytest.mark.parametrize("pulse_is", ["fresh", "old"])
def test_liveness_when_assets_and_boxes_are_in_every_state_then_each_has_its_row_and_value(
    owner: Connection, pulse_is: str
) -> None:
    """A device that is missing from the answer would be no alarm, and one that was never heard of is missing first."""
    box = add_box(owner)
    for name, age_s in {"ok": 0, "late": 150, "silent": 3_600}.items():
        series = add_series(owner, add_asset(owner, box, f"TD-01.{name}-1", interval_s=60), ["current"])
        set_latest(owner, series[0], 1.0, timedelta(seconds=age_s))
    add_asset(owner, box, "TD-01.never-1")
    owner.execute("UPDATE box SET online = true, last_seen_at = now()")
    for name, online, age_s in (("b", False, 0), ("c", True, 3_600)):
        other = add_box(owner, "TD-01", f"TD-01-{name}")
        seen = "UPDATE box SET online = %s, last_seen_at = now() - %s * INTERVAL '1 s' WHERE id = %s"
        owner.execute(seen, [online, age_s, other])
    add_box(owner, "TD-01", "TD-01-d")
    pulse(owner)
    if pulse_is == "old":
        owner.execute("UPDATE wall_pulse SET at = now() - INTERVAL '1 hour'")
    assets = owner.execute("SELECT asset, value FROM wall.alive_asset ORDER BY asset").fetchall()
    assert assets == [("TD-01.late-1", 0), ("TD-01.never-1", 1), ("TD-01.ok-1", 0), ("TD-01.silent-1", 1)]
    boxes = owner.execute("SELECT box, value FROM wall.alive_box ORDER BY box").fetchall()
    assert boxes == [("TD-01-a", 0), ("TD-01-b", 1), ("TD-01-c", 1), ("TD-01-d", 1)]
