"""Answers over HTTP: in parts, packed, in drops, and from addresses that change; without a database."""

import gzip
import io
import json
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from openpyxl import Workbook
from pydantic import TypeAdapter

from cloud.modules.errors import SourceAway, SourceFailed
from cloud.modules.sources import fetch
from cloud.modules.sources.http import read_http
from cloud.modules.sources.models import Source
from cloud.modules.sources.visit import Reach, Visit
from tests.fix_answers import Server

MAPPING = {"true_at": "fetched", "values": {"a": "a"}}
ROWS = [[number] for number in range(7)]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def _read(server: Server, kind: str = "http_csv", host: str = "127.0.0.1", **more: Any) -> list[Any]:
    plain = {"kind": kind, "url": f"http://{host}:{server.port}/x", "mapping": MAPPING, "requests_per_s": 100, **more}
    source = TypeAdapter(Source).validate_python(plain)
    return list(read_http(source, Visit("x", Reach(hosts=frozenset({"127.0.0.1"})))))  # type: ignore[arg-type]


def _written(rows: list[list[int]], kind: str) -> bytes:
    if kind == "http_json":
        return json.dumps([{"a": row[0]} for row in rows]).encode()
    if kind == "http_csv":
        return b"a\n" + b"".join(b"%d\n" % row[0] for row in rows)
    book, octets = Workbook(), io.BytesIO()
    for row in [["a"], *rows]:
        book.active.append(row)
    book.save(octets)
    return octets.getvalue()


def _page(query: dict[str, str], most: int = 1_000) -> list[list[int]]:
    size = min(int(query["size"]), most)
    begin = int(query["offset"]) if "offset" in query else (int(query["page"]) - 1) * size
    return ROWS[begin : begin + size]


PAGING = {"parameter": "page", "size_parameter": "size", "size": 3}


@pytest.mark.parametrize("kind", ["http_json", "http_csv", "http_xlsx"])
@pytest.mark.parametrize("beyond", ["empty", "404", "last", "first"])
@pytest.mark.parametrize("size", [3, 7])
def test_parts_when_the_last_one_is_over_then_reading_ends_however_the_server_says_so(server, kind, beyond, size):
    def answer(_: Any, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        rows = _page(query)
        if not rows and beyond in {"last", "first"}:
            rows = ROWS[:size] if beyond == "first" else ROWS[6:] if size == 3 else ROWS
        return (200 if rows or beyond != "404" else 404), {}, _written(rows, kind)

    server.answer = answer
    found = _read(server, kind, paging={**PAGING, "size": size})
    assert [str(row[0]) for row in found] == ["a", *map(str, range(7))]
    assert len(server.asked) <= 4


@pytest.mark.parametrize("by", ["page", "offset"])
@pytest.mark.parametrize("kind", ["http_json", "http_csv"])
def test_parts_when_the_server_gives_fewer_rows_than_asked_for_then_none_is_missed(server, kind, by):
    server.answer = lambda _, query: (200, {}, _written(_page(query, most=2), kind))
    found = _read(server, kind, paging={**PAGING, "parameter": by, "by": by, "size": 100})
    assert [str(row[0]) for row in found] == ["a", *map(str, range(7))]


@pytest.mark.parametrize("kind", ["http_json", "http_csv", "http_xlsx"])
def test_parts_when_the_server_does_not_know_the_parameter_then_its_answer_is_read_once(server, kind):
    server.answer = lambda _, __: (200, {}, _written(ROWS, kind))
    assert len(_read(server, kind, paging=PAGING)) == 8
    assert len(server.asked) == 2


def test_parts_when_there_are_more_than_the_manifest_says_then_is_refused_with_the_remedy(server):
    server.answer = lambda _, query: (200, {}, _written(_page(query), "http_csv"))
    with pytest.raises(SourceFailed, match=r"more than 2 parts, .*raise paging\.most"):
        _read(server, paging={**PAGING, "most": 2})


def test_parts_when_a_later_one_has_no_titles_or_others_then_is_refused(server):
    parts = iter([b"a\n0\n1\n2\n", b"3\n4\n5\n"])
    server.answer = lambda _, __: (200, {}, next(parts))
    with pytest.raises(SourceFailed, match="Part 2 has other columns"):
        _read(server, paging=PAGING)


def test_answer_when_packed_once_then_is_bounded_unpacked_and_when_packed_twice_is_refused(server):
    octets = gzip.compress(b"a\n" + b"1\n" * 5_000_000)
    server.answer = lambda _, __: (200, {"Content-Encoding": "gzip"}, octets)
    with pytest.raises(SourceFailed, match="raise most_bytes"):
        _read(server, most_bytes=1_000_000)
    server.answer = lambda _, __: (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(octets))
    with pytest.raises(SourceFailed, match="packed its answer more than once"):
        _read(server)


def test_answer_when_its_headers_come_in_drops_then_its_time_counts_for_them_too(server, monkeypatch):
    def drip(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _number in range(200):
            try:
                handler.wfile.write(b"x")
            except OSError:
                break
            time.sleep(0.05)
        return 200, {}, b""

    monkeypatch.setattr(fetch, "TRIES", 1)
    server.answer = drip
    began_s = time.monotonic()
    with pytest.raises(SourceAway):
        _read(server, timeout_s=0.5)
    assert time.monotonic() - began_s < 8.0


def test_name_when_it_turns_inward_after_it_was_judged_then_is_not_connected_to(server, monkeypatch):
    """A name that answers with a public address first, and with ours when it is asked again."""
    answers = iter(["192.88.98.1"] * 1 + ["127.0.0.1"] * 9)  # of a test network that nobody routes
    asked = []
    known, connected = socket.getaddrinfo, []

    def lookup(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host == "turns.example":
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]
        connected.append(host)
        return known(host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(fetch, "TRIES", 1)
    with pytest.raises(SourceFailed):
        _read(server, host="turns.example", timeout_s=0.5)
    assert (asked, connected) == (["turns.example"], ["192.88.98.1"])
    with pytest.raises(SourceFailed, match="in an inner network"):
        _read(server, host="turns.example", timeout_s=0.5)
    assert server.asked == []
