"""Every route there is: what nobody, a viewer, a crew and another site get of it. A new one is judged, too."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cloud.api.guard import HEADERS
from tests.fix_api import HTTP, RunningApi
from tests.fix_people import People, Person

Operation = tuple[str, str]

# What is open to everybody, with the reason.
OPEN: dict[Operation, str] = {
    ("get", "/healthz"): "says yes or no",
    ("get", "/readyz"): "says yes or no",
    ("get", "/metrics"): "open to this machine by a setting",
    ("post", "/v1/session"): "the door",
    ("get", "/v1/openid"): "the door's button",
    ("post", "/v1/openid/ways"): "the door",
    ("post", "/v1/openid/sessions"): "the door",
    ("post", "/v1/openid/logout"): "signed by the provider",
    ("post", "/v1/alerts/grafana"): "signed by Grafana",
    ("get", "/v1/cap/{feed}.atom"): "warnings are for the public",
    ("get", "/v1/cap/{warning}.xml"): "warnings are for the public",
}
# Open to programs with a token or a certificate of their own, for which no cookie stands.
BY_TOKEN = {
    ("post", "/v1/modules/{module}/figures"),
    ("post", "/v1/box/uploads"),
    ("patch", "/v1/box/uploads/{event}/{sha256}"),
}
# What somebody who may only look changes all the same: what is his own.
OWN: dict[Operation, str] = {
    ("delete", "/v1/session"): "signing out",
    ("post", "/v1/me/password"): "one's own password",
    ("delete", "/v1/me/sessions/{session}"): "one's own sessions",
}
# What crews see: what they mount, what they are sent to, and themselves.
CREWS = ("/v1/claims/", "/v1/crew/", "/v1/crews/me/", "/v1/dispatches/", "/v1/me")
ID = "00000000-0000-7000-8000-000000000000"
# What is judged before the right, with the reason: a kind that is not there, and octets that are none of a photo.
FIRST = {("post", "/v1/shelves"): 400}
UNSAFE = ("post", "put", "patch", "delete")


def fill(path: str) -> str:
    """Write something into a path's gaps that every kind of gap takes."""
    return re.sub(r"\{[^}]+\}", ID, path.replace("{verb}", "accept"))


@pytest.fixture(scope="module")
def operations(api: RunningApi) -> list[Operation]:
    paths: dict[str, Any] = HTTP.get(f"{api.url}/openapi.json").json()["paths"]
    found = [(method, path) for path, operations in paths.items() for method in operations]
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def pages(api: RunningApi) -> list[Operation]:
    """Pages and what their forms send to: what the description does not have."""
    app = api.server.config.app
    routes = list(walk(app.routes))  # type: ignore[union-attr]
    described = set(app.openapi()["paths"])  # type: ignore[union-attr]
    found = {(method.lower(), path) for path, methods in routes for method in methods if path not in described}
    assert len(found) > 50
    return sorted(found)


def walk(routes: Any) -> Iterator[tuple[str, set[str]]]:
    for route in routes:
        if hasattr(route, "path") and getattr(route, "methods", None):
            yield route.path, route.methods - {"HEAD", "OPTIONS"}
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(inner, "routes"):
            yield from walk(inner.routes)


def ask(api: RunningApi, operation: Operation, **given: Any) -> httpx.Response:
    """Ask as whoever the headers say, with a body that is right as far as its description goes."""
    method, path = operation
    document = api.server.config.app.openapi()  # type: ignore[union-attr]
    described = document["paths"].get(path, {}).get(method, {}).get("requestBody", {}).get("content", {})
    if "application/json" in described:
        given["json"] = write_body(described["application/json"]["schema"], document)
    return HTTP.request(method, api.url + fill(path), **given)


