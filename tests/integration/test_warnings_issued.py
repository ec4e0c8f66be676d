"""Issuing, updating and cancelling warnings over HTTP; what the public can read; the stage of the regency."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from capvalidator.validate import Validator
from defusedxml.ElementTree import fromstring

from cloud.api.settings import ApiSettings
from cloud.warning.cap_xml import read_alert
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import add_box, as_role

ATOM = "{http://www.w3.org/2005/Atom}"
RING = [[112.80, -7.66], [112.88, -7.66], [112.88, -7.62], [112.80, -7.62], [112.80, -7.66]]
CROSSED = [[112.80, -7.66], [112.88, -7.62], [112.88, -7.66], [112.80, -7.62], [112.80, -7.66]]


def body(**changes: Any) -> dict[str, Any]:
    return {
        "status": "Exercise",
        "event": {"id": "Banjir", "en": "Flood"},
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "responses": ["Prepare"],
        "headline": {"id": "Welang meluap <2 jam", "en": "The Welang will be over its banks"},
        "description": {"id": "Siaga 1 di Purwodadi & Kraton.", "en": "Siaga 1 at Purwodadi & Kraton."},
        "instruction": {"id": "Naik ke tempat tinggi.", "en": "Go to high ground."},
        "expires_in_s": 3_600,
        "area": {"id": "Kraton", "en": "Kraton"},
        "polygons": [RING],
        "reason": "latihan bulanan",
        "request_id": uuid4().hex,
        **changes,
    }


@pytest.fixture(scope="module")
def room(api: RunningApi) -> Iterator[RunningApi]:
    """The API with a name as a sender."""
    add_box(api.owner, "KRT-01", "KRT-01-a")
    api.owner.execute("UPDATE site SET latitude = -7.6597, longitude = 112.846")
    settings = ApiSettings(
        dsn=as_role(api.dsn, "api"), port=0, log_level="error", cap_sender="pusdalops@satulayar.invalid"
    )
    with serve(settings) as (url, server):
        yield RunningApi(url, api.dsn, api.owner, api.tokens, server)


def post(room: RunningApi, path: str, content: Any, role: Any = "admin") -> Any:
    return HTTP.post(room.url + path, json=content, headers=room.headers(role))


def issue(room: RunningApi, **changes: Any) -> dict[str, Any]:
    answer = post(room, "/v1/warnings", body(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def entries(room: RunningApi, feed: str) -> list[str]:
    root = fromstring(HTTP.get(f"{room.url}/v1/cap/{feed}.atom").content)
    return [str(entry.findtext(f"{ATOM}id")).removeprefix("urn:uuid:") for entry in root.iter(f"{ATOM}entry")]


def document(room: RunningApi, warning: str) -> bytes:
    answer = HTTP.get(f"{room.url}/v1/cap/{warning}.xml")
    assert answer.headers["content-type"] == "application/cap+xml"
    return answer.content


def test_warning_when_it_is_issued_then_everybody_can_read_it_as_valid_cap_in_both_languages(room: RunningApi) -> None:
    made = issue(room, status="Actual")
    written = document(room, made["id"])
    assert Validator(written).schema()[0], "not valid against the OASIS schema"
    alert = read_alert(written)
    assert [(info.language, info.headline) for info in alert.infos] == [
        ("id-ID", "Welang meluap <2 jam"),
        ("en-US", "The Welang will be over its banks"),
    ]
    assert alert.infos[0].areas[0].polygons[0][0] == (-7.66, 112.80)
    assert made["id"] in entries(room, "actual")
    assert made["in_force"]


def test_exercise_when_it_is_issued_then_it_is_in_its_own_feed_and_never_on_the_wall(room: RunningApi) -> None:
    made = issue(room)
    assert made["id"] in entries(room, "exercise")
    assert made["id"] not in entries(room, "actual") + entries(room, "test")
    shown = room.owner.execute("SELECT warning FROM wall.warning").fetchall()
    assert (made["id"],) not in shown


def test_update_when_it_follows_then_it_refers_to_all_earlier_and_only_it_is_in_force(room: RunningApi) -> None:
    first = issue(room, status="Actual")
    second = post(room, f"/v1/warnings/{first['id']}/update", body(status="Actual", severity="Extreme")).json()
    third = post(room, f"/v1/warnings/{second['id']}/cancel", body(status="Actual")).json()
    written = document(room, third["id"])
    assert Validator(written).schema()[0]
    alert = read_alert(written)
    assert alert.message_type == "Cancel"
    assert [one.identifier for one in alert.references] == [first["identifier"], second["identifier"]]
    shown = {row[0] for row in room.owner.execute("SELECT warning FROM wall.warning").fetchall()}
    assert not shown & {first["id"], second["id"], third["id"]}


def test_warning_when_it_was_changed_already_then_a_second_change_is_refused(room: RunningApi) -> None:
    first = issue(room)
    codes: list[int] = []

    def change() -> None:
        codes.append(post(room, f"/v1/warnings/{first['id']}/update", body()).status_code)

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409, 409, 409]


def test_same_request_when_it_comes_twice_then_there_is_one_warning(room: RunningApi) -> None:
    content = body()
    first, second = (post(room, "/v1/warnings", content).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert post(room, "/v1/warnings", content | {"severity": "Minor"}).json()["rule"] == "request_id_used"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"polygons": [CROSSED]}, "polygon"),
        ({"polygons": [[[y, x] for x, y in RING]]}, "malformed"),
        ({"polygons": [[[112.8, 7.66], [112.9, 7.66], [112.9, 7.6], [112.8, 7.66]]]}, "elsewhere"),
        ({"polygons": [RING[:4]]}, "not_cap"),
        ({"headline": {"id": "a\x07b", "en": "b"}}, "not_cap"),
        ({"headline": {"id": "a" * 501, "en": "b"}}, "not_cap"),
        ({"headline": {"id": "hanya Indonesia"}}, "malformed"),
        ({"expires_in_s": 0}, "malformed"),
        ({"expires_in_s": 10_000_000}, "malformed"),
        ({"onset_at": "9999-12-31T23:59:59Z"}, "not_cap"),
        ({"status": "Draft"}, "malformed"),
    ],
    ids=[
        "crossed",
        "swapped",
        "elsewhere",
        "open",
        "bell",
        "long",
        "one-tongue",
        "no-end",
        "too-long",
        "9999",
        "draft",
    ],
)
def test_warning_when_it_makes_no_sense_then_the_rule_is_named_in_both_languages(
    room: RunningApi, changes: dict[str, Any], rule: str
) -> None:
    answer = post(room, "/v1/warnings", body(**changes)).json()
    assert answer["rule"] == rule
    assert answer["detail_id"]
    assert answer["detail_en"]


@pytest.mark.parametrize(
    ("odd", "where"),
    [
        ({"event": {"id": " ", "en": "Flood"}}, "event"),
        ({"area": {"id": "\u3000", "en": "\t"}}, "area"),
        ({"web": "not a uri %%% {}"}, "web"),
        ({"web": "javascript:alert(1)"}, "web"),
        ({"circles": [{"longitude": 112.8, "latitude": -7.65, "radius_km": 1e-9}]}, "radius_km"),
    ],
)
def test_warning_when_no_reader_of_cap_could_use_it_then_it_is_refused(
    room: RunningApi, odd: dict[str, Any], where: str
) -> None:
    answer = post(room, "/v1/warnings", body(**odd))
    assert answer.status_code == 422
    assert where in answer.text


def test_warning_when_all_of_it_is_used_then_its_document_is_valid(room: RunningApi) -> None:
    onset = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    circle = {"longitude": 112.8, "latitude": -7.65, "radius_km": 0.05}
    made = issue(room, web="https://bpbd.invalid/a b?c=ü", contact="112", onset_at=onset, circles=[circle])
    assert Validator(document(room, made["id"])).schema()[0]


def test_request_when_anything_that_is_published_differs_then_it_is_refused_and_not_taken_for_the_first(
    room: RunningApi,
) -> None:
    first = body()
    assert post(room, "/v1/warnings", first).status_code == 201
    for change in (
        {"area": {"id": "Bangil", "en": "Bangil"}},
        {"instruction": {"id": "Mengungsi!", "en": "Leave!"}},
        {"expires_in_s": 7_200},
        {"urgency": "Immediate"},
        {"polygons": [[*RING[:2], [112.9, -7.6], *RING[3:]]]},
    ):
        answer = post(room, "/v1/warnings", first | change)
        assert (answer.status_code, answer.json()["rule"]) == (409, "request_id_used"), change
    assert post(room, "/v1/warnings", first | {"reason": "lagi"}).status_code == 201


def test_request_when_it_is_sent_six_times_at_once_then_all_get_the_one_warning_and_the_audit_has_it_once(
    room: RunningApi,
) -> None:
    content = body()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(room, "/v1/warnings", content), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    (made,) = {answer.json()["id"] for answer in answers}
    ((issued,),) = room.owner.execute(
        "SELECT count(*) FROM audit WHERE action = 'warning_issued' AND at > now() - interval '1 min'"
        " AND NOT EXISTS (SELECT FROM warning WHERE warning.id::text = audit.subject)"
    ).fetchall()
    assert issued == 0, f"the audit has warnings that are not {made}"


def test_exercise_when_an_update_calls_it_real_then_it_is_refused(room: RunningApi) -> None:
    made = issue(room)
    answer = post(room, f"/v1/warnings/{made['id']}/update", body(status="Actual"))
    assert (answer.status_code, answer.json()["rule"]) == (409, "status_kept")


def test_warning_when_it_is_over_then_it_cannot_be_updated(room: RunningApi) -> None:
    made = issue(room)
    room.owner.execute("UPDATE warning SET expires_at = now() WHERE id = %s", [made["id"]])
    answer = post(room, f"/v1/warnings/{made['id']}/update", body())
    assert (answer.status_code, answer.json()["rule"]) == (409, "over")


def test_operator_when_he_issues_then_he_is_refused_and_the_audit_has_it(room: RunningApi) -> None:
    answer = post(room, "/v1/warnings", body(), "operator")
    assert (answer.status_code, answer.json()["rule"]) == (403, "role_warning")
    noted = room.get("/v1/audit", "admin", action="warning_refused").json()["items"][0]
    assert noted["detail"]["rule"] == "role_warning"


def test_api_when_it_has_no_name_as_a_sender_then_nothing_can_be_issued(room: RunningApi, api: RunningApi) -> None:
    answer = HTTP.post(api.url + "/v1/warnings", json=body(), headers=api.headers("admin"))
    assert (answer.status_code, answer.json()["rule"]) == (409, "no_sender")


def test_document_when_it_is_not_ours_then_it_is_not_there(room: RunningApi) -> None:
    assert HTTP.get(f"{room.url}/v1/cap/{UUID(int=7)}.xml").status_code == 404


def test_stage_when_a_head_sets_it_then_it_stands_with_its_reason_and_again_changes_nothing(room: RunningApi) -> None:
    for _ in range(2):
        answer = post(room, "/v1/stage", {"stage": 3, "reason": "hujan lebat sejak siang"})
        assert (answer.status_code, answer.json()["stage"]) == (200, 3)
    assert len(room.get("/v1/stage").json()["items"]) == 1
    assert post(room, "/v1/stage", {"stage": 6, "reason": "abc"}).status_code == 422
    assert post(room, "/v1/stage", {"stage": 2, "reason": "abc"}, "operator").json()["rule"] == "role_stage"
