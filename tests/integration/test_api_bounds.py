"""What the API bounds: wrong tokens, slow lines, streams, control characters, bodies. Valid callers notice nothing."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from cloud.api import wire
from cloud.api.auth import MAX_FAILURES
from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.tokens import make_token
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import as_role

PROBLEM = "application/problem+json"
Connect = Callable[[], socket.socket]


def ask(url: str, token: str, **headers: str) -> int:
    return HTTP.get(f"{url}/v1/sites", headers={"Authorization": f"Bearer {token}"} | headers).status_code


def new_token(api: RunningApi) -> str:
    return accounts.create_token(api.owner, f"its-{uuid4().hex[:8]}", "viewer", "test")


def wrong_secret(token: str) -> str:
    return token.rsplit("_", 1)[0][:15] + "_" + make_token().text.split("_", 2)[2]


@pytest.fixture
def forgetless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong tokens stay counted, however slowly a busy machine sends them."""
    monkeypatch.setattr("cloud.api.auth.FAILURE_REFILL_S", 1e9)


@pytest.mark.usefixtures("forgetless")
def test_wrong_tokens_when_many_come_then_they_are_slowed_and_a_valid_one_never_seen_before_passes(
    api: RunningApi,
) -> None:
    statuses = [ask(api.url, make_token().text) for _ in range(MAX_FAILURES + 5)]
    assert set(statuses[-5:]) == {429}
    assert ask(api.url, new_token(api)) == 200
    assert ask(api.url, api.tokens["viewer"]) == 200
    assert ask(api.url, make_token().text) == 429


def test_wrong_secrets_when_they_flood_one_token_then_other_tokens_pass_at_once(api: RunningApi) -> None:
    victim = new_token(api)
    with ThreadPoolExecutor(24) as pool:
        flood = [pool.submit(ask, api.url, wrong_secret(victim)) for _ in range(48)]
        assert ask(api.url, new_token(api)) == 200
        assert {answer.result() for answer in flood} <= {401, 429}
    assert ask(api.url, victim) == 200


@pytest.mark.usefixtures("forgetless")
def test_forwarded_address_when_no_proxy_is_trusted_then_is_not_believed(api: RunningApi) -> None:
    for number in range(MAX_FAILURES + 1):
        ask(api.url, make_token().text, **{"X-Forwarded-For": f"203.0.113.{number}"})
    assert ask(api.url, make_token().text, **{"X-Forwarded-For": "203.0.113.200"}) == 429


@pytest.mark.usefixtures("forgetless")
def test_forwarded_address_when_the_proxy_is_trusted_then_wrong_tokens_count_for_it(api: RunningApi) -> None:
    settings = ApiSettings(dsn=as_role(api.dsn, "api"), port=0, log_level="error", trusted_proxies="127.0.0.1")
    with serve(settings) as (url, _):
        for _ in range(MAX_FAILURES + 1):
            last = ask(url, make_token().text, **{"X-Forwarded-For": "203.0.113.1"})
        assert last == 429
        assert ask(url, make_token().text, **{"X-Forwarded-For": "203.0.113.2"}) == 401


def test_trusted_proxies_when_they_are_no_addresses_then_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no address or network, such as 10\.0\.0\.5"):
        ApiSettings(trusted_proxies="10.0.0.1, gateway")


@pytest.fixture
def quick(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Open a line to an API that gives a request half a second, and three connections."""
    monkeypatch.setattr("cloud.api.__main__.REQUEST_S", 0.5)
    settings = ApiSettings(
        dsn=as_role(api.dsn, "api"), port=0, log_level="error", slow_client_s=1.0, max_streams=2, max_connections=3
    )
    with serve(settings) as (url, server), contextlib.ExitStack() as lines:
        # Connections inherit it: a full line is reached after kilobytes, not megabytes.
        server.servers[0].sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        port = int(url.rsplit(":", 1)[1])
        yield lambda: lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))


def is_cut(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def ask_alive(line: socket.socket) -> None:
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while b"alive" not in answer:
        taken = line.recv(4_096)
        assert taken, answer
        answer += taken


def drip(line: socket.socket, octets: bytes) -> None:
    """Send one octet after another until the other side has had enough."""
    with contextlib.suppress(OSError):
        for octet in octets:
            line.sendall(bytes([octet]))
            time.sleep(0.05)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /v1/junctions/TD-01/leases HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n",
    ],
)
def test_request_when_it_does_not_arrive_then_its_line_is_cut(quick: Connect, beginning: bytes) -> None:
    line = quick()
    line.sendall(beginning)
    began_s = time.monotonic()
    assert is_cut(line)
    assert time.monotonic() - began_s < 10


def test_request_when_it_drips_in_then_its_line_is_cut_before_it_ends(quick: Connect) -> None:
    line = quick()
    began_s = time.monotonic()
    drip(line, b"GET /healthz HTTP/1.1\r\nX-Long: " + b"a" * 400)
    assert time.monotonic() - began_s < 15
    assert is_cut(line)


def test_requests_when_they_are_whole_then_one_line_serves_many_beyond_the_time_of_one(quick: Connect) -> None:
    line = quick()
    for _ in range(4):
        ask_alive(line)
        time.sleep(0.2)


def test_connections_when_there_are_as_many_as_may_be_then_one_more_is_cut_and_the_others_go_on(
    quick: Connect,
) -> None:
    lines = [quick() for _ in range(3)]
    for line in lines:
        ask_alive(line)
    assert is_cut(quick())
    ask_alive(lines[0])


def test_header_when_it_never_ends_then_is_refused(quick: Connect) -> None:
    line = quick()
    line.sendall(b"GET /healthz HTTP/1.1\r\nX-Long: " + b"a" * (2 * wire.MAX_HEADER_BYTES))
    assert line.recv(12) == b"HTTP/1.1 400"


def test_streams_when_there_are_as_many_as_may_be_then_the_problem_says_so(api: RunningApi) -> None:
    live = api.server.config.app.state.live  # type: ignore[union-attr]
    clients = [live.join({}, None) for _ in range(5)]
    try:
        answer = api.get("/v1/stream")
    finally:
        for client in clients:
            live.leave(client)
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert "5 live streams are open" in answer.json()["detail"]


@pytest.mark.parametrize("where", ["/v1/sites?after=%00", "/v1/assets?site=a%0Ab", "/v1/junctions/TD%00", "/%7f"])
def test_address_when_it_has_a_control_character_then_is_a_problem(api: RunningApi, where: str) -> None:
    answer = HTTP.get(api.url + where, headers=api.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert "control character" in answer.json()["detail"]


def test_body_when_it_is_too_large_then_is_refused_said_or_not(api: RunningApi) -> None:
    large = b'{"reason": "' + b"a" * 70_000 + b'"}'
    for body in (large, iter([large[:40_000], large[40_000:]])):
        answer = HTTP.post(f"{api.url}/v1/junctions/TD-01/leases", content=body, headers=api.headers("operator"))
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


def test_reason_when_it_has_a_control_character_then_is_refused(api: RunningApi) -> None:
    wish = {"phase": 2, "extra_green_s": 10, "duration_s": 600, "reason": "a\x00b"}
    answer = HTTP.post(f"{api.url}/v1/junctions/TD-01/leases", json=wish, headers=api.headers("operator"))
    assert answer.status_code == 422
    assert "control character" in answer.json()["detail"]