def write_body(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Write the least that a schema asks for."""
    if "$ref" in schema:
        return write_body(document["components"]["schemas"][schema["$ref"].split("/")[-1]], document)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return write_body(schema[choice][0], document)
    if schema.get("type") == "object":
        wanted = schema.get("required", ())
        return {name: write_body(schema["properties"][name], document) for name in wanted}
    if schema.get("type") == "array":
        return [write_body(schema["items"], document)] * schema.get("minItems", 0)
    return write_value(schema)


def write_value(schema: dict[str, Any]) -> Any:
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") in ("integer", "number"):
        return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    by_format = {"uuid": ID, "date-time": (datetime.now(UTC) + timedelta(hours=1)).isoformat(), "date": "2026-11-22"}
    text = by_format.get(schema.get("format", ""), "a" * max(schema.get("minLength", 1), 4))
    return schema.get("type") == "boolean" or text


def test_route_when_nobody_is_signed_in_then_says_so(api: RunningApi, operations: list[Operation]) -> None:
    told = {one: ask(api, one).status_code for one in operations if one not in OPEN}
    assert {one: status for one, status in told.items() if status != 401} == {}
    assert set(OPEN) <= set(operations), "no longer there"


def test_route_when_it_changes_something_then_a_viewer_may_not(api: RunningApi, operations: list[Operation]) -> None:
    changing = [one for one in operations if one[0] in UNSAFE and one not in OPEN and one not in OWN]
    told = {one: ask(api, one, headers=api.headers("viewer")).status_code for one in changing}
    assert len(told) > 40
    # Where it is looked first whether there is such a thing: 404. A body of octets is looked at first: 400.
    refused = {403, 404}
    wrong = {one: status for one, status in told.items() if status not in refused and one not in BY_TOKEN}
    wrong = {one: status for one, status in wrong.items() if FIRST.get(one) != status}
    assert {one: status for one, status in wrong.items() if (status, "photos" in one[1]) != (400, True)} == {}
    assert set(OWN) <= set(operations), "no longer there"


def test_route_when_it_shows_the_house_then_a_crew_may_not(api: RunningApi, operations: list[Operation]) -> None:
    shown = [one for one in operations if one[0] == "get" and one not in OPEN]
    told = {one[1]: ask(api, one, headers=api.headers("crew")).status_code for one in shown}
    open_to_crews = {path for path, status in told.items() if status != 403}
    assert {path for path in open_to_crews if not path.startswith(CREWS)} == set()


def test_route_when_another_site_sends_it_with_our_cookie_then_is_refused(
    api: RunningApi, people: People, operations: list[Operation]
) -> None:
    admin = people.add("table-admin", "admin")
    admin.sign_in()
    cookie = {"Cookie": f"sl_session={admin.cookie()}"}
    there = cookie | {"Origin": "https://elsewhere.example", "X-CSRF-Token": admin.csrf}
    for one in operations:
        if one[0] in UNSAFE and one not in OPEN and one not in BY_TOKEN:
            for headers in (there, cookie, cookie | {"Origin": api.url}):
                answer = ask(api, one, headers=headers)
                assert (answer.status_code, answer.json()["rule"]) == (403, "csrf"), (one, headers)
    assert admin.client.get("/v1/me").status_code == 200


def test_page_when_nobody_is_signed_in_then_shows_nothing_and_does_nothing(
    api: RunningApi, pages: list[Operation]
) -> None:
    for operation in pages:
        answer = ask(api, operation)
        where = answer.headers.get("location", "")
        is_file = re.search(r"\.(js|css|svg|webmanifest|geojson|ico|html)$", operation[1])
        if is_file or operation[1] in OPEN_PAGES:
            continue
        assert answer.status_code in (303, 401, 403, 404, 422), (operation, answer.status_code)
        assert answer.status_code != 303 or where.startswith("/login"), (operation, where)


# Pages that a script fills, with the rights of whoever looks; the door; what is for everybody.
OPEN_PAGES = {
    "/openapi.json",
    "/",
    "/junctions",
    "/cameras",
    "/login",
    "/login/openid",
    "/login/openid/back",
    "/crew",
    "/crew/",
    "/duty/",
}


def test_form_when_another_site_sends_it_then_nothing_is_done(
    api: RunningApi, people: People, pages: list[Operation]
) -> None:
    admin = people.add("form-admin", "admin")
    admin.sign_in()
    before = api.owner.execute("SELECT count(*) FROM audit").fetchone()
    for method, path in pages:
        if method not in UNSAFE or path == "/login":
            continue
        for form, origin in (({"csrf": admin.csrf}, "https://elsewhere.example"), ({"csrf": "0" * 64}, api.url)):
            answer = post_form(admin, path, form, origin)
            assert answer.status_code in (200, 400, 403, 404, 422), (path, origin, answer.status_code)
            assert answer.status_code != 200 or 'class="told bad' in answer.text, (path, origin)
    assert api.owner.execute("SELECT count(*) FROM audit").fetchone() == before
    assert admin.client.get("/v1/me").status_code == 200


def post_form(person: Person, path: str, form: dict[str, str], origin: str) -> httpx.Response:
    headers = {"Origin": origin, "X-CSRF-Token": "", "HX-Request": "true"}
    return person.client.post(fill(path), data=form, headers=headers)


@pytest.mark.parametrize("path", ["/v1/sites", "/v1/me", "/openapi.json", "/healthz", "/login", "/crew/", "/icon.svg"])
def test_answer_when_given_then_has_a_policy_and_stands_in_no_frame(api: RunningApi, path: str) -> None:
    answer = api.get(path)
    for name in HEADERS:
        assert answer.headers.get_list(name.decode()), name
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
    if path.startswith("/v1/"):
        assert answer.headers["cache-control"] == "no-store"
