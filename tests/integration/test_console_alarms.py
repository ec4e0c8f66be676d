"""The console's page of alarms: how good they are, what is shelved, by whom; shelving and lifting there."""

import itertools

import pytest

from tests.fix_api import RunningApi
from tests.fix_operations import Ground
from tests.fix_people import PASSWORD, People, Person

NUMBERS = itertools.count(1)
ALL = ("transport", "disaster", "public_order", "health", "112", "platform")


@pytest.fixture
def head(people: People) -> Person:
    person = people.add(f"head-{next(NUMBERS)}", "head_of_shift", ALL)
    assert person.client.post("/login", data={"name": person.name, "password": PASSWORD}).status_code == 303
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return person


@pytest.fixture(scope="module")
def place(api: RunningApi) -> Ground:
    ground = Ground(api.owner, api.dsn)
    ground.place("TD-01", ("cam-1", "camera"))
    return ground


def open_incident(ground: Ground, key: str, *, age: str = "1 minute", alarms: int = 1, again: int = 0) -> None:
    """Put an incident there as the engine does, with so many lines that people were shown."""
    row = ground.owner.execute(
        "INSERT INTO incident (id, kind, key, category, agency, severity, priority, title_id, title_en, happened_at,"
        " opened_at, last_seen_at) VALUES (gen_random_uuid(), split_part(%(key)s, ':', 1), %(key)s, 'camera',"
        " 'transport', 'minor', 3, 'Kamera mati', 'Camera dead', now(), now() - %(age)s::interval, now()) RETURNING id",
        {"key": key, "age": age},
    ).fetchone()
    assert row
    for action in ["opened"] * alarms + ["reopened"] * again:
        ground.owner.execute(
            "INSERT INTO incident_log (incident_id, actor, action) VALUES (%s, 'satulayar', %s)", [row[0], action]
        )


def test_alarms_when_some_stand_and_some_chatter_then_the_page_counts_them(head: Person, place: Ground) -> None:
    open_incident(place, "camera_silent:TD-01.cam-1", age="2 days", alarms=2)
    open_incident(place, "camera_blind:TD-01.cam-1", alarms=1, again=3)
    told = head.client.get("/v1/alarm-quality").json()
    desk = {one["agency"]: one for one in told["agencies"]}["transport"]
    assert (desk["operators"], desk["standing"], desk["chattering"]) == (1, 1, 1)
    assert desk["per_operator_h"] == pytest.approx(6 / 24)
    assert (desk["last_hour_per_operator"], desk["top_ten_pct"]) == (6, 100)
    assert [(one["key"], one["alarms_24h"], one["reopened_24h"]) for one in told["worst"]] == [
        ("camera_blind:TD-01.cam-1", 4, 3),
        ("camera_silent:TD-01.cam-1", 2, 0),
    ]
    page = head.client.get("/alarms").text
    assert "camera_blind:TD-01.cam-1" in page
    assert 'href="/alarms"' in page


def test_key_when_shelved_and_lifted_on_the_page_then_it_says_by_whom_until_when(head: Person, place: Ground) -> None:
    key = "lamp_out:TD-01"
    form = {"key": key, "hours": "8", "reason": "perbaikan kabel <b>", "csrf": head.csrf}
    done = head.client.post("/alarms/shelve", data=form, follow_redirects=True)
    assert "Sudah dilakukan" in done.text
    for part in (key, head.name, "perbaikan kabel &lt;b&gt;"):
        assert part in done.text
    again = head.client.post("/alarms/shelve", data=form)
    assert "sudah ditangguhkan" in again.text
    lifted = head.client.post("/alarms/lift", data={"key": key, "csrf": head.csrf}, follow_redirects=True)
    assert "perbaikan kabel" not in lifted.text
    refused = head.client.post("/alarms/shelve", data=form | {"hours": "9999"})
    assert "30 hari" in refused.text
