"""Trouble that a cause explains, when the cause is over: in the order in which it really happens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.operations.opening import OUTLASTS_AFTER
from tests.fix_database import add_series, set_latest
from tests.fix_operations import Clock, Ground, RunningEngine, engine_at, hear, wait_until

GONE, SETTLED = timedelta(seconds=130), OUTLASTS_AFTER + timedelta(seconds=5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(ground: Ground, clock: Clock) -> Iterator[RunningEngine]:
    with engine_at(ground.dsn, clock) as running:
        wait_until(lambda: ground.owner.execute("SELECT 1 FROM operations_pulse").fetchone())
        yield running


def cameras(ground: Ground) -> list[int]:
    """Give two cameras that were just heard of, as their box was."""
    rows = ground.owner.execute("SELECT id FROM asset WHERE kind = 'camera' ORDER BY code").fetchall()
    series = [add_series(ground.owner, row[0], ["frame_rate"], "/s")[0] for row in rows]
    for one in series:
        set_latest(ground.owner, one, 5.0)
    ground.owner.execute("UPDATE box SET last_seen_at = now(), online = true")
    return series


def box_heard(ground: Ground, clock: Clock) -> None:
    ground.owner.execute("UPDATE box SET last_seen_at = %s", [clock()])


def one(ground: Ground, where: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = wait_until(lambda: ground.incidents(where))
    assert len(found) == 1
    return found[0]


def test_camera_when_silent_after_its_box_came_back_then_has_an_incident_of_its_own_and_the_boxs_ends(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    first, second = cameras(ground)
    clock.ahead += GONE
    box = one(ground, "kind = 'box_silent'")
    clock.ahead += timedelta(minutes=4)
    wait_until(lambda: ground.incidents("count = 3"))
    box_heard(ground, clock)
    hear(ground, first, 5.0, clock())  # the other camera's cable is cut
    wait_until(lambda: ground.incidents("kind = 'box_silent' AND condition_ended_at IS NOT NULL"))
    assert len(ground.incidents()) == 1, "a camera that needs a minute to start is no trouble yet"
    clock.ahead += SETTLED
    box_heard(ground, clock)
    hear(ground, first, 5.0, clock())
    camera = one(ground, "kind = 'camera_silent'")
    assert (camera["key"], camera["state"], camera["priority"]) == ("camera_silent:TD-01.cam-2", "open", 3)
    assert camera["happened_at"] <= box["opened_at"] + timedelta(minutes=5)
    assert ground.log(camera["id"])[:2] == ["opened", "outlasted"]
    assert ground.log(box["id"]) == ["opened", "folded", "folded", "condition_ended", "left_over"]
    clock.ahead += timedelta(minutes=8)
    box_heard(ground, clock)
    hear(ground, first, 5.0, clock())
    one(ground, "kind = 'box_silent' AND state = 'closed'")
    # Its end is found, though it began as a part of another incident.
    hear(ground, second, 5.0, clock())
    one(ground, "kind = 'camera_silent' AND condition_ended_at IS NOT NULL")


def test_cameras_when_back_within_a_minute_of_their_box_then_have_no_incidents(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    series = cameras(ground)
    clock.ahead += GONE
    one(ground, "kind = 'box_silent'")
    clock.ahead += timedelta(minutes=4)
    wait_until(lambda: ground.incidents("count = 3"))
    box_heard(ground, clock)
    wait_until(lambda: ground.incidents("condition_ended_at IS NOT NULL"))
    clock.ahead += timedelta(minutes=1)
    for each in series:
        hear(ground, each, 5.0, clock())
    wait_until(lambda: not ground.owner.execute("SELECT 1 FROM incident_source WHERE ended_at IS NULL").fetchone())
    clock.ahead += SETTLED
    for each in series:
        hear(ground, each, 5.0, clock())
    box_heard(ground, clock)
    since = clock()
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM operations_pulse WHERE at > %s", [since]).fetchone())
    assert [one["kind"] for one in ground.incidents()] == ["box_silent"]


def test_box_when_still_silent_after_the_path_came_back_then_is_one_incident_with_its_cameras(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    for number in range(9):
        ground.place(f"GM-{number:02}")
    cameras(ground)
    clock.ahead += GONE
    path = one(ground, "kind = 'path_down'")
    wait_until(lambda: ground.incidents("count = 11"))
    clock.ahead += timedelta(minutes=4)
    wait_until(lambda: ground.incidents("count = 13"))
    for ahead in (timedelta(0), SETTLED):
        clock.ahead += ahead
        ground.owner.execute("UPDATE box SET last_seen_at = %s WHERE name <> 'TD-01-a'", [clock()])
        wait_until(lambda: ground.incidents("kind = 'path_down' AND condition_ended_at IS NOT NULL"))
    left = wait_until(lambda: ground.incidents("kind <> 'path_down' AND count = 3 AND state = 'open'"))
    assert [(one["key"], one["count"]) for one in left] == [("box_silent:TD-01-a", 3)]
    assert ground.incidents(f"id = '{path['id']}'")[0]["state"] == "open"


def test_camera_when_blind_after_its_box_was_resolved_then_is_its_own_trouble(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    cameras(ground)
    clock.ahead += GONE
    one(ground, "kind = 'box_silent'")
    box_heard(ground, clock)
    wait_until(lambda: ground.incidents("condition_ended_at IS NOT NULL"))
    ground.owner.execute(
        "UPDATE incident SET state = 'resolved', resolved_by = 'rini', owner = 'rini', resolved_at = now(), "
        "acknowledged_at = now()"
    )
    ground.event("camera.covered", "TD-01.cam-1", at=datetime.now(UTC) + timedelta(minutes=1))
    blind = one(ground, "kind = 'camera_blind'")
    assert blind["state"] == "open"
    assert [one["state"] for one in ground.incidents("kind = 'box_silent'")] == ["resolved"]
