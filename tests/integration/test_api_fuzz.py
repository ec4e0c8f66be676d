"""Every route, with whatever comes to mind for each of its parameters: never a 500, always a problem or an answer."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fix_api import HTTP, RunningApi

# Streams never end; /metrics and the page take no parameters.
LEFT_OUT = {"/v1/stream", "/v1/incidents/stream", "/metrics"}
NASTY = [
    *("", "0", "-1", "1e400", "9" * 60, "NaN", "TD-01", "TD-01.lamp-1:current", "%", "_", "'", "' OR 1=1 --", "null"),
    *("\x00", "\ud800", "\n", "é\u0301", "\u202e", "🚦", "../../etc/passwd", "a" * 5_000, "[]", "{}", "true", "²"),
    *("2026-11-22T00:00:00+07:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T24:00:00Z"),
    *("0001-01-01T00:00:00+14:00_00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
    *("9999-12-31T23:59:59-14:00_00000000-0000-0000-0000-000000000000", "Asia/Jakarta", "Asia/", "1d", "csv"),
]
values = st.sampled_from(NASTY) | st.text(max_size=30)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(values, inner, max_size=3),
    max_leaves=8,
)


def read_operations(document: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """List (method, path, names of query parameters)."""
    return [
        (method, path, [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path not in LEFT_OUT
    ]


@pytest.fixture(scope="module")
def operations(api: RunningApi) -> list[tuple[str, str, list[str]]]:
    found = read_operations(HTTP.get(f"{api.url}/openapi.json").json())
    assert len(found) > 15
    return found


def escape(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def write_path(template: str, draw: st.DataObject) -> str:
    parts = [escape(draw.draw(values)) if part.startswith("{") else part for part in template.split("/")]
    return "/".join(parts)


def judge(answer: httpx.Response, asked: str) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, asked
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", asked
        assert answer.json()["detail"], asked
        # Whoever is refused learns by which rule, in both languages.
        assert all(answer.json()[name] for name in ("rule", "detail_id", "detail_en")), asked


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_every_route_when_asked_for_anything_then_answers_or_says_what_is_wrong(
    api: RunningApi, operations: list[tuple[str, str, list[str]]], draw: st.DataObject
) -> None:
    method, template, names = draw.draw(st.sampled_from(operations))
    chosen = draw.draw(st.dictionaries(st.sampled_from(names), values, max_size=4)) if names else {}
    chosen.pop("wait_s", None)  # half a minute each
    query = "&".join(f"{name}={escape(value)}" for name, value in chosen.items())
    body = {"json": draw.draw(bodies)} if method == "post" else {}
    where = f"{write_path(template, draw)}?{query}"
    try:
        answer = HTTP.request(method, api.url + where, headers=api.headers("admin"), **body)  # type: ignore[arg-type]
    except (httpx.InvalidURL, ValueError, UnicodeEncodeError):
        return  # what the client itself cannot send
    judge(answer, f"{method} {where} {body}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.sampled_from([b"\xff", b"{", b"[" * 20_000, b'{"phase": 1e999}', b'"\\ud800"'])
)
def test_lease_when_its_body_is_anything_then_is_a_problem(api: RunningApi, content: bytes) -> None:
    headers = api.headers("operator") | {"Content-Type": "application/json"}
    answer = HTTP.post(f"{api.url}/v1/junctions/TD-01/leases", content=content, headers=headers)
    judge(answer, repr(content))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wish=st.fixed_dictionaries(
        {
            "phase": st.integers(-9, 9),
            "extra_green_s": st.integers(-99, 99),
            "duration_s": st.integers(-99, 9_999),
            "reason": values,
        },
        optional={"request_id": values},
    )
)
def test_lease_when_its_words_are_anything_then_is_a_problem(api: RunningApi, wish: dict[str, Any]) -> None:
    content = json.dumps(wish).encode()
    headers = api.headers("operator") | {"Content-Type": "application/json"}
    judge(HTTP.post(f"{api.url}/v1/junctions/TD-01/leases", content=content, headers=headers), repr(wish))
