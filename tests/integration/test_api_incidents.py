"""Incidents over the API: the whole life of one, by real requests, and what is refused on the way."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from cloud.db import accounts
from tests.fix_api import HTTP, RunningApi
from tests.fix_operations import Ground, RunningEngine, engine_at, wait_until


@pytest.fixture(scope="module")
def ground(api: RunningApi) -> Ground:
    ground = Ground(api.owner, api.dsn)
    ground.place("TD-01", ("cam-1", "camera"), ("cam-2", "camera"), ("cabinet-1", "cabinet"))
    ground.place("KRT-01", ("cam-1", "camera"), ("gauge-1", "river_gauge"), latitude=-7.6597, longitude=112.846)
    return ground


@pytest.fixture(scope="module")
def engine(ground: Ground) -> Iterator[RunningEngine]:
    with engine_at(ground.dsn) as running:
        yield running


class Account:
    """Somebody who acts over the API."""

    def __init__(self, api: RunningApi, name: str, role: str, agencies: tuple[str, ...] = ()) -> None:
        self.url, self.name = api.url, name
        self.bearer = {"Authorization": f"Bearer {accounts.create_token(api.owner, name, role, 'test')}"}  # type: ignore[arg-type]
        api.owner.execute("UPDATE account SET agencies = %s WHERE name = %s", [list(agencies), name])

    def get(self, path: str, **query: Any) -> httpx.Response:
        return HTTP.get(self.url + path, params=query, headers=self.bearer)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return HTTP.post(self.url + path, json=body, headers=self.bearer)

    def put(self, path: str, content: bytes, **query: Any) -> httpx.Response:
        return HTTP.put(self.url + path, params=query, content=content, headers=self.bearer)

    def act(self, incident: str, act: str, **body: Any) -> dict[str, Any]:
        answer = self.post(f"/v1/incidents/{incident}/{act}", **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


ALL = ("transport", "disaster", "public_order", "health", "112", "platform")


@pytest.fixture(scope="module")
def rini(api: RunningApi) -> Account:
    return Account(api, "rini", "operator", ALL)


@pytest.fixture(scope="module")
def budi(api: RunningApi) -> Account:
    return Account(api, "budi", "head_of_shift", ALL)


@pytest.fixture(scope="module")
def dewi(api: RunningApi) -> Account:
    return Account(api, "dewi", "operator", ("health",))


@pytest.fixture(scope="module")
def regu(api: RunningApi) -> Account:
    account = Account(api, "regu-1", "crew")
    api.owner.execute(
        "INSERT INTO crew (name, agency, skills, latitude, longitude, position_at) VALUES "
        "('Regu Pohon 1', 'disaster', '{tree,flood}', -7.66, 112.70, now()), "
        "('Regu Pohon 2', 'disaster', '{tree}', -7.60, 112.80, now()), "
        "('Regu Lampu', 'transport', '{electric}', -7.666, 112.687, now())"
    )
    api.owner.execute(
        "INSERT INTO crew_member SELECT crew.id, account.id FROM crew, account "
        "WHERE crew.name = 'Regu Pohon 1' AND account.name = 'regu-1'"
    )
    return account


def photo(side_px: int = 160, picture_format: str = "JPEG") -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A phone that nobody needs to know"
    Image.new("RGB", (side_px, side_px), (90, 120, 60)).save(written, picture_format, exif=exif)
    return written.getvalue()


def call(who: Account, kind: str = "other", place: str = "TD-01", **more: Any) -> str:
    """Report something and give its number."""
    body = {"kind": kind, "place": place, "request_id": uuid4().hex, "text": "laporan warga"} | more
    answer = who.post("/v1/incidents", **body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["incident"])


def test_incident_when_its_film_comes_in_parts_then_its_source_names_them_as_they_came(
    ground: Ground, engine: RunningEngine, rini: Account
) -> None:
    event = ground.event("intrusion.detected", "TD-01.cam-2")
    parts = sorted((bytes([number]) for number in range(6)), key=lambda one: sha256(one).digest(), reverse=True)
    for part in parts:
        ground.owner.execute(
            "INSERT INTO media (event_id, box_id, content_type, sha256, content)"
            " SELECT %s, box_id, 'video/mp4', %s, %s FROM event WHERE id = %s",
            [event, sha256(part).digest(), part, event],
        )
    listed = wait_until(lambda: rini.get("/v1/incidents", site="TD-01", kind="intrusion").json()["items"])
    (source,) = rini.get(f"/v1/incidents/{listed[0]['incident']}").json()["sources"]
    assert [one["sha256"] for one in source["media"]] == [sha256(part).hexdigest() for part in parts]


def test_incident_when_a_tree_falls_then_goes_from_the_event_to_the_crew_and_a_verified_end(
    ground: Ground, engine: RunningEngine, rini: Account, budi: Account, regu: Account
) -> None:
    ground.event("obstacle.detected", "KRT-01.cam-1", severity="critical")
    found = wait_until(lambda: rini.get("/v1/incidents", site="KRT-01", kind="fallen_tree").json()["items"])
    number = found[0]["incident"]
    assert (found[0]["priority"], found[0]["clock"], found[0]["clock_state"]) == (1, "acknowledge", "within")

    told = rini.act(number, "acknowledge")
    assert (told["state"], told["owner"]) == ("acknowledged", "rini")
    proposed = rini.get(f"/v1/incidents/{number}/crews").json()
    assert [(one["crew"], one["suits"]) for one in proposed] == [
        ("Regu Pohon 2", True), ("Regu Pohon 1", True), ("Regu Lampu", False),
    ]  # fmt: skip
    told = rini.act(number, "dispatch", crew="Regu Pohon 1", version=told["version"], text="bawa gergaji")
    assert (told["state"], told["crews"]) == ("dispatched", ["Regu Pohon 1"])

    order = regu.get("/v1/crews/me/dispatches").json()[0]
    assert order["incident"]["incident"] == number
    assert order["needs_photo"]
    path = f"/v1/dispatches/{order['dispatch']['id']}"
    arrived_at = datetime.now(UTC) - timedelta(minutes=3)
    for verb in ("accept", "on_way"):
        assert regu.post(f"{path}/{verb}", act_id=str(uuid4())).status_code == 200
    there = regu.post(
        f"{path}/arrived", act_id=str(uuid4()), at=arrived_at.isoformat(), latitude=-7.66, longitude=112.846
    )
    assert there.json()["incident"]["state"] == "on_site"

    refused = regu.post(f"{path}/done", act_id=str(uuid4()))
    assert (refused.status_code, refused.json()["rule"]) == (409, "proof_missing")
    picture, act = str(uuid4()), str(uuid4())
    for _ in range(2):  # the answer to the first was lost in a dead spot
        sent = regu.put(f"{path}/photos/{picture}", photo(), latitude=-7.66, longitude=112.846)
        assert sent.status_code == 200, sent.text
    for _ in range(2):
        assert regu.post(f"{path}/done", act_id=act).json()["incident"]["state"] == "resolved"

    whole = rini.get(f"/v1/incidents/{number}").json()
    assert (whole["resolved_by"], len(whole["photos"]), whole["may"]) == ("regu-1", 1, ["verify", "reopen", "merge"])
    shown = rini.get(f"/v1/incidents/{number}/photos/{picture}").content
    assert Image.open(io.BytesIO(shown)).getexif() == {}
    own = regu.post(f"/v1/incidents/{number}/verify")
    assert own.status_code == 403
    closed = budi.act(number, "verify", text="dicek di kamera")
    assert (closed["state"], closed["clock_state"]) == ("closed", "none")
    assert [line["action"] for line in closed["log"]] == [
        "opened", "acknowledged", "dispatched", "accepted", "on_way", "arrived", "photographed", "done", "verified",
    ]  # fmt: skip
    line = next(line for line in closed["log"] if line["action"] == "arrived")
    assert (line["actor"], line["address"], line["detail"]["at"]) == ("regu-1", "127.0.0.1", arrived_at.isoformat())
    actions = [row["action"] for row in rini.get("/v1/audit", actor="rini").json()["items"]]
    assert actions[:2] == ["incident_dispatched", "incident_acknowledged"]


def test_crew_when_its_phones_clock_is_ahead_or_a_position_comes_late_then_neither_counts_for_more(
    api: RunningApi, rini: Account, regu: Account, ground: Ground
) -> None:
    number = call(rini)
    rini.act(number, "dispatch", crew="Regu Pohon 1")
    order = next(one for one in regu.get("/v1/crews/me/dispatches").json() if one["incident"]["incident"] == number)[
        "dispatch"
    ]["id"]
    now = datetime.now(UTC)
    for verb, at, latitude in (
        ("accept", now, -7.61),
        ("on_way", now - timedelta(minutes=2), -7.62),  # from a dead spot
        ("arrived", now + timedelta(hours=5), -7.63),
    ):
        sent = regu.post(
            f"/v1/dispatches/{order}/{verb}", act_id=str(uuid4()), at=at.isoformat(), latitude=latitude, longitude=112.7
        )
        assert sent.status_code == 200, sent.text
        seen = api.owner.execute("SELECT latitude, position_at FROM crew WHERE name = 'Regu Pohon 1'").fetchone()
        assert seen
        assert seen[0] == (-7.63 if verb == "arrived" else -7.61)
    arrived = api.owner.execute("SELECT arrived_at FROM dispatch WHERE id = %s", [order]).fetchone()
    assert arrived
    assert now <= arrived[0] == seen[1] <= datetime.now(UTC)


def test_acknowledgement_when_two_operators_give_it_at_once_then_one_wins_and_the_other_is_told_who(
    api: RunningApi, ground: Ground, rini: Account, budi: Account
) -> None:
    for _ in range(5):
        number = call(rini)
        together = threading.Barrier(2)

        def press(who: Account, number: str = number, together: threading.Barrier = together) -> httpx.Response:
            together.wait(5)
            return who.post(f"/v1/incidents/{number}/acknowledge")

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(press, (rini, budi)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        winner = next(answer for answer in answers if answer.status_code == 200).json()["owner"]
        loser = next(answer for answer in answers if answer.status_code == 409).json()
        assert loser["rule"] == "acknowledged_by"
        assert winner in loser["detail_id"]
        assert winner in loser["detail_en"]


def test_dispatch_when_its_button_is_pressed_twice_then_the_crew_is_sent_once(
    rini: Account, budi: Account, regu: Account, ground: Ground
) -> None:
    number, act = call(rini, "accident"), str(uuid4())
    with ThreadPoolExecutor(2) as pool:
        pressed = [
            pool.submit(rini.post, f"/v1/incidents/{number}/dispatch", crew="Regu Pohon 2", act_id=act) for _ in "ab"
        ]
        assert {one.result().status_code for one in pressed} == {200}
    whole = rini.get(f"/v1/incidents/{number}").json()
    assert [one["crew"] for one in whole["dispatches"]] == ["Regu Pohon 2"]
    other = budi.post(f"/v1/incidents/{number}/dispatch", crew="Regu Pohon 2")
    assert (other.status_code, other.json()["rule"]) == (409, "crew_sent")
    assert "rini" in other.json()["detail_id"]
    other = budi.post(f"/v1/incidents/{number}/cancel", act_id=act, text="x")
    assert other.json()["rule"] == "act_used"


def test_form_when_it_is_stale_then_is_refused_with_who_changed_the_incident(
    rini: Account, budi: Account, ground: Ground
) -> None:
    number = call(rini)
    version = rini.get(f"/v1/incidents/{number}").json()["version"]
    budi.act(number, "acknowledge")
    budi.act(number, "take-over", text="ganti jaga")
    stale = rini.post(f"/v1/incidents/{number}/cancel", version=version, text="salah lapor")
    assert stale.status_code == 403  # an operator may not cancel, whatever the version
    stale = budi.post(f"/v1/incidents/{number}/cancel", version=version, text="salah lapor")
    assert (stale.status_code, stale.json()["rule"]) == (409, "stale")
    assert "budi" in stale.json()["detail_en"]
    assert budi.act(number, "cancel", text="salah lapor")["state"] == "cancelled"


def test_act_when_of_another_agency_then_is_refused_and_in_the_audit(
    api: RunningApi, rini: Account, ground: Ground
) -> None:
    stranger = Account(api, "dinkes", "operator", ("health",))
    number = call(rini, "crime")
    refused = stranger.post(f"/v1/incidents/{number}/acknowledge")
    assert (refused.status_code, refused.json()["rule"]) == (403, "agency")
    assert stranger.get(f"/v1/incidents/{number}").status_code == 200  # watching is free
    noted = rini.get("/v1/audit", actor="dinkes", action="incident_refused").json()["items"]
    assert noted[0]["detail"] == {"address": "127.0.0.1", "act": "acknowledged", "rule": "agency"}


def test_call_when_the_same_is_open_at_the_place_then_is_one_more_source_and_the_same_call_counts_once(
    rini: Account, budi: Account, ground: Ground
) -> None:
    first = call(rini, "wrong_way", "TD-01.cam-1")
    body = {"kind": "wrong_way", "place": "TD-01", "request_id": "call-7", "text": "melawan arus"}
    again = [budi.post("/v1/incidents", **body) for _ in range(2)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert {answer.json()["incident"] for answer in again} == {first}
    assert again[1].json()["count"] == 2


def test_key_when_operators_and_cameras_tell_of_it_at_once_then_is_one_incident_that_counts_them_all(
    ground: Ground, engine: RunningEngine, rini: Account, budi: Account
) -> None:
    ground.place("PWS-01", ("cam-1", "camera"))
    together = threading.Barrier(6)

    def report(who: Account) -> str:
        together.wait(5)
        return call(who, "fallen_tree", "PWS-01")

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(report, who) for who in (rini, budi, rini, budi, rini, budi)]
        for _ in range(6):
            ground.event("obstacle.detected", "PWS-01.cam-1")
        assert len({one.result() for one in asked}) == 1
    wait_until(lambda: ground.incidents("key = 'fallen_tree:PWS-01'")[0]["count"] == 12)
    assert len(ground.incidents("key = 'fallen_tree:PWS-01'")) == 1


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        ({"kind": "falling_star"}, 400, "unknown_kind"),
        ({"kind": "fire", "place": "XX-99"}, 404, "unknown_place"),
        ({"kind": "fire", "place": ""}, 400, "place"),
        ({"kind": "fire", "latitude": 91}, 422, "malformed"),
        ({"kind": "fire", "colour": "red"}, 422, "malformed"),
    ],
)
def test_call_when_it_makes_no_sense_then_is_refused_by_a_rule(
    rini: Account, ground: Ground, body: dict[str, Any], status: int, rule: str
) -> None:
    answer = rini.post("/v1/incidents", **({"place": "TD-01", "request_id": uuid4().hex} | body))
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


def test_verification_when_by_whoever_resolved_it_then_is_refused(rini: Account, budi: Account, ground: Ground) -> None:
    number = call(rini, "crime")
    rini.act(number, "acknowledge")
    assert rini.post(f"/v1/incidents/{number}/resolve").json()["rule"] == "reason"
    rini.act(number, "resolve", text="sudah aman")
    assert rini.post(f"/v1/incidents/{number}/verify").json()["rule"] == "same_person"
    back = budi.act(number, "reopen", text="masih ramai")
    assert (back["state"], back["owner"], back["reopened"]) == ("acknowledged", "rini", 1)
    rini.act(number, "resolve", text="sekarang sudah")
    assert budi.act(number, "verify")["state"] == "closed"
    late = budi.post(f"/v1/incidents/{number}/verify")
    assert (late.status_code, late.json()["rule"]) == (409, "state")


def test_incidents_when_merged_then_sources_and_crews_go_along(
    rini: Account, budi: Account, regu: Account, ground: Ground
) -> None:
    one, other = call(rini, "fire"), call(rini, "fire")
    budi.act(one, "dispatch", crew="Regu Lampu")
    whole = budi.act(one, "merge", into=other)
    assert (whole["incident"], whole["count"], whole["state"], whole["crews"]) == (
        other,
        2,
        "dispatched",
        ["Regu Lampu"],
    )
    gone = rini.get(f"/v1/incidents/{one}").json()
    assert (gone["state"], gone["merged_into"], gone["sources"]) == ("merged", other, [])
    assert budi.post(f"/v1/incidents/{other}/merge", into=other).json()["rule"] == "itself"


def test_crew_when_called_back_while_in_a_dead_spot_then_is_told_how_its_order_ended(
    rini: Account, budi: Account, regu: Account, ground: Ground
) -> None:
    number = call(rini, "fire")
    rini.act(number, "dispatch", crew="Regu Pohon 1")
    order = next(o for o in regu.get("/v1/crews/me/dispatches").json() if o["incident"]["incident"] == number)[
        "dispatch"
    ]["id"]
    assert rini.post(f"/v1/dispatches/{order}/recall", text="sudah padam").json()["state"] == "acknowledged"
    late = regu.post(f"/v1/dispatches/{order}/arrived", act_id=str(uuid4()))
    assert (late.status_code, late.json()["rule"]) == (409, "dispatch_over")
    assert "ditarik" in late.json()["detail_id"]


def test_crew_when_the_order_is_another_crews_then_there_is_none(
    api: RunningApi, rini: Account, ground: Ground, regu: Account
) -> None:
    number = call(rini, "fire")
    whole = rini.act(number, "dispatch", crew="Regu Lampu")
    refused = regu.post(f"/v1/dispatches/{whole['dispatches'][0]['id']}/accept", act_id=str(uuid4()))
    assert (refused.status_code, refused.json()["rule"]) == (404, "unknown_dispatch")
    assert regu.get("/v1/incidents").status_code == 403


def test_crew_when_its_phone_lives_in_another_time_then_its_word_counts_from_when_it_can_have_been_said(
    rini: Account, regu: Account, ground: Ground
) -> None:
    number = call(rini, "fire")
    whole = rini.act(number, "dispatch", crew="Regu Pohon 1")
    order = whole["dispatches"][0]
    long_ago, far_away = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"
    said = regu.post(f"/v1/dispatches/{order['id']}/arrived", act_id=str(uuid4()), at=long_ago)
    assert said.status_code == 200
    kept = regu.put(f"/v1/dispatches/{order['id']}/photos/{uuid4()}?at={quote(long_ago)}", photo())
    assert kept.status_code == 200, kept.text
    for at in (long_ago, far_away):
        assert regu.post("/v1/crews/me/position", latitude=-7.6, longitude=112.7, at=at).is_success
    seen = rini.get(f"/v1/incidents/{number}").json()
    assert datetime.fromisoformat(seen["dispatches"][0]["arrived_at"]) > datetime.now(UTC) - timedelta(days=8)
    for path in ("/v1/incidents", "/v1/crews"):
        assert rini.get(path).status_code == 200


def test_crew_when_an_operator_of_another_agency_speaks_for_it_then_is_refused(
    rini: Account, dewi: Account, ground: Ground
) -> None:
    number = call(rini, "fire")
    order = rini.act(number, "dispatch", crew="Regu Pohon 1")["dispatches"][0]["id"]
    for answer in (
        dewi.post(f"/v1/dispatches/{order}/done", act_id=str(uuid4())),
        dewi.put(f"/v1/dispatches/{order}/photos/{uuid4()}", photo()),
    ):
        assert (answer.status_code, answer.json()["rule"]) == (403, "agency")
    assert rini.get(f"/v1/incidents/{number}").json()["state"] == "dispatched"


@pytest.mark.parametrize(
    ("content", "status", "rule"),
    [
        (b"not a photo at all", 400, "not_a_photo"),
        (photo()[:200], 400, "not_a_photo"),
        (b"GIF89a" + bytes(60), 400, "not_a_photo"),
        (bytes(50_000_000), 413, None),
    ],
)
def test_photo_when_it_is_none_or_of_50_mb_then_is_refused_in_so_many_words(
    rini: Account, ground: Ground, content: bytes, status: int, rule: str | None
) -> None:
    number = call(rini, "fire")
    try:
        refused = rini.put(f"/v1/incidents/{number}/photos/{uuid4()}", content)
    except httpx.TransportError:  # refused before the body was read to its end
        assert status == 413
        return
    assert refused.status_code == status
    assert rule is None or refused.json()["rule"] == rule
    assert refused.json()["detail_id"]


def test_stream_when_an_incident_is_new_or_changes_then_carries_it(rini: Account, ground: Ground) -> None:
    told: list[str] = []
    with HTTP.stream("GET", f"{rini.url}/v1/incidents/stream", headers=rini.bearer, timeout=10) as answer:
        lines = answer.iter_lines()
        wait_until(lambda: "welcome" in next(lines))
        number = call(rini, "fire")
        rini.act(number, "acknowledge")
        for line in lines:
            if line.startswith("data:") and number in line:
                told.append(line)
                if '"acknowledged"' in line:
                    break
    assert told


def test_shelf_when_its_time_is_over_then_what_still_lasts_is_an_incident(
    ground: Ground, engine: RunningEngine, rini: Account
) -> None:
    key = "camera_blind:TD-01.cam-2"
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert rini.post("/v1/shelves", key=key, until=until, reason="").json()["rule"] == "reason"
    assert rini.post("/v1/shelves", key="moon:1", until=until, reason="x").json()["rule"] == "key"
    assert rini.post("/v1/shelves", key=key, until=until, reason="diganti besok").status_code == 201
    assert rini.post("/v1/shelves", key=key, until=until, reason="lagi").json()["rule"] == "shelved"
    ground.event("camera.frozen", "TD-01.cam-2")
    wait_until(lambda: rini.get("/v1/shelves").json()[0]["count"] == 1)
    assert not ground.incidents("key = 'camera_blind:TD-01.cam-2'")
    assert rini.post("/v1/shelves/lift", key=key).json() == []
    assert wait_until(lambda: ground.incidents("key = 'camera_blind:TD-01.cam-2'"))
    assert rini.post("/v1/shelves/lift", key=key).json()["rule"] == "unknown_shelf"


def sources_of(who: Account, number: str) -> int:
    return len(who.get(f"/v1/incidents/{number}").json()["sources"])


def merged_pair(who: Account, ground: Ground) -> tuple[str, str]:
    """Merge a blind camera into a road accident that somebody called in; give both numbers."""
    asset = f"{new_place(ground)}.cam-1"
    ground.event("camera.covered", asset)
    query = {"kind": "camera_blind", "site": asset.partition(".")[0]}
    one = wait_until(lambda: who.get("/v1/incidents", **query).json()["items"])[0]["incident"]
    other = call(who, "accident", asset.partition(".")[0])
    told = who.act(one, "merge", into=other, text="tiang kamera tertabrak")
    assert (told["incident"], told["count"], len(told["sources"])) == (other, 2, 2)
    return one, other


def new_place(ground: Ground) -> str:
    code = f"GBG-{uuid4().hex[:6]}"
    ground.place(code, ("cam-1", "camera"))
    return code


def test_merge_when_the_same_comes_again_then_it_goes_where_it_was_merged_and_no_third_is_opened(
    ground: Ground, engine: RunningEngine, budi: Account
) -> None:
    one, other = merged_pair(budi, ground)
    site = budi.get(f"/v1/incidents/{one}").json()["site"]
    ground.event("camera.covered", f"{site}.cam-1")
    wait_until(lambda: sources_of(budi, other) == 3)
    assert len(budi.get("/v1/incidents", site=site).json()["items"]) == 1


def test_merge_when_undone_then_each_has_its_own_and_what_comes_again_goes_to_the_right_one(
    ground: Ground, engine: RunningEngine, budi: Account
) -> None:
    one, other = merged_pair(budi, ground)
    site = budi.get(f"/v1/incidents/{one}").json()["site"]
    ground.event("camera.covered", f"{site}.cam-1")
    wait_until(lambda: sources_of(budi, other) == 3)
    act = str(uuid4())
    for _ in range(2):  # a double click
        told = budi.act(one, "unmerge", text="bukan hal yang sama", act_id=act)
        assert (told["incident"], told["state"], told["merged_into"]) == (one, "open", None)
        assert (told["count"], len(told["sources"])) == (2, 2)
    left = budi.get(f"/v1/incidents/{other}").json()
    assert (left["count"], len(left["sources"]), left["log"][-1]["action"]) == (1, 1, "taken_apart")
    assert [line["action"] for line in told["log"]][-2:] == ["merged", "unmerged"]
    ground.event("camera.covered", f"{site}.cam-1")
    wait_until(lambda: sources_of(budi, one) == 3)
    assert sources_of(budi, other) == 1
    assert budi.get("/v1/audit", actor="budi").json()["items"][0]["action"] == "incident_unmerged"


def test_merge_when_it_cannot_be_undone_then_says_why(
    ground: Ground, engine: RunningEngine, budi: Account, api: RunningApi
) -> None:
    one, other = merged_pair(budi, ground)
    transport = Account(api, f"head-{uuid4().hex[:6]}", "head_of_shift", ("transport",))
    refused = transport.post(f"/v1/incidents/{one}/unmerge", text="salah")
    assert (refused.status_code, refused.json()["rule"]) == (403, "agency")
    refused = budi.post(f"/v1/incidents/{one}/unmerge", text=" ")
    assert refused.json()["rule"] == "reason"
    version = budi.get(f"/v1/incidents/{one}").json()["version"]
    refused = budi.post(f"/v1/incidents/{one}/unmerge", text="salah", version=version - 1)
    assert refused.json()["rule"] == "stale"
    refused = budi.post(f"/v1/incidents/{other}/unmerge", text="salah")
    assert refused.json()["rule"] == "state"


def test_timeline_when_read_then_what_the_engine_says_is_told_in_the_language_that_is_asked_for(
    ground: Ground, engine: RunningEngine, rini: Account
) -> None:
    site = new_place(ground)
    ground.event("camera.covered", f"{site}.cam-1")
    number = wait_until(lambda: rini.get("/v1/incidents", site=site).json()["items"])[0]["incident"]
    rini.act(number, "note", text="sudah ditelepon")

    def texts(accept: str, **query: str) -> list[str]:
        headers = {"Accept-Language": accept, **rini.bearer}
        answer = HTTP.get(f"{rini.url}/v1/incidents/{number}", params=query, headers=headers)
        return [line["text"] for line in answer.json()["log"]]

    indonesian, english = [f"camera.covered di {site}.cam-1", "sudah ditelepon"], ["camera.covered", "sudah ditelepon"]
    assert texts("") == texts("id") == texts("de, id;q=0.4, en;q=0.1") == texts("en", lang="id") == indonesian
    assert texts("en-GB, id;q=0.5") == texts("id", lang="en") == english
    line = rini.get(f"/v1/incidents/{number}").json()["log"][0]
    assert line["code"] == "told"
    assert line["params"] == {"id": f"camera.covered di {site}.cam-1", "en": "camera.covered"}
    assert rini.get(f"/v1/incidents/{number}", lang="fr").status_code == 422


def test_shelf_when_set_again_before_the_last_one_was_given_back_then_has_what_that_held(
    api: RunningApi, ground: Ground, budi: Account
) -> None:
    key = f"fallen_tree:{new_place(ground)}"
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for turn in range(20):  # the engine ends shelves each second; a turn that it wins is repeated
        api.owner.execute(
            "WITH old AS (INSERT INTO shelf (key, until, author, reason)"
            " VALUES (%(key)s, now() - interval '1 s', 'budi', 'x') RETURNING id)"
            " INSERT INTO shelf_source (shelf_id, source, ref, at) SELECT id, 'event', %(ref)s, now() FROM old",
            {"key": key, "ref": str(uuid4())},
        )
        answer = budi.post("/v1/shelves", key=key, until=until, reason="masih")
        assert answer.status_code == 201, answer.text
        count = next(one["count"] for one in budi.get("/v1/shelves").json() if one["key"] == key)
        if count == 1:
            break
        assert turn < 19
        api.owner.execute("UPDATE shelf SET ended_at = now(), ended_by = 'x' WHERE key = %s", [key])
    held = api.owner.execute(
        "SELECT count(*) FROM shelf_source INNER JOIN shelf ON shelf.id = shelf_id"
        " WHERE shelf.key = %s AND shelf.ended_at IS NULL",
        [key],
    ).fetchone()
    assert held == (1,)


def test_merge_when_the_other_is_graver_then_it_stays_as_grave_and_as_urgent(budi: Account, ground: Ground) -> None:
    site = new_place(ground)
    fire, other = call(budi, "fire", site), call(budi, "other", site)
    before = budi.get(f"/v1/incidents/{fire}").json()
    told = budi.act(fire, "merge", into=other)
    for name in ("severity", "priority", "due_acknowledge_at", "due_resolve_at"):
        assert told[name] == before[name], name


def test_merge_when_a_right_is_missing_then_it_is_in_the_audit(rini: Account, budi: Account, ground: Ground) -> None:
    site = new_place(ground)
    one, other = call(budi, "fire", site), call(budi, "other", site)
    assert rini.post(f"/v1/incidents/{one}/merge", into=other).status_code == 403
    newest = budi.get("/v1/audit", actor="rini").json()["items"][0]
    assert (newest["action"], newest["detail"]["act"]) == ("incident_refused", "merged")


def test_merge_when_its_host_was_over_and_the_other_is_not_then_it_is_not_over(
    ground: Ground, engine: RunningEngine, budi: Account
) -> None:
    names = []
    for ended in (True, False):
        site = new_place(ground)
        event = ground.event("camera.frozen", f"{site}.cam-1")
        query = {"site": site, "kind": "camera_blind"}
        names.append(wait_until(lambda query=query: budi.get("/v1/incidents", **query).json()["items"])[0]["incident"])
        if ended:
            ground.event("camera.frozen", f"{site}.cam-1", begun=event)
            over = f"/v1/incidents/{names[0]}"
            wait_until(lambda over=over: budi.get(over).json()["condition_ended_at"])
    told = budi.act(names[1], "merge", into=names[0])
    assert told["condition_ended_at"] is None


def test_call_when_another_comes_under_its_number_then_is_refused_and_not_lost_without_a_word(
    rini: Account, ground: Ground
) -> None:
    request = uuid4().hex
    call(rini, "fire", request_id=request)
    for kind, text in (("accident", "laporan warga"), ("fire", "tabrakan beruntun, 3 korban")):
        body = {"kind": kind, "place": "TD-01", "request_id": request, "text": text}
        refused = rini.post("/v1/incidents", **body)
        assert (refused.status_code, refused.json()["rule"]) == (409, "request_used")


def test_act_id_when_used_on_two_incidents_at_once_then_one_is_told_so(rini: Account, ground: Ground) -> None:
    names, act = [call(rini, "crime", new_place(ground)) for _ in range(4)], str(uuid4())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: rini.post(f"/v1/incidents/{name}/acknowledge", act_id=act), names))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["rule"] for answer in answers if answer.status_code == 409} == {"act_used"}
    after = "0_0001-01-01T00:00:00+14:00_00000000-0000-0000-0000-000000000000"
    assert rini.get("/v1/incidents", after=after).status_code == 200


def orders(who: Account, number: str) -> dict[str, dict[str, Any]]:
    return {one["crew"]: one for one in who.get(f"/v1/incidents/{number}").json()["dispatches"]}


def test_crews_when_their_incident_is_cancelled_or_merged_into_one_they_are_on_then_are_called_back(
    rini: Account, budi: Account, regu: Account, ground: Ground
) -> None:
    number, other = call(rini, "fire", new_place(ground)), call(rini, "fire", new_place(ground))
    for name in (number, other):
        rini.act(name, "dispatch", crew="Regu Lampu")
    budi.act(number, "merge", into=other)
    assert orders(rini, number)["Regu Lampu"]["recalled_at"] is not None
    assert orders(rini, other)["Regu Lampu"]["recalled_at"] is None
    budi.act(other, "cancel", text="latihan")
    assert orders(rini, other)["Regu Lampu"]["recalled_at"] is not None


def test_incident_when_one_crew_is_done_and_the_other_called_back_then_stays_on_site(
    rini: Account, regu: Account, ground: Ground
) -> None:
    number = call(rini, "crime", new_place(ground))
    for crew in ("Regu Pohon 1", "Regu Lampu"):
        rini.act(number, "dispatch", crew=crew)
    first, second = (orders(rini, number)[crew]["id"] for crew in ("Regu Pohon 1", "Regu Lampu"))
    for verb in ("arrived", "done"):
        assert rini.post(f"/v1/dispatches/{first}/{verb}", act_id=str(uuid4())).status_code == 200
    assert rini.post(f"/v1/dispatches/{second}/recall", text="cukup").json()["state"] == "on_site"


def test_proof_when_the_incident_was_opened_again_then_must_be_given_again_and_not_verified_by_who_spoke_for_the_crew(
    rini: Account, budi: Account, regu: Account, ground: Ground
) -> None:
    number = call(rini, "fire", new_place(ground))
    budi.act(number, "dispatch", crew="Regu Pohon 1")
    order = orders(rini, number)["Regu Pohon 1"]["id"]
    sent = regu.put(f"/v1/dispatches/{order}/photos/{uuid4()}", photo(320), latitude=-7.60, longitude=112.69)
    assert sent.status_code == 200, sent.text
    assert budi.post(f"/v1/dispatches/{order}/done", act_id=str(uuid4())).status_code == 200
    own = budi.post(f"/v1/incidents/{number}/verify", text="x")
    assert (own.status_code, own.json()["rule"]) == (403, "same_person")
    shown = rini.get(f"/v1/incidents/{number}").json()["photos"][0]
    assert shown["distance_km"] == pytest.approx(6.67, abs=0.1)
    head = rini.post(f"/v1/incidents/{number}/reopen", text="masih berasap")
    if head.status_code == 403:
        budi.act(number, "reopen", text="masih berasap")
    refused = rini.post(f"/v1/incidents/{number}/resolve", text="padam")
    if refused.json().get("rule") == "state":
        rini.act(number, "acknowledge")
        refused = rini.post(f"/v1/incidents/{number}/resolve", text="padam")
    assert (refused.status_code, refused.json()["rule"]) == (409, "proof_missing")


def test_call_when_its_key_is_shelved_then_is_an_incident_all_the_same(
    rini: Account, budi: Account, ground: Ground
) -> None:
    site = new_place(ground)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert budi.post("/v1/shelves", key=f"fallen_tree:{site}", until=until, reason="pangkas").status_code == 201
    assert call(rini, "fallen_tree", site)
    late = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    refused = budi.post("/v1/shelves", key=f"lamp_out:{site}", until=late, reason="lama")
    assert refused.json()["rule"] == "shelf_span"
