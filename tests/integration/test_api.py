"""The API over HTTP, on a real database."""

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from cloud.api.page_route import PARTS
from cloud.db import accounts
from cloud.db.rollup import DAY, HOUR, floor, roll_up
from cloud.db.tokens import make_token
from tests.fix_api import HTTP, RunningApi
from tests.fix_database import add_asset, add_box, add_series, set_latest, write_samples

PROBLEM = "application/problem+json"
LISTS = ["/v1/sites", "/v1/boxes", "/v1/assets", "/v1/series", "/v1/latest", "/v1/events", "/v1/rejected"]
PATHS = [*LISTS, "/v1/history", "/v1/quantities", "/v1/stream"]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def place(api: RunningApi) -> dict[str, Any]:
    """A site with one box, a lamp panel with two series, and a signal controller that says words."""
    box = add_box(api.owner, "TD-01", "TD-01-a")
    lamp = add_asset(api.owner, box, "TD-01.lamp-1")
    signal = add_asset(api.owner, box, "TD-01.signal-1")
    current, voltage = add_series(api.owner, lamp, ["current", "voltage"])
    plan = add_series(api.owner, signal, ["plan"])[0]
    for series, value in ((current, 1.5), (voltage, 230.0), (plan, None)):
        set_latest(api.owner, series, value)
    api.owner.execute("INSERT INTO sample_text SELECT time, series_id, 'P3' FROM series_latest WHERE value IS NULL")
    api.owner.execute('UPDATE box SET online = true, last_seen_at = now(), status = \'{"version": "1"}\'')
    fill(api, current)
    return {"box": box, "current": current, "voltage": voltage, "plan": plan}


def fill(api: RunningApi, series: int) -> None:
    """Write a sample every ten seconds of the last two days and of today so far, at most 4,320 minutes, rolled up."""
    begin = floor(NOW, DAY) - 2 * DAY
    api.owner.execute(
        "UPDATE rollup_state "
        "SET complete_until = %(at)s, minutes_until = %(at)s, hours_until = %(at)s, days_until = %(at)s",
        {"at": begin},
    )
    api.owner.execute(
        "INSERT INTO sample SELECT at, extract(EPOCH FROM at)::bigint %% 60, %s "
        "FROM generate_series(%s, %s, INTERVAL '10 s') AS at",
        [series, begin, NOW],
    )
    roll_up(api.owner)


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert {"type", "title", "detail", "instance"} <= set(body)
    assert all(body[name] for name in ("rule", "detail_id", "detail_en")), "a refusal names its rule in both languages"
    assert body["detail_id"] != body["detail_en"]
    return body


