"""The live stream and what happens when a line is cut."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cloud.api.live import MAX_PER_HOLDER, Live
from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.tokens import Role
from simulators.proxy import Proxy
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import add_asset, add_box, add_series, as_role, set_latest
from tests.fix_people import People

Told = tuple[str, Any]


@contextmanager
def following(api: RunningApi, query: str = "", role: Role = "viewer") -> Iterator[Iterator[Told]]:
    """Open a stream and yield (event, data) as they come."""
    with HTTP.stream("GET", f"{api.url}/v1/stream?{query}", headers=api.headers(role)) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield tell(answer.iter_lines())


def tell(lines: Iterator[str]) -> Iterator[Told]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def live_of(api: RunningApi) -> Live:
    live: Live = api.server.config.app.state.live  # type: ignore[union-attr]
    return live


def wait_until(condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def series(api: RunningApi) -> list[int]:
    asset = add_asset(api.owner, add_box(api.owner), "TD-01.lamp-1")
    ids = add_series(api.owner, asset, ["current", "voltage"])
    for one in ids:
        set_latest(api.owner, one, 0.0)
    return ids


def test_stream_when_joined_then_tells_what_is_known_then_what_moves(api: RunningApi, series: list[int]) -> None:
    with following(api) as told:
        name, samples = next(told)
        assert (name, {sample["series_id"] for sample in samples}) == ("latest", set(series))
        set_latest(api.owner, series[0], 42.0)
        moved = next(one for _, data in told for one in data if one["value"] == 42.0)
        assert moved["series"] == "TD-01.lamp-1:current"


def test_stream_when_values_move_quickly_then_the_newest_comes_and_few_messages(
    api: RunningApi, series: list[int]
) -> None:
    with following(api, f"series={series[1]}") as told:
        next(told)
        for number in range(200):
            set_latest(api.owner, series[1], 1_000.0 + number)
        messages = []
        for _, data in told:
            messages.append(data)
            if data[-1]["value"] == 1_199.0:
                break
    assert len(messages) < 20
    assert all(len(data) == 1 for data in messages)


def test_stream_when_only_one_asset_is_asked_then_other_events_stay_away(api: RunningApi, series: list[int]) -> None:
    other = add_asset(api.owner, add_box(api.owner, "PU-01", "PU-01-a"), "PU-01.cam-1")
    with following(api, "asset=TD-01.lamp-1") as told:
        next(told)
        for asset_id in (other, None):
            announce(api, "tree.fallen", asset_id)
        announce(api, "lamp.out", 1)
        event = next(data for name, data in told if name == "event")
    assert (event["type"], event["asset"]) == ("lamp.out", "TD-01.lamp-1")


def test_stream_when_somebody_only_brings_figures_then_is_not_told_who_was_given_which_clip(
    api: RunningApi, series: list[int]
) -> None:
    for role, wanted in (("module_owner", "id.satulayar.lamp.failed"), ("viewer", "id.satulayar.clip.delivered")):
        with following(api, role=role) as told:
            next(told)
            announce(api, "id.satulayar.clip.delivered", None)
            announce(api, "id.satulayar.lamp.failed", None)
            events = (payload for kind, payload in told if kind == "event")
            assert next(events)["type"] == wanted


def announce(api: RunningApi, kind: str, asset_id: int | None) -> None:
    identity = uuid4()
    api.owner.execute(
        "INSERT INTO event (id, type, source, box_id, asset_id, time) VALUES (%s, %s, '/x', 1, %s, now())",
        [identity, kind, asset_id],
    )
    api.owner.execute("SELECT pg_notify('event', %s)", [str(identity)])


def test_stream_when_somebody_notifies_nonsense_then_goes_on(api: RunningApi, series: list[int]) -> None:
    with following(api) as told:
        next(told)
        api.owner.execute("SELECT pg_notify('event', 'nonsense')")
        set_latest(api.owner, series[0], 77.0)
        assert any(sample["value"] == 77.0 for _, data in told for sample in data)


def test_stream_when_too_much_matches_then_is_refused_before_it_begins(api: RunningApi, series: list[int]) -> None:
    answer = api.get("/v1/stream", limit=1)
    assert answer.status_code == 400
    assert "name a site" in answer.json()["detail"]


def test_stream_when_there_are_as_many_as_may_be_then_one_more_is_refused(api: RunningApi, series: list[int]) -> None:
    wait_until(lambda: live_of(api).clients == 0)
    clients = [live_of(api).join({}, None) for _ in range(5)]
    try:
        answer = api.get("/v1/stream")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    finally:
        for client in clients:
            live_of(api).leave(client)


def test_stream_when_its_client_reads_nothing_then_is_dropped_and_others_go_on(
    api: RunningApi, series: list[int]
) -> None:
    wait_until(lambda: live_of(api).clients == 0)
    many = add_series(api.owner, 1, [f"q{number}" for number in range(900)])
    api.owner.execute("INSERT INTO series_latest SELECT unnest(%s::int[]), now(), 0, now()", [many])
    port = int(api.url.rsplit(":", 1)[1])
    # Connections inherit it: a full line is reached after kilobytes, not megabytes.
    api.server.servers[0].sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.connect(("127.0.0.1", port))
        request = (
            f"GET /v1/stream?limit=2000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.tokens['viewer']}\r\n\r\n"
        )
        line.sendall(request.encode())
        wait_until(lambda: live_of(api).clients == 1)
        stopping = threading.Event()
        mover = threading.Thread(target=move_all, args=(api, stopping))
        mover.start()
        try:
            wait_until(lambda: live_of(api).clients == 0, timeout_s=25)
        finally:
            stopping.set()
            mover.join()
    api.owner.execute("DELETE FROM series_latest WHERE series_id = ANY(%s)", [many])
    with following(api) as told:
        assert next(told)[0] == "latest"


def move_all(api: RunningApi, stopping: threading.Event) -> None:
    with connect(api.dsn, "test", autocommit=True) as connection:
        while not stopping.wait(0.1):
            connection.execute("UPDATE series_latest SET time = clock_timestamp(), received_at = now()")
            connection.execute("SELECT pg_notify('sample_latest', '')")


@pytest.fixture
def own_cluster(stack_home: Path) -> Iterator[LocalCluster]:
    with LocalCluster(stack_home / f"cluster-{uuid4().hex[:6]}", settings={"fsync": "off"}) as cluster:
        yield cluster


def test_api_when_the_line_to_the_database_is_cut_then_says_so_and_comes_back(
    own_cluster: LocalCluster, make_proxy: Callable[[int], Proxy]
) -> None:
    dsn = own_cluster.create_database("satulayar", "template0")
    with connect(dsn, "test", autocommit=True) as owner:
        migrate(owner)
        token = accounts.create_token(owner, "x", "viewer", "test")
        series = add_series(owner, add_asset(owner, add_box(owner), "TD-01.lamp-1"), ["current"])[0]
        set_latest(owner, series, 1.0)
        proxy = make_proxy(own_cluster.port)
        settings = ApiSettings(dsn=own_cluster.dsn(port=proxy.port), port=0, log_level="error")
        with serve(settings) as (url, server):
            api = RunningApi(url, dsn, owner, {"viewer": token, "operator": token, "admin": token}, server)
            wait_until(lambda: api.get("/readyz").status_code == 200)
            with following(api) as told:
                next(told)
                proxy.cut()
                assert api.get("/healthz").status_code == 200
                wait_until(lambda: api.get("/v1/sites").status_code == 503)
                set_latest(owner, series, 2.0)
                proxy.heal()
                wait_until(lambda: api.get("/v1/sites").status_code == 200)
                # The same stream goes on, with what moved while nobody could hear it.
                assert any(sample["value"] == 2.0 for _, data in told for sample in data)


def test_stream_when_of_somebody_signed_in_then_goes_on_until_he_is_signed_out(
    api: RunningApi, people: People, series: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.api.streams.HEARTBEAT_S", 0.05)
    monkeypatch.setattr("cloud.api.streams.RECHECK_S", 0.05)
    for path, end in (("/v1/stream", "lock"), ("/v1/incidents/stream", "lower")):
        person = people.add(f"tonton-{end}", "viewer")
        person.sign_in()
        with person.client.stream("GET", path) as answer:
            lines = answer.iter_lines()
            assert sum(line == ": quiet" for _, line in zip(range(60), lines, strict=False)) > 5, "looked at often"
            if end == "lock":
                accounts.disable_account(api.owner, person.name, "test")
            else:
                accounts.change_account(api.owner, person.name, "test", role="crew")
            assert next(name for name, _ in tell(lines)) == "bye"


def test_streams_when_one_session_opens_many_then_others_have_room(api: RunningApi, people: People) -> None:
    settings = ApiSettings(dsn=as_role(api.dsn, "api"), port=0, log_level="error", max_streams=20)
    with serve(settings) as (url, server), ExitStack() as stack:
        headers = {"Authorization": f"Bearer {api.tokens['viewer']}"}
        for _ in range(MAX_PER_HOLDER):
            one = stack.enter_context(HTTP.stream("GET", f"{url}/v1/incidents/stream", headers=headers))
            assert one.status_code == 200
        refused = HTTP.get(f"{url}/v1/incidents/stream", headers=headers)
        assert (refused.status_code, refused.json()["rule"]) == (429, "too_many_own_streams")
        other = {"Authorization": f"Bearer {api.tokens['operator']}"}
        with HTTP.stream("GET", f"{url}/v1/incidents/stream", headers=other) as answer:
            assert answer.status_code == 200
        stack.close()
        wait_until(lambda: server.config.app.state.live.clients == 0)  # type: ignore[union-attr]
