"""From what sources say to incidents: the real engine on a real database."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from cloud.db.connection import connect
from cloud.operations.book import SHIPPED
from tests.fix_database import add_series, set_latest, write_samples
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
    """Wait until the engine has looked at all that was told."""
    wait_until(lambda: not ground.waiting())


def forward(clock: Clock, **span: float) -> None:
    clock.ahead += timedelta(**span)


def end_of(ground: Ground, incident: UUID) -> Any:
    return ground.incidents(f"id = '{incident}'")[0]["condition_ended_at"]


def test_event_when_a_rule_names_its_type_then_is_an_incident_with_its_clocks(
    ground: Ground, engine: RunningEngine
) -> None:
    event = ground.event("obstacle.detected", "TD-01.cam-1", severity="critical")  # without evidence: none has come yet
    found = wait_until(ground.incidents)
    assert [(one["kind"], one["state"], one["priority"], one["count"]) for one in found] == [
        ("fallen_tree", "open", 1, 1)
    ]
    assert ground.owner.execute("SELECT source, ref FROM incident_source").fetchall() == [("event", str(event))]
    assert ground.log(found[0]["id"]) == ["opened"]
    assert ground.waiting() == 0
    assert found[0]["due_acknowledge_at"] - found[0]["opened_at"] == timedelta(minutes=5)


def test_evidence_when_it_comes_after_its_event_then_whoever_follows_incidents_is_told_of_each_piece(
    ground: Ground, engine: RunningEngine
) -> None:
    event = ground.event("obstacle.detected", "TD-01.cam-1")
    incident = wait_until(ground.incidents)[0]["id"]
    with connect(ground.dsn, "test", autocommit=True) as ear:
        ear.execute("LISTEN incident")
        for content_type, content in (("image/jpeg", "picture"), ("video/mp4", "film, part 1")):
            ground.owner.execute(
                "INSERT INTO media (event_id, box_id, content_type, sha256, content) "
                "SELECT %(event)s, id, %(type)s, sha256(%(content)s::bytea), %(content)s::bytea FROM box",
                {"event": event, "type": content_type, "content": content},
            )
            told = list(ear.notifies(timeout=10, stop_after=1))
            assert [one.payload for one in told] == [str(incident)], content_type
        assert list(ear.notifies(timeout=1.5, stop_after=1)) == []  # nothing came: nothing is told


def test_events_when_of_one_key_then_are_one_incident_with_a_count_that_only_grows_worse(
    ground: Ground, engine: RunningEngine
) -> None:
    for severity in ("minor", "critical", "minor"):
        ground.event("water_stage.reached", "TD-01.gauge-1", severity=severity)
        settle(ground)
    ground.event("camera.frozen", "TD-01.cam-1")
    ground.event("id_that_no_rule_names", "TD-01.cam-1")
    settle(ground)
    flood, camera = ground.incidents()
    assert (flood["count"], flood["severity"], flood["priority"], camera["kind"]) == (3, "critical", 1, "camera_blind")
    assert ground.log(flood["id"]) == ["opened", "raised", "folded"]


def test_events_when_at_the_same_instant_from_two_boxes_then_are_two_incidents(
    ground: Ground, engine: RunningEngine
) -> None:
    ground.place("KRT-01", ("cam-1", "camera"))
    at = datetime.now(UTC)
    with ground.owner.transaction():
        for asset in ("TD-01.cam-1", "KRT-01.cam-1"):
            ground.event("obstacle.detected", asset, at=at)
    settle(ground)
    assert [one["key"] for one in ground.incidents()] == ["fallen_tree:TD-01", "fallen_tree:KRT-01"]


def test_event_when_told_twice_then_counts_once(ground: Ground, engine: RunningEngine) -> None:
    event = ground.event("obstacle.detected", "TD-01.cam-1")
    settle(ground)
    ground.owner.execute("INSERT INTO operations_inbox (source, ref) VALUES ('event', %s)", [str(event)])
    settle(ground)
    assert [one["count"] for one in ground.incidents()] == [1]


def test_event_when_a_day_late_then_is_an_incident_of_the_least_priority_without_minutes(
    ground: Ground, engine: RunningEngine
) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1", severity="critical", at=datetime.now(UTC) - timedelta(days=1))
    found = wait_until(ground.incidents)[0]
    assert (found["priority"], found["severity"]) == (4, "critical")
    assert found["due_acknowledge_at"] - found["opened_at"] == timedelta(hours=6)
    row = ground.owner.execute("SELECT detail FROM incident_log").fetchone()
    assert row
    assert abs(row[0]["late_s"] - 86_400) < 60


def test_event_when_late_and_of_an_incident_that_was_closed_since_then_belongs_to_it(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    ground.event("intrusion.detected", "TD-01.cam-1", at=datetime.now(UTC) - timedelta(minutes=50))
    first = wait_until(ground.incidents)[0]
    ground.owner.execute("UPDATE incident SET state = 'closed', closed_at = now()")
    forward(clock, hours=2)
    ground.event("intrusion.detected", "TD-01.cam-1", at=datetime.now(UTC) - timedelta(minutes=20))
    settle(ground)
    found = ground.incidents()
    assert [(one["state"], one["count"]) for one in found] == [("closed", 2)]
    assert ground.log(first["id"]) == ["opened", "told_late"]


def test_event_when_an_older_one_comes_after_it_then_its_words_stay(ground: Ground, engine: RunningEngine) -> None:
    now = datetime.now(UTC)
    ground.event("camera.covered", "TD-01.cam-1", at=now)
    settle(ground)
    ground.event("camera.frozen", "TD-01.cam-1", at=now - timedelta(seconds=40))
    settle(ground)
    assert [(one["detail_en"], one["count"]) for one in ground.incidents()] == [("camera.covered", 2)]


def test_end_when_it_is_of_another_beginning_then_ends_nothing(ground: Ground, engine: RunningEngine) -> None:
    event = ground.event("camera.frozen", "TD-01.cam-1")
    incident = wait_until(ground.incidents)[0]["id"]
    ground.event("camera.frozen", "TD-01.cam-1", begun=uuid4())
    settle(ground)
    assert end_of(ground, incident) is None
    ground.event("camera.frozen", "TD-01.cam-1", begun=event)
    wait_until(lambda: end_of(ground, incident))


@pytest.mark.parametrize(("hour", "count"), [(23, 1), (12, 0)])
def test_crowd_when_by_night_then_is_an_incident_whose_end_counts_by_day(
    ground: Ground, engine: RunningEngine, hour: int, count: int
) -> None:
    wib = timezone(timedelta(hours=7))
    began = (datetime.now(wib) - timedelta(days=2)).replace(hour=hour, minute=0)
    event = ground.event("crowd.formed", "TD-01.cam-1", at=began)
    settle(ground)
    ended = began.replace(hour=9) + timedelta(days=1)
    ground.event("crowd.formed", "TD-01.cam-1", at=ended, begun=event)
    settle(ground)
    assert [one["condition_ended_at"] for one in ground.incidents()] == [ended] * count


def test_event_when_its_end_was_told_before_its_beginning_then_is_an_incident_whose_condition_is_over(
    ground: Ground, engine: RunningEngine
) -> None:
    event, at = uuid4(), datetime.now(UTC) - timedelta(minutes=30)
    ground.event("camera.frozen", "TD-01.cam-1", at=at + timedelta(minutes=5), begun=event)
    settle(ground)
    assert ground.incidents() == []
    ground.event("camera.frozen", "TD-01.cam-1", at=at, identity=event)
    found = wait_until(ground.incidents)[0]
    assert found["condition_ended_at"] == at + timedelta(minutes=5)


def test_incident_when_its_condition_ends_and_nobody_took_it_up_then_closes_itself(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    event = ground.event("camera.frozen", "TD-01.cam-1")
    tree = ground.event("obstacle.detected", "TD-01.cam-1")
    camera = wait_until(lambda: ground.incidents("kind = 'camera_blind'"))[0]["id"]
    ground.event("camera.frozen", "TD-01.cam-1", begun=event)
    ground.event("obstacle.detected", "TD-01.cam-1", begun=tree)
    wait_until(lambda: end_of(ground, camera))
    forward(clock, minutes=11)
    wait_until(lambda: ground.incidents("state = 'closed'"))
    assert ground.log(camera) == ["opened", "condition_ended", "closed_itself"]
    assert [one["kind"] for one in ground.incidents("state = 'open'")] == [
        "fallen_tree"
    ]  # a tree is looked at by somebody


def test_incident_when_it_flaps_then_is_one_incident_that_was_opened_again(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    for _ in range(4):
        event = ground.event("camera.frozen", "TD-01.cam-1", at=clock())
        identity = wait_until(lambda: ground.incidents("state = 'open'"))[0]["id"]
        settle(ground)
        ground.event("camera.frozen", "TD-01.cam-1", at=clock(), begun=event)
        wait_until(lambda identity=identity: end_of(ground, identity))
        forward(clock, minutes=12)
        wait_until(lambda: ground.incidents("state = 'closed'"))
    found = ground.incidents()
    assert [(one["count"], one["reopened"]) for one in found] == [(4, 3)]
    forward(clock, hours=2)
    ground.event("camera.frozen", "TD-01.cam-1", at=clock())
    assert len(wait_until(lambda: ground.incidents() if len(ground.incidents()) > 1 else None)) == 2


def test_incident_when_resolved_and_the_same_comes_again_then_is_open_again(
    ground: Ground, engine: RunningEngine
) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(ground.incidents)
    ground.owner.execute(
        "UPDATE incident SET state = 'resolved', owner = 'rini', resolved_by = 'regu', resolved_at = now(), "
        "acknowledged_at = now()"
    )
    ground.event("obstacle.detected", "TD-01.cam-2", at=datetime.now(UTC) + timedelta(seconds=1))
    found = wait_until(lambda: ground.incidents("state = 'acknowledged'"))[0]
    assert (found["owner"], found["reopened"], found["resolved_by"]) == ("rini", 1, None)


def test_cameras_when_their_box_lost_its_mains_then_fold_into_that_incident_whichever_came_first(
    ground: Ground, engine: RunningEngine
) -> None:
    mains = mains_of(ground, 1.0)
    ground.event("camera.lost", "TD-01.cam-1")
    wait_until(ground.incidents)
    set_latest(ground.owner, mains, 0.0)
    engine.clock.ahead = timedelta(seconds=1)
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state").fetchone())
    engine.clock.ahead = timedelta(seconds=62)
    power = wait_until(lambda: ground.incidents("kind = 'power_failed'"))[0]
    ground.event("camera.lost", "TD-01.cam-2")
    settle(ground)
    found = ground.incidents("state NOT IN ('merged')")
    assert [(one["kind"], one["count"]) for one in found] == [("power_failed", 3)]
    assert ground.log(power["id"]) == ["opened", "folded", "folded"]
    merged = ground.incidents("state = 'merged'")
    assert [(one["kind"], one["merged_into"]) for one in merged] == [("camera_blind", power["id"])]


def test_camera_when_lost_half_an_hour_before_the_mains_then_is_trouble_of_its_own(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    mains = mains_of(ground, 1.0)
    ground.event("camera.lost", "TD-01.cam-1")
    wait_until(ground.incidents)
    forward(clock, minutes=30)
    hear(ground, mains, 0.0, clock())
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state").fetchone())
    forward(clock, minutes=2)
    hear(ground, mains, 0.0, clock())
    wait_until(lambda: ground.incidents("kind = 'power_failed'"))
    assert [one["kind"] for one in ground.incidents("state = 'open'")] == ["camera_blind", "power_failed"]


def mains_of(ground: Ground, value: float) -> int:
    row = ground.owner.execute("SELECT id FROM asset WHERE code = 'TD-01.cabinet-1'").fetchone()
    assert row
    series = add_series(ground.owner, row[0], ["mains_present"], "1")[0]
    set_latest(ground.owner, series, value)
    return series


def test_level_when_beyond_its_limit_for_long_enough_then_is_an_incident_and_its_end_is_told(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    series = mains_of(ground, 0.0)
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state WHERE NOT active").fetchone())
    assert ground.incidents() == []
    forward(clock, seconds=61)
    found = wait_until(ground.incidents)[0]
    assert (found["kind"], found["key"]) == ("power_failed", "power_failed:TD-01-a")
    assert found["detail_id"] == "Listrik PLN ada: tidak (TD-01.cabinet-1)"
    set_latest(ground.owner, series, 1.0)
    wait_until(lambda: end_of(ground, found["id"]))
    assert ground.owner.execute("SELECT count(*) FROM rule_state").fetchone() == (0,)
    # The engine is started again in the middle of it: what stands is remembered, nothing is told twice.
    assert ground.log(found["id"]) == ["opened", "condition_ended"]


def test_engine_when_started_again_then_goes_on_where_it_was(ground: Ground, clock: Clock) -> None:
    mains_of(ground, 0.0)
    with engine_at(ground.dsn, clock):
        wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state").fetchone())
        forward(clock, seconds=61)
        wait_until(ground.incidents)
    ground.event("obstacle.detected", "TD-01.cam-1")  # while nobody listens
    with engine_at(ground.dsn, clock):
        wait_until(lambda: len(ground.incidents()) == 2)
    assert [(one["kind"], one["count"]) for one in ground.incidents()] == [("power_failed", 1), ("fallen_tree", 1)]


def test_rise_when_fast_for_long_enough_then_is_an_incident(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    row = ground.owner.execute("SELECT id FROM asset WHERE code = 'TD-01.gauge-1'").fetchone()
    assert row
    series = add_series(ground.owner, row[0], ["water_level"], "m")[0]
    now = datetime.now(UTC)
    write_samples(ground.owner, [(now - timedelta(minutes=25), series, 1.0)])
    ground.owner.execute(
        "INSERT INTO sample_1m (bucket, series_id, n, min, max, sum, last) VALUES (%s, %s, 1, 1, 1, 1, 1)",
        [(now - timedelta(minutes=25)).replace(second=0, microsecond=0), series],
    )
    set_latest(ground.owner, series, 1.6)
    wait_until(lambda: ground.owner.execute("SELECT 1 FROM rule_state WHERE rule = 'rising'").fetchone())
    forward(clock, minutes=4)  # not longer than its newest sample is fresh
    assert not ground.incidents("kind = 'river_rising'")
    hear(ground, series, 1.7, clock())
    forward(clock, seconds=75)
    found = wait_until(lambda: ground.incidents("kind = 'river_rising'"))[0]
    assert "naik" in found["detail_id"]


def test_silence_when_a_camera_and_then_its_box_are_not_heard_then_is_one_incident(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    row = ground.owner.execute("SELECT id FROM asset WHERE code = 'TD-01.cam-1'").fetchone()
    assert row
    series = add_series(ground.owner, row[0], ["frame_rate"], "/s")[0]
    set_latest(ground.owner, series, 5.0)
    ground.owner.execute("UPDATE box SET last_seen_at = now(), online = true")
    forward(clock, seconds=130)
    box = wait_until(ground.incidents)[0]
    assert (box["kind"], box["key"]) == ("box_silent", "box_silent:TD-01-a")
    forward(clock, minutes=4)
    wait_until(lambda: ground.incidents("count = 2"))
    assert len(ground.incidents()) == 1
    ground.owner.execute("UPDATE box SET last_seen_at = %s", [clock()])
    hear(ground, series, 5.0, clock())
    wait_until(lambda: end_of(ground, box["id"]))


def test_silence_when_nearly_all_boxes_are_silent_at_once_then_is_one_incident_of_the_platform(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    for number in range(30):
        ground.place(f"GM-{number:02}")
    ground.owner.execute("UPDATE box SET last_seen_at = now(), online = true")
    forward(clock, minutes=3)
    wait_until(lambda: ground.incidents("count = 32"))
    assert [(one["kind"], one["priority"]) for one in ground.incidents()] == [("path_down", 2)]


def test_incident_when_nobody_takes_it_up_or_arrives_then_is_told_to_the_next_level_of_the_roster(
    ground: Ground, engine: RunningEngine, clock: Clock
) -> None:
    ground.owner.execute("INSERT INTO roster (agency, level, who) VALUES ('disaster', 1, 'account:siti')")
    ground.event("obstacle.detected", "TD-01.cam-1")
    identity = wait_until(ground.incidents)[0]["id"]
    forward(clock, minutes=5, seconds=1)
    wait_until(lambda: ground.incidents("escalation = 1"))
    for level in (2, 3):
        forward(clock, minutes=2, seconds=31)
        wait_until(lambda level=level: ground.incidents(f"escalation = {level}"))
    forward(clock, hours=1)
    told = ground.owner.execute("SELECT detail FROM incident_log WHERE action = 'escalated' ORDER BY id").fetchall()
    assert [(row[0]["clock"], row[0]["level"], row[0]["told"]) for row in told] == [
        ("acknowledge", 1, ["account:siti"]),
        ("acknowledge", 2, ["role:head_of_shift"]),
        ("acknowledge", 3, ["role:admin"]),
    ]
    # Taken up, but nobody arrives: the second clock runs from the first level again.
    ground.owner.execute(
        "UPDATE incident SET state = 'acknowledged', owner = 'siti', acknowledged_at = now(), escalation = 0, "
        "look_at = due_arrive_at"
    )
    wait_until(lambda: ground.incidents("escalation = 1"))
    row = ground.owner.execute("SELECT detail ->> 'clock' FROM incident_log ORDER BY id DESC LIMIT 1").fetchone()
    assert row == ("arrive",)
    assert ground.owner.execute("SELECT clock_state FROM wall.incident_clock").fetchall()
    assert identity


def test_alert_when_grafana_fires_and_resolves_then_folds_into_what_is_known_and_ends(
    ground: Ground, engine: RunningEngine
) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=2)

    def put(status: str, fingerprint: str, **labels: str) -> None:
        ended = datetime.now(UTC) if status == "resolved" else None
        ground.owner.execute(
            "INSERT INTO grafana_alert (fingerprint, status, starts_at, ends_at, labels, annotations) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [fingerprint, status, begun, ended, Jsonb(labels), Jsonb({"summary": "Kamera tidak terdengar"})],
        )

    put("firing", "a1", alertname="Kamera tidak terdengar", category="camera", severity="minor", asset="TD-01.cam-1")
    put("firing", "b2", alertname="Banyak pesan ditolak", category="platform", severity="minor")
    settle(ground)
    camera, platform = ground.incidents()
    assert (camera["key"], platform["key"]) == ("camera_silent:TD-01.cam-1", "platform_fault:Banyak pesan ditolak")
    put("resolved", "a1", alertname="Kamera tidak terdengar", category="camera", severity="minor", asset="TD-01.cam-1")
    wait_until(lambda: end_of(ground, camera["id"]))


def test_notice_when_a_program_of_ours_tells_something_then_is_an_incident(
    ground: Ground, engine: RunningEngine
) -> None:
    notice = {
        "kind": "weather_warning",
        "at": datetime.now(UTC).isoformat(),
        "subject": "Pandaan",
        "text_id": "Hujan lebat",
    }

    def put(ref: str, content: dict[str, Any]) -> None:
        ground.owner.execute(
            "INSERT INTO operations_inbox (source, ref, content) VALUES ('notice', %s, %s)", [ref, Jsonb(content)]
        )

    put("cap-1", notice)
    put("cap-1/end", notice | {"begun": "cap-1"})
    put("cap-2", notice | {"kind": "no_such_kind"})
    put("cap-3", {"what": "ever"})
    settle(ground)
    found = ground.incidents()
    assert [(one["kind"], one["key"]) for one in found] == [("weather_warning", "weather_warning:Pandaan")]
    assert found[0]["condition_ended_at"] is not None
    # What nothing can be made of is laid aside and costs only itself.
    reasons = ground.owner.execute("SELECT ref, reason FROM operations_refused ORDER BY ref").fetchall()
    assert reasons == [("cap-2", "there is no kind 'no_such_kind'"), ("cap-3", "kind: Field required")]


def test_engine_when_two_are_started_then_one_stands_by_and_takes_over(ground: Ground, clock: Clock) -> None:
    with engine_at(ground.dsn, clock) as first:
        wait_until(lambda: ground.owner.execute("SELECT 1 FROM operations_pulse").fetchone())
        with engine_at(ground.dsn, clock) as second:
            for _ in range(12):  # two that both worked would share them
                ground.event("obstacle.detected", "TD-01.cam-1")
                settle(ground)
            assert (first.engine.taken, second.engine.taken) == (12, 0)
            first.stop()
            ground.event("camera.frozen", "TD-01.cam-1")
            wait_until(lambda: len(ground.incidents()) == 2)
            assert second.engine.taken == 1


def test_engine_when_its_connection_is_cut_then_comes_back_with_nothing_lost(
    ground: Ground, engine: RunningEngine
) -> None:
    for number in range(3):
        ground.event("camera.frozen", "TD-01.cam-1", at=datetime.now(UTC))
        ground.owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'operations'")
        wait_until(lambda number=number: ground.incidents(f"count = {number + 1}"))


def test_rules_when_their_statement_fails_then_events_go_on_and_the_pulse_stands_still(
    ground: Ground, engine: RunningEngine
) -> None:
    ground.owner.execute("REVOKE SELECT ON series_latest FROM operations")
    pulses = []
    # The look that was under way at the revocation has ended when the first event is taken: one loop does both.
    for number, noun in enumerate(("obstacle.detected", "camera.frozen", "intrusion.detected"), start=1):
        ground.event(noun, "TD-01.cam-1")
        wait_until(lambda number=number: len(ground.incidents()) == number)
        pulses.append(ground.owner.execute("SELECT at FROM operations_pulse").fetchone())
    assert pulses[0] == pulses[1] == pulses[2]


def test_inbox_when_the_engine_is_killed_in_the_middle_then_holds_what_was_not_committed(ground: Ground) -> None:
    event = ground.event("obstacle.detected", "TD-01.cam-1")
    with connect(ground.dsn, "test") as other:
        other.execute("DELETE FROM operations_inbox")
        other.rollback()  # as a server does with a connection that is gone
    assert ground.waiting() == 1
    with engine_at(ground.dsn):
        wait_until(ground.incidents)
    assert ground.owner.execute("SELECT ref FROM incident_source").fetchone() == (str(event),)


def test_incident_log_when_somebody_would_change_it_then_stays(ground: Ground, engine: RunningEngine) -> None:
    ground.event("obstacle.detected", "TD-01.cam-1")
    wait_until(ground.incidents)
    for order in ("UPDATE incident_log SET actor = 'x'", "DELETE FROM incident_log", "TRUNCATE incident_log CASCADE"):
        with pytest.raises(Exception, match="append-only"):
            ground.owner.execute(order)


def test_rules_when_their_file_is_spoilt_while_the_engine_runs_then_go_on_as_they_were(
    ground: Ground, tmp_path: Path
) -> None:
    for name in ("kinds.yaml", "rules.yaml"):
        (tmp_path / name).write_text((SHIPPED / name).read_text())
    with engine_at(ground.dsn, folder=tmp_path):
        (tmp_path / "rules.yaml").write_text("rules: {tree: {incident: nothing_known}}")
        ground.event("obstacle.detected", "TD-01.cam-1")
        wait_until(lambda: ground.incidents("kind = 'fallen_tree'"))
        rule = {"incident": "other", "when": {"kind": "event", "type": ["id.satulayar.new.thing"]}}
        (tmp_path / "rules.yaml").write_text(json.dumps({"rules": {"new": rule}}))

        def is_new() -> Any:
            ground.event("new.thing", "TD-01.cam-1")
            settle(ground)
            return ground.incidents("kind = 'other'")

        assert wait_until(is_new)