@pytest.mark.parametrize("path", PATHS)
def test_request_when_no_token_is_given_then_is_refused_and_told_how(api: RunningApi, path: str) -> None:
    answer = HTTP.get(api.url + path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "Authorization" in problem(answer)["detail"]


def test_request_when_the_token_is_wrong_then_is_refused(api: RunningApi) -> None:
    for token in ("nonsense", make_token().text, api.tokens["viewer"][:-1] + "x"):
        answer = HTTP.get(api.url + "/v1/sites", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert "token create" in problem(answer)["detail"]


def test_request_when_the_role_is_too_low_then_is_forbidden_and_says_which_is_needed(api: RunningApi) -> None:
    answer = api.get("/v1/rejected", role="viewer")
    assert answer.status_code == 403
    assert "operator" in problem(answer)["detail"]
    assert api.get("/v1/rejected", role="operator").status_code == 200
    assert api.get("/v1/rejected", role="admin").status_code == 200


def test_tokens_when_many_requests_come_at_once_with_a_new_one_then_it_is_verified_once(api: RunningApi) -> None:
    token = accounts.create_token(api.owner, "its-viewer", "viewer", "test")
    headers = {"Authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: HTTP.get(api.url + "/v1/sites", headers=headers), range(48)))
    assert {answer.status_code for answer in answers} == {200}


def test_sites_when_asked_then_say_what_is_silent(api: RunningApi, place: dict[str, Any]) -> None:
    site = api.get("/v1/sites").json()["items"][0]
    assert (site["site"], site["state"], site["assets"], site["boxes_silent"]) == ("TD-01", "ok", 2, 0)


def test_boxes_when_asked_by_site_then_show_liveness_and_status(api: RunningApi, place: dict[str, Any]) -> None:
    boxes = api.get("/v1/boxes", site="TD-01").json()["items"]
    assert [(box["box"], box["state"], box["silent"], box["status"]) for box in boxes] == [
        ("TD-01-a", "online", False, {"version": "1"})
    ]
    assert api.get("/v1/boxes", site="XX-99").json() == {"items": [], "next": None}


def test_assets_when_filtered_by_state_and_kind_then_match_both(api: RunningApi, place: dict[str, Any]) -> None:
    assert len(api.get("/v1/assets", state="ok", kind="lamp_panel").json()["items"]) == 2
    assert api.get("/v1/assets", state="silent").json()["items"] == []


def test_series_when_paged_then_every_one_comes_once(api: RunningApi, place: dict[str, Any]) -> None:
    seen: list[int] = []
    after = ""
    while after is not None:
        part = api.get("/v1/series", limit=1, after=after).json()
        seen += [series["series_id"] for series in part["items"]]
        after = part["next"]
    assert seen == [place["current"], place["voltage"], place["plan"]]


def test_latest_when_filtered_then_shows_values_and_words(api: RunningApi, place: dict[str, Any]) -> None:
    rows = api.get("/v1/latest", site="TD-01").json()["items"]
    assert [(row["series"], row["value"], row["text"]) for row in rows] == [
        ("TD-01.lamp-1:current", 1.5, None),
        ("TD-01.lamp-1:voltage", 230.0, None),
        ("TD-01.signal-1:plan", None, "P3"),
    ]
    chosen = HTTP.get(
        f"{api.url}/v1/latest?series={place['plan']}&series={place['voltage']}", headers=api.headers()
    ).json()["items"]
    assert [row["series_id"] for row in chosen] == [place["voltage"], place["plan"]]


def history(api: RunningApi, span: timedelta, **more: object) -> dict[str, Any]:
    body: dict[str, Any] = api.get(
        "/v1/history",
        **{"series": "TD-01.lamp-1:current", "from": (NOW - span).isoformat(), "to": NOW.isoformat(), **more},
    ).json()
    return body


@pytest.mark.parametrize(
    ("span", "points", "resolution"),
    [
        (timedelta(minutes=10), 100, "raw"),
        (timedelta(hours=2), 200, "1m"),
        (timedelta(days=2), 100, "1h"),
        (timedelta(days=2), 5, "1d"),
        (timedelta(days=400), 5_000, "1m"),
        (timedelta(days=400), 2, "1d"),
    ],
)
def test_history_when_the_span_grows_then_the_finest_that_fits_is_chosen(
    api: RunningApi, place: dict[str, Any], span: timedelta, points: int, resolution: str
) -> None:
    body = history(api, span, points=points)
    assert body["resolution"] == resolution
    assert 0 < len(body["points"]) <= points
    assert body["truncated"] is False


def test_history_when_days_do_not_fit_then_several_make_a_point(api: RunningApi, place: dict[str, Any]) -> None:
    body = history(api, timedelta(days=400), points=2)
    assert body["width_s"] == 400 * 86_400
    assert sum(point["n"] for point in body["points"]) > 17_000


def test_history_when_hours_are_chosen_then_figures_are_those_of_the_samples(
    api: RunningApi, place: dict[str, Any]
) -> None:
    point = history(api, timedelta(days=2), resolution="1h")["points"][3]
    assert (point["n"], point["min"], point["max"], point["value"]) == (360, 0, 50, 25)


def test_history_when_a_resolution_is_stated_then_is_cut_and_says_so(api: RunningApi, place: dict[str, Any]) -> None:
    body = history(api, timedelta(hours=5), resolution="raw", points=10)
    assert (len(body["points"]), body["truncated"]) == (10, True)


def test_history_when_minutes_were_dropped_then_hours_answer(api: RunningApi, place: dict[str, Any]) -> None:
    api.owner.execute("UPDATE rollup_state SET raw_from = %(at)s, minutes_from = %(at)s", {"at": NOW - HOUR})
    try:
        assert history(api, timedelta(minutes=30), points=5_000)["resolution"] == "raw"
        assert history(api, timedelta(hours=3), points=5_000)["resolution"] == "1h"
    finally:
        api.owner.execute("UPDATE rollup_state SET raw_from = 'epoch', minutes_from = 'epoch'")


def test_history_when_asked_as_csv_then_has_local_time_and_the_name(api: RunningApi, place: dict[str, Any]) -> None:
    answer = api.get("/v1/history", series=place["current"], format="csv", tz="Asia/Jakarta", points=10)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="TD-01.lamp-1_current_1d.csv"' in answer.headers["content-disposition"]
    assert all(row["time"].endswith("T00:00:00+07:00") for row in rows)
    accepted = HTTP.get(
        f"{api.url}/v1/history", params={"series": place["current"]}, headers=api.headers() | {"Accept": "text/csv"}
    )
    assert accepted.text.startswith("time,value,min,max,last,n\r\n")


def test_history_when_the_series_is_of_words_then_they_come(api: RunningApi, place: dict[str, Any]) -> None:
    body = api.get("/v1/history", series="TD-01.signal-1:plan", tz="Asia/Jakarta").json()
    assert [point["text"] for point in body["points"]] == ["P3"]
    assert body["points"][0]["time"].endswith("+07:00")
    text = api.get("/v1/history", series="TD-01.signal-1:plan", format="csv").text
    assert text.splitlines()[0] == "time,text"


def test_history_when_a_plus_was_not_escaped_then_is_understood(api: RunningApi, place: dict[str, Any]) -> None:
    local = (NOW - HOUR).astimezone().isoformat(timespec="seconds")
    answer = HTTP.get(f"{api.url}/v1/history?series={place['current']}&from={local}", headers=api.headers())
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("parameters", "status", "told"),
    [
        ({"series": "none:such"}, 404, "/v1/series lists them"),
        ({"series": "99999999999999999999"}, 404, "/v1/series"),
        ({"series": "1", "from": "yesterday"}, 422, "write it like"),
        ({"series": "1", "from": "2026-01-01T00:00:00"}, 422, "has no offset"),
        ({"series": "1", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 400, "must be before"),
        ({"series": "1", "points": "5001"}, 422, "5000"),
        ({"series": "1", "points": "0"}, 422, "2"),
        ({"series": "1", "tz": "Mars/Base"}, 400, "Asia/Jakarta"),
        ({"series": "1", "tz": "../../etc/passwd"}, 400, "Asia/Jakarta"),
        ({"series": "1", "point": "10"}, 422, "query.point"),
        ({}, 422, "series"),
    ],
)
def test_history_when_asked_wrongly_then_says_what_is_right(
    api: RunningApi, place: dict[str, Any], parameters: dict[str, str], status: int, told: str
) -> None:
    answer = api.get("/v1/history", **parameters)
    assert answer.status_code == status
    assert told in problem(answer)["detail"]


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
@pytest.mark.parametrize("path", ["/v1/series", "/v1/latest", "/v1/rejected", "/v1/events"])
def test_page_when_its_place_is_nonsense_then_is_refused(api: RunningApi, path: str, after: str) -> None:
    answer = api.get(path, role="admin", after=after)
    assert answer.status_code == 400
    assert "give `next`" in problem(answer)["detail"]


def test_events_when_paged_then_come_newest_first_and_once(api: RunningApi, place: dict[str, Any]) -> None:
    for number in range(5):
        api.owner.execute(
            "INSERT INTO event (id, type, source, box_id, time, severity, payload) "
            "VALUES (%s, 'lamp.out', '/x', %s, %s, 'warning', '{}')",
            [UUID(int=number), place["box"], NOW - timedelta(minutes=number // 2)],
        )
    seen: list[str] = []
    after = ""
    while after is not None:
        part = api.get("/v1/events", limit=2, after=after, site="TD-01").json()
        seen += [event["id"] for event in part["items"]]
        after = part["next"]
    assert seen == [str(UUID(int=number)) for number in (1, 0, 3, 2, 4)]


def test_event_when_its_boxs_clock_ran_ahead_then_says_so(api: RunningApi, place: dict[str, Any]) -> None:
    api.owner.execute(
        "INSERT INTO event (id, type, source, box_id, time, severity, payload, clock_suspect) "
        "VALUES (%s, 'siren.on', '/x', %s, %s, 'critical', '{}', true)",
        [UUID(int=9), place["box"], NOW],
    )
    items = api.get("/v1/events", site="TD-01", type="siren.on").json()["items"]
    assert [event["clock_suspect"] for event in items] == [True]


def test_rejected_when_bytes_were_sent_then_shows_their_beginning_as_text(api: RunningApi) -> None:
    api.owner.execute(
        "INSERT INTO rejected_message (box, topic, reason, payload) VALUES ('B', 't', 'not_json', %s)",
        [b"\x00\xff{" + b"a" * 9_000],
    )
    row = api.get("/v1/rejected", role="operator", box="B").json()["items"][0]
    assert row["excerpt"].startswith("\\000\\377{aaa")
    assert len(row["excerpt"]) <= 400


def test_probes_when_all_is_well_then_say_so_without_a_token(api: RunningApi) -> None:
    assert HTTP.get(api.url + "/healthz").text == "alive\n"
    assert HTTP.get(api.url + "/readyz").json() == {"ready": True}


def test_readyz_when_the_schema_is_behind_then_is_not_ready(api: RunningApi) -> None:
    api.owner.execute("UPDATE schema_migration SET checksum = 'old' || checksum WHERE name LIKE 'repeatable/%'")
    answer = HTTP.get(api.url + "/readyz")
    api.owner.execute("UPDATE schema_migration SET checksum = substr(checksum, 4) WHERE name LIKE 'repeatable/%'")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    problem(answer)


def test_metrics_when_read_from_loopback_then_name_routes_by_their_template(api: RunningApi) -> None:
    for path in ("/v1/quantities", "/wp-login.php"):
        api.get(path)
    text = HTTP.get(api.url + "/metrics").text
    assert 'api_request_seconds_count{method="GET",route="/v1/quantities",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert "wp-login" not in text
    assert "api_database_pool_size" in text


def test_metrics_when_read_through_a_proxy_then_need_a_token(api: RunningApi) -> None:
    far = {"X-Forwarded-For": "203.0.113.7"}
    assert HTTP.get(api.url + "/metrics", headers=far).status_code == 401
    assert HTTP.get(api.url + "/metrics", headers=far | api.headers()).status_code == 200


def test_unknown_path_and_method_when_asked_then_are_problems(api: RunningApi) -> None:
    assert problem(api.get("/nothing"))["status"] == 404
    answer = HTTP.post(api.url + "/v1/sites", headers=api.headers())
    assert problem(answer)["status"] == 405


def test_page_when_opened_then_takes_nothing_from_elsewhere(api: RunningApi) -> None:
    answer = HTTP.get(api.url + "/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    parts = [f"/{part}" for part in PARTS]
    assert {"/page.css", "/icon.svg", "/values.js", "/junctions.js", "/words.js"} <= set(parts)
    for path in ("/", "/junctions", "/favicon.ico", *parts):
        body = HTTP.get(api.url + path)
        assert body.status_code == 200
        assert body.headers["x-content-type-options"] == "nosniff"
        text = body.text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert " style=" not in text
        assert " onclick=" not in text


def test_openapi_when_read_then_is_3_1_and_describes_every_operation(api: RunningApi) -> None:
    document = HTTP.get(api.url + "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) >= 12
    assert all(operation["description"] for operation in operations)


def test_token_when_revoked_then_ends_within_its_minute(api: RunningApi) -> None:
    token = accounts.create_token(api.owner, "its-viewer", "viewer", "test")
    headers = {"Authorization": f"Bearer {token}"}
    assert HTTP.get(api.url + "/v1/sites", headers=headers).status_code == 200
    accounts.revoke_token(api.owner, token.split("_")[1], "test")
    authenticator = api.server.config.app.state.authenticator  # type: ignore[union-attr]
    authenticator._clock = lambda: time.monotonic() + 61
    try:
        assert HTTP.get(api.url + "/v1/sites", headers=headers).status_code == 401
    finally:
        authenticator._clock = time.monotonic


def test_token_when_it_expires_then_ends_at_once_though_it_was_remembered(api: RunningApi) -> None:
    token = accounts.create_token(api.owner, "its-viewer", "viewer", "test")
    api.owner.execute("UPDATE token SET expires_at = now() + INTERVAL '3 s' WHERE id = %s", (token.split("_")[1],))
    headers = {"Authorization": f"Bearer {token}"}
    assert HTTP.get(api.url + "/v1/sites", headers=headers).status_code == 200
    time.sleep(3.2)
    assert HTTP.get(api.url + "/v1/sites", headers=headers).status_code == 401


def test_writes_when_samples_come_then_are_seen_in_history_at_once(api: RunningApi, place: dict[str, Any]) -> None:
    at = datetime.now(UTC)
    write_samples(api.owner, [(at, place["voltage"], 231.0)])
    body = api.get("/v1/history", series="TD-01.lamp-1:voltage").json()
    assert body["points"] == [{"time": at.isoformat().replace("+00:00", "Z"), "value": 231.0}]
