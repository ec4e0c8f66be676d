"""What one entry, one shelf, one late event does to the rest: nothing. The real engine on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.fix_database import add_series
from tests.fix_operations import Clock, Ground, RunningEngine, engine_at, hear, wait_until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(ground: Ground, clock: Clock) -> Iterator[RunningEngine]:
    with engine_at(ground.dsn, clock) as running:
        wait_until(lambda: ground.owner.execute("SELECT 1 FROM operations_pulse").fetchone())
        yield running


def settle(ground: Ground) -> None:
    wait_until(lambda: not ground.waiting())


def put_alert(ground: Ground, status: str = "firing", ends_at: datetime | None = None, **labels: str) -> None:
    ground.owner.execute(
        "INSERT INTO grafana_alert (fingerprint, status, starts_at, ends_at, labels, annotations) "
        "VALUES ('a1', %s, now() - interval '1 minute', %s, %s, '{}')",
        [status, ends_at, Jsonb({"alertname": "Gangguan", "severity": "minor", **labels})],
    )


def test_alert_when_what_it_is_about_is_longer_than_an_index_holds_then_is_an_incident_and_the_rest_goes_on(
    ground: Ground, engine: RunningEngine
) -> None:
    subjects = ["".join(chr(65 + (number * number + turn) % 57) for number in range(4_000)) for turn in (0, 1)]
    for number, subject in enumerate(subjects):
        put_alert(ground, asset=subject, fingerprint=str(number), category="platform")
        ground.owner.execute("UPDATE grafana_alert SET fingerprint = id::text")
    ground.event("obstacle.detected", "TD-01.cam-1")
    settle(ground)
    keys = [one["key"] for one in ground.incidents()]
    assert keys[-1] == "fallen_tree:TD-01"
    assert all(len(key) < 200 for key in keys)
    assert len(set(keys)) == len(keys) == 3


def test_alert_when_it_ends_at_the_end_of_time_then_ends_now_and_the_engine_goes_on(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    put_alert(ground, asset="TD-01.cam-1", category="camera")
    wait_until(ground.incidents)
    put_alert(
        ground, "resolved", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), asset="TD-01.cam-1", category="camera"
    )
    ground.owner.execute("UPDATE grafana_alert SET starts_at = (SELECT min(starts_at) FROM grafana_alert)")
    ground.owner.execute("INSERT INTO operations_inbox (source, ref) SELECT 'alert', max(id)::text FROM grafana_alert")
    ended = wait_until(lambda: ground.incidents("condition_ended_at IS NOT NULL"))[0]
    assert ended["condition_ended_at"] <= clock()
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(lambda: ground.incidents("kind = 'fallen_tree'"))


def test_entry_when_the_database_refuses_it_again_and_again_then_is_laid_aside_and_the_others_go_on(
    ground: Ground, engine: RunningEngine
) -> None:
    ground.owner.execute(
        "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.kind = 'camera_blind' THEN RAISE lock_not_available; END IF; RETURN NEW; END $$"
    )
    ground.owner.execute("CREATE TRIGGER hold_up BEFORE INSERT ON incident FOR EACH ROW EXECUTE FUNCTION hold_up()")
    ground.event("camera.frozen", "TD-01.cam-1")
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(lambda: ground.incidents("kind = 'fallen_tree'"))
    settle(ground)
    reasons = ground.owner.execute("SELECT reason FROM operations_refused").fetchall()
    assert len(reasons) == 1
    assert "LockNotAvailable" in reasons[0][0]


def shelve(ground: Ground, key: str, until: datetime) -> None:
    ground.owner.execute(
        "INSERT INTO shelf (key, until, author, reason) VALUES (%s, %s, 'rini', 'pekerjaan')", [key, until]
    )


def test_tree_when_it_comes_off_its_shelf_after_hours_then_has_its_own_priority_and_clocks(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    shelve(ground, "fallen_tree:TD-01", clock() + timedelta(hours=2))
    ground.event("obstacle.detected", "TD-01.cam-1", severity="critical")
    settle(ground)
    assert ground.incidents() == []
    clock.ahead += timedelta(hours=2, seconds=1)
    found = wait_until(ground.incidents)[0]
    assert found["priority"] == 1
    assert found["due_acknowledge_at"] - found["opened_at"] == timedelta(minutes=5)


@pytest.mark.parametrize("state", ["cancelled", "closed"])
def test_event_when_stamped_a_moment_before_the_end_then_opens_the_incident_again(
    ground: Ground, engine: RunningEngine, state: str
) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1", at=datetime.now(UTC) - timedelta(minutes=5))
    first: UUID = wait_until(ground.incidents)[0]["id"]
    ground.owner.execute("UPDATE incident SET state = %s, closed_at = now()", [state])
    ground.event("obstacle.detected", "TD-01.cam-2", at=datetime.now(UTC) - timedelta(seconds=10))
    settle(ground)
    assert [(one["id"], one["state"], one["count"]) for one in ground.incidents()] == [(first, "open", 2)]


def test_event_when_of_the_time_of_a_false_alarm_then_is_not_swallowed_by_it(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1", at=datetime.now(UTC) - timedelta(minutes=50))
    wait_until(ground.incidents)
    ground.owner.execute("UPDATE incident SET state = 'cancelled', closed_at = now()")
    clock.ahead += timedelta(hours=2)
    ground.event("obstacle.detected", "TD-01.cam-2", at=datetime.now(UTC) - timedelta(minutes=20))
    settle(ground)
    assert [one["state"] for one in ground.incidents()] == ["cancelled", "open"]


def test_escalation_when_nobody_of_the_agency_is_on_duty_then_who_is_named_for_all_is_told(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    wib = (clock() + timedelta(hours=7)).time()
    later = [(datetime.combine(clock().date(), wib) + timedelta(hours=ahead)).time() for ahead in (2, 3)]
    ground.owner.execute(
        "INSERT INTO roster (agency, level, who, shift_from, shift_to) VALUES ('disaster', 1, 'account:siang', %s, %s)",
        later,
    )
    ground.owner.execute("DELETE FROM roster WHERE agency = '*' AND level = 2")
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(ground.incidents)
    for number, minutes in enumerate((5.1, 2.6), start=1):
        clock.ahead += timedelta(minutes=minutes)
        wait_until(lambda number=number: len(escalations(ground)) == number)
    assert escalations(ground) == [(1, ["role:operator"]), (3, ["role:admin"])]


def escalations(ground: Ground) -> list[tuple[int, list[str]]]:
    rows = ground.owner.execute("SELECT detail FROM incident_log WHERE action = 'escalated' ORDER BY id").fetchall()
    return [(row[0]["level"], row[0]["told"]) for row in rows]


def test_incident_when_a_person_has_called_about_it_then_never_closes_itself(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    event = ground.event("camera.frozen", "TD-01.cam-1")
    incident = wait_until(ground.incidents)[0]["id"]
    ground.owner.execute(
        "INSERT INTO incident_source (source, ref, incident_id, home_id, key, at, severity)"
        " SELECT 'call', 'rini/1', id, id, key, now(), 'minor' FROM incident"
    )
    ground.event("camera.frozen", "TD-01.cam-1", begun=event)
    wait_until(lambda: ground.incidents("condition_ended_at IS NOT NULL"))
    clock.ahead += timedelta(minutes=11)
    wait_until(lambda: ground.incidents("look_at > condition_ended_at + interval '1 hour'"))
    assert [one["state"] for one in ground.incidents()] == ["open"]
    clock.ahead += timedelta(hours=2)
    wait_until(lambda: ground.incidents("escalation > 0"))
    assert "closed_itself" not in ground.log(incident)


def test_rule_when_it_still_holds_half_an_hour_after_people_ended_its_incident_then_is_told_again(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    row = ground.owner.execute("SELECT id FROM asset WHERE code = 'TD-01.cabinet-1'").fetchone()
    assert row
    door = add_series(ground.owner, row[0], ["door_open"], "1")[0]

    def hear_door() -> None:
        hear(ground, door, 1.0, clock())

    hear_door()
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state").fetchone())
    clock.ahead += timedelta(minutes=2, seconds=5)
    hear_door()
    first = wait_until(ground.incidents)[0]
    ground.owner.execute("UPDATE incident SET state = 'cancelled', closed_at = %s", [clock()])
    clock.ahead += timedelta(minutes=29)
    hear_door()
    settle_pulse(ground, clock)
    assert len(ground.incidents()) == 1
    clock.ahead += timedelta(minutes=2)
    hear_door()
    found = wait_until(lambda: ground.incidents("state = 'open'"))
    assert [one["key"] for one in found] == [first["key"]]
    assert found[0]["id"] != first["id"]


def settle_pulse(ground: Ground, clock: Clock) -> None:
    for _ in range(2):
        now = clock()
        wait_until(
            lambda now=now: ground.owner.execute("SELECT 1 FROM operations_pulse WHERE at > %s", [now]).fetchone()
        )


def test_event_when_the_engine_was_down_for_hours_then_is_not_late_for_that(ground: Ground, clock: Clock) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1", severity="critical")
    clock.ahead += timedelta(hours=3)
    with engine_at(ground.dsn, clock):
        found = wait_until(ground.incidents)[0]
    assert found["priority"] == 1
    assert found["due_acknowledge_at"] - found["opened_at"] == timedelta(minutes=5)


def test_incident_when_one_of_two_sources_ends_then_its_condition_is_not_over(
    ground: Ground, engine: RunningEngine
) -> None:
    for asset in ("TD-01.cam-1", "TD-01.cam-2"):
        event = ground.event("obstacle.detected", asset)
        settle(ground)
    ground.event("obstacle.detected", "TD-01.cam-2", begun=event)
    settle(ground)
    assert [one["condition_ended_at"] for one in ground.incidents()] == [None]
    assert [one["version"] for one in ground.incidents()] == [1], "what the engine writes makes no form stale"


def test_resolved_incident_when_nobody_verifies_it_then_the_next_level_is_told(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(ground.incidents)
    ground.owner.execute(
        "UPDATE incident SET state = 'resolved', owner = 'rini', resolved_by = 'regu', resolved_at = now(),"
        " look_at = due_resolve_at"
    )
    clock.ahead += timedelta(hours=4, minutes=1)
    wait_until(lambda: ground.incidents("escalation = 1"))
    row = ground.owner.execute("SELECT detail ->> 'clock' FROM incident_log ORDER BY id DESC LIMIT 1").fetchone()
    assert row == ("verify",)
