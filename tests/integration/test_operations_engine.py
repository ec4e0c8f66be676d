"""From what sources say to incidents: the real engine on a real database."""

from tests.fix_operations import Ground, engine_at, wait_until


def test_event_when_a_rule_names_its_type_then_is_an_incident_within_a_second(ground: Ground) -> None:
    with engine_at(ground.dsn):
        wait_until(lambda: ground.owner.execute("SELECT 1 FROM operations_pulse").fetchone())
        event = ground.event("obstacle.detected", "TD-01.cam-1", severity="critical")
        found = wait_until(ground.incidents, 5)
    assert [(one["kind"], one["state"], one["priority"], one["count"]) for one in found] == [
        ("fallen_tree", "open", 1, 1)
    ]
    took_s = (
        found[0]["opened_at"] - ground.owner.execute("SELECT received_at FROM event").fetchone()[0]
    ).total_seconds()
    assert took_s < 1
    sources = ground.owner.execute("SELECT source, ref FROM incident_source").fetchall()
    assert sources == [("event", str(event))]
    assert ground.log(found[0]["id"]) == ["opened"]
    assert ground.waiting() == 0
