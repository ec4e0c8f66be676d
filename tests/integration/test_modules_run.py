"""A module's run against a real HTTP server and a real database: what is stored, corrected, held, refused."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
import yaml

from cloud.errors import NotFound
from cloud.modules.brought import Person
from cloud.modules.held import decide
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.run import Occasion, run_module
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings
from cloud.modules.sources.visit import Reach
from cloud.modules.store import ModuleStore, register
from tests.fix_database import as_role

HERE = frozenset({"127.0.0.1"})
PERSON = Occasion("person", "ani")
Answer = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class Source:
    """A server whose answers a test sets; it notes what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.asked.append((self.path, dict(self.headers)))
                given = source.answers.pop(0) if len(source.answers) > 1 else source.answers[0]
                if callable(given):
                    given(self)
                    return
                status, headers, body = given
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/beds"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()

    def give(self, *rows: dict[str, Any], **headers: str) -> None:
        self.answers = [
            (200, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(rows).encode())
        ]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()
    yield source
    source.close()


@pytest.fixture
def visit(database: str, source: Source) -> Iterator[Callable[..., tuple[bool, str]]]:
    """Run the module once; keywords change its source."""
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:

        def once(occasion: Occasion = PERSON, allowed: frozenset[str] = HERE, **changes: Any) -> tuple[bool, str]:
            plain = yaml.safe_load(_MANIFEST)
            plain["source"] |= {"url": source.url} | changes
            outcome = run_module(connection, "beds", Manifest.model_validate(plain), Reach(allowed), occasion)
            return outcome.good, outcome.text_en

        yield once


_MANIFEST = """
title: {id: Tempat tidur, en: Beds}
owner: Dinas Kesehatan
contact: seksi rujukan
legal_basis: UU 17/2023
period: instant
fresh_for: 2h
dimensions: {hospital: {title: {id: RS, en: Hospital}, values: {A: {id: RS A, en: A}, B: {id: RS B, en: B}}}}
indicators: {free: {title: {id: Kosong, en: Free}, unit: "{bed}", dimensions: [hospital]}}
source:
  kind: http_json
  mapping: {true_at: pada, keys: {hospital: {column: rs}}, values: {free: kosong}, numbers: en}
"""


def _row(hospital: str, free: object, at: str = "2026-11-20T08:00:00+07:00") -> dict[str, Any]:
    return {"rs": hospital, "kosong": free, "pada": at}


def _shown(database: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT keys[1], value FROM wall.module_figure ORDER BY 1").fetchall()


def _query(database: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(statement).fetchall()  # type: ignore[arg-type]


def test_figures_when_they_come_again_and_one_is_corrected_then_both_versions_can_be_read(database, source, visit):
    source.give(_row("A", 7), _row("B", 3))
    assert visit() == (True, "2 rows, 2 figures, 0 rejected")
    source.give(_row("A", 6), _row("B", 3))
    assert visit()[0]
    assert _shown(database) == [("A", 6.0), ("B", 3.0)]
    past = """SELECT value, known_until IS NULL FROM indicator_value JOIN indicator_cell AS c ON c.id = cell_id
        WHERE keys = '{A}'"""
    assert sorted(_query(database, past)) == [(6.0, True), (7.0, False)]
    assert _query(database, "SELECT state, changed FROM module_run ORDER BY id") == [("done", 2), ("done", 1)]


def test_source_when_it_says_or_shows_that_nothing_changed_then_nothing_is_written(database, source, visit):
    source.give(_row("A", 7), ETag='"1"')
    assert visit()[0]
    assert visit() == (True, "unchanged")  # the same content
    source.answers = [(304, {}, b"")]
    assert visit() == (True, "unchanged")
    assert source.asked[-1][1]["If-None-Match"] == '"1"'
    assert _query(database, "SELECT count(*) FROM indicator_value") == [(1,)]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, {}, b"<!DOCTYPE html><p>Masuk</p>"), "web page instead of data"),
        ((200, {}, b'[{"rs": "A", "kos'), "no whole JSON"),
        ((200, {"Content-Length": "9000"}, b'[{"rs": "A"}'), "cannot be read"),
        ((200, {}, b'{"fault": 1}'), "no list of objects"),
        ((200, {}, b"[]"), "no rows at all"),
        ((200, {}, b'[{"rs": "A", "pada": "2026-11-20", "sisa": 1}]'), "missing: kosong"),
        ((401, {}, b""), "check the credentials"),
        ((404, {}, b""), "answers 404"),
        ((302, {"Location": "http://10.0.0.1/beds"}, b""), "inner network"),
        ((200, {}, b"[" + b" " * 3_000 + b"]"), "more than 2000 bytes"),
    ],
)
def test_source_when_it_fails_then_the_last_good_figure_stays_and_the_run_says_why(
    database, source, visit, answer, says
):
    source.give(_row("A", 7))
    assert visit()[0]
    source.answers = [answer]
    good, said = visit(most_bytes=2_000, timeout_s=2)
    assert not good
    assert says in said
    assert _shown(database) == [("A", 7.0)]
    assert _query(database, "SELECT state, fault_en FROM module_run ORDER BY id DESC LIMIT 1") == [("failed", said)]


def _raw(source: Source, *pieces: bytes, pause_s: float = 0.0, **headers: str) -> None:
    """Have the source send pieces as they stand, without a length, and close."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with suppress(OSError):
            for piece in pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(pause_s)
        handler.close_connection = True

    source.answers = [answer]


def test_source_when_it_answers_in_drops_then_its_time_counts_for_the_whole_answer(source, visit, monkeypatch):
    monkeypatch.setattr("cloud.modules.sources.fetch.TRIES", 1)
    _raw(source, *[b" "] * 100, pause_s=0.2)
    began_s = time.monotonic()
    good, said = visit(timeout_s=1)
    assert (good, "took longer than 1 s" in said) == (False, True), said
    assert time.monotonic() - began_s < 15  # not the twenty of the answer


@pytest.mark.parametrize("ends", ["", "\n"])
def test_table_when_its_length_is_unsaid_then_half_a_row_at_its_end_is_left_out_with_a_line(
    database, source, visit, ends
):
    _raw(source, f"pada;rs;kosong\n2026-11-01;A;12\n2026-11-01;B;98{ends}".encode())
    assert visit(kind="http_csv")[0]
    assert _shown(database) == [("A", 12.0)] + [("B", 98.0)] * bool(ends)
    assert _query(database, "SELECT reason FROM module_run_line") == [("half_row",)] * (not ends)


def test_table_when_its_length_is_said_then_needs_no_line_end(database, source, visit):
    source.answers = [(200, {}, b"pada;rs;kosong\n2026-11-01;A;12")]
    assert visit(kind="http_csv")[0]
    assert _shown(database) == [("A", 12.0)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "http://127.0.0.1:99999/x"}, ""),
        ({"url": "http://[::1/x"}, "no HTTP address"),
        ({"url": "${SOURCE_BEDS_URL}/x"}, "SOURCE_BEDS_URL is not set"),
        ({"headers": {"X-Key": "geheim\u20ac"}}, "UnicodeEncodeError"),
        ({"rows": "data["}, "source.rows"),
    ],
)
def test_source_when_it_cannot_even_be_asked_then_the_run_is_failed_and_tells_no_key(
    database, source, visit, changes, says
):
    source.give(_row("A", 7))
    good, said = visit(**changes)
    assert (good, says in said, "geheim" in said) == (False, True, False), said
    assert _query(database, "SELECT state, fault_en FROM module_run") == [("failed", said)]


def test_source_when_its_json_is_a_hundred_thousand_lists_deep_then_the_run_is_failed(database, source, visit):
    source.answers = [(200, {}, b"[" * 200_000)]
    good, said = visit()
    assert (good, "no whole JSON" in said) == (False, True), said


def test_source_when_in_an_inner_network_and_not_allowed_then_is_not_even_asked(source, visit):
    good, said = visit(allowed=frozenset())
    assert (good, source.asked) == (False, [])
    assert "SATULAYAR_MODULES_ALLOWED_HOSTS" in said


def test_source_when_busy_then_is_asked_again(source, visit):
    source.answers = [(503, {"Retry-After": "0"}, b""), (200, {}, json.dumps([_row("A", 7)]).encode())]
    assert visit() == (True, "1 rows, 1 figures, 0 rejected")


def test_source_when_it_answers_in_parts_then_all_are_read(source, visit):
    parts = [[_row("A", 7)], [_row("B", 8)], []]
    source.answers = [(200, {}, json.dumps(part).encode()) for part in parts]
    paging = {"parameter": "halaman", "size": 1, "size_parameter": "per"}
    assert visit(paging=paging, requests_per_s=100) == (True, "2 rows, 2 figures, 0 rejected")
    assert [path for path, _ in source.asked] == [f"/beds?halaman={number}&per=1" for number in (1, 2, 3)]


def test_figure_when_a_hundred_times_the_usual_then_waits_for_a_person(database, source, visit):
    source.give(*(_row("A", 7, f"2026-11-{day}T08:00:00Z") for day in (10, 11, 12)), _row("B", 900, "2026-11-12"))
    assert visit()[0]
    source.give(_row("A", 900, "2026-11-13T08:00:00Z"), _row("B", 9, "2026-11-13"))
    assert visit()[0]
    assert _shown(database) == [("A", 7.0), ("B", 9.0)]  # of B too little is known to call it unusual
    assert _query(database, "SELECT value, usual FROM indicator_held") == [(900.0, 7.0)]
    assert _query(database, "SELECT held FROM module_run ORDER BY id") == [(0,), (1,)]


def test_modules_when_on_schedule_then_run_in_time_and_a_wrong_one_disturbs_no_other(database, source, tmp_path):
    source.give(_row("A", 7))
    good = yaml.safe_load(_MANIFEST) | {"schedule": "* * * * *"}
    good["source"]["url"] = source.url

    def put(name: str, text: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "module.yaml").write_text(text, encoding="utf-8")

    put("one", yaml.safe_dump(good))
    put("two", yaml.safe_dump(good))
    put("wrong", "title: [")
    ahead = timedelta(seconds=56 - datetime.now(UTC).second)  # four seconds before the minute
    settings = ModulesSettings(dsn=as_role(database, "modules"), folders=[tmp_path], allowed_hosts=HERE)
    scheduler = Scheduler(settings, lambda: datetime.now(UTC) + ahead)
    thread = threading.Thread(target=scheduler.work)
    thread.start()
    try:
        runs = (
            "SELECT name, started_at + %s - due_at < '5 s' FROM module_run JOIN module m ON m.id = module_id "
            "WHERE due_at = date_trunc('minute', due_at) ORDER BY 1"
        )
        deadline_s = time.monotonic() + 30
        with psycopg.connect(database, autocommit=True) as connection:
            while len(found := connection.execute(runs, [ahead]).fetchall()) < 2:
                assert time.monotonic() < deadline_s, found
                time.sleep(0.05)
    finally:
        scheduler.stop()
        thread.join()
    assert found == [("one", True), ("two", True)]


def test_wall_reader_when_it_reads_figures_then_sees_both_times_and_staleness(database, source, visit):
    source.give(_row("A", 7))
    assert visit()[0]
    with psycopg.connect(as_role(database, "wall_reader")) as wall:
        figures = wall.execute("SELECT stale, fetched_at > true_at, age_s > 7200, kept_back FROM wall.module_figure")
        assert figures.fetchall() == [(True, True, True, False)]
        assert wall.execute("SELECT state, overdue FROM wall.module_state").fetchall() == [("done", True)]


def test_indicator_when_it_may_be_older_than_its_module_then_is_fresh_for_longer(database, source, visit):
    source.give(_row("A", 7))
    assert visit()[0]
    plain = yaml.safe_load(_MANIFEST)
    plain["source"]["url"] = source.url
    plain["indicators"]["free"]["fresh_for"] = "36000d"
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:
        register(connection, "beds", Manifest.model_validate(plain))
    assert _query(database, "SELECT stale FROM wall.module_figure") == [(False,)]
    assert _query(database, "SELECT overdue, figures_late FROM wall.module_state") == [(False, 0)]


def test_figure_when_it_comes_twice_and_differs_then_neither_is_stored_and_it_is_told(database, source, visit):
    source.give(_row("A", 10), _row("A", 20), _row("B", 5), _row("B", 5))
    assert visit()[0]
    assert _query(database, "SELECT value FROM indicator_value") == [(5.0,)]
    lines = "SELECT reason, detail_en LIKE 'free A: came more than once%', first_row FROM module_run_line"
    assert _query(database, lines) == [("twice", True, None)]
    assert _query(database, "SELECT rejected FROM module_run") == [(2,)]


def test_runs_when_two_read_at_once_then_the_later_reading_stays_and_no_time_runs_backwards(database, source, visit):
    source.give(_row("A", 10))
    assert visit()[0]
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as slow, psycopg.connect(
        as_role(database, "modules"), autocommit=True
    ) as fast:  # fmt: skip
        early, late = ModuleStore(slow, "beds"), ModuleStore(fast, "beds")

        def store(into: ModuleStore, run: int, value: float, meanwhile: Callable[[], None] = lambda: None) -> None:
            def figures() -> Iterator[Figure]:
                meanwhile()
                yield Figure("free", ("A",), datetime(2026, 11, 20, 1, tzinfo=UTC), value)

            into.keep(run, figures(), Report(), None)

        first, second = early.begin("person", "ani", None), late.begin("person", "budi", None)
        store(early, first, 11.0, lambda: store(late, second, 12.0))
        assert _shown(database) == [("A", 12.0)]
        # The same way round, begun by the clock before what it corrects was stored.
        third = early.begin("person", "ani", None)
        store(early, third, 13.0, lambda: store(late, second, 14.0))
    assert _shown(database) == [("A", 13.0)]
    assert _query(database, "SELECT bool_and(known_from <= known_until) FROM indicator_value") == [(True,)]


@pytest.mark.parametrize("says", ["again the same", "304"])
def test_runs_when_a_later_one_saw_a_figure_unchanged_then_a_slower_earlier_one_does_not_overwrite_it(
    database, source, visit, says
):
    source.give(_row("A", 10), ETag='"1"')
    assert visit()[0]
    arrived, go = threading.Event(), threading.Event()

    def late(handler: BaseHTTPRequestHandler) -> None:
        """What the source said a while ago, and what arrives now."""
        body = json.dumps([_row("A", 11)]).encode()
        arrived.set()
        go.wait(30)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    plain = yaml.safe_load(_MANIFEST)
    plain["source"]["url"] = source.url
    manifest = Manifest.model_validate(plain)
    again = (304, {}, b"") if says == "304" else (200, {}, json.dumps([_row("A", 10), _row("B", 1)]).encode())
    source.answers = [late, again]

    def slow() -> None:
        with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:
            run_module(connection, "beds", manifest, Reach(HERE), PERSON)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert arrived.wait(30)
        assert visit()[0]  # begins after it, and is done before it
    finally:
        go.set()
        thread.join(30)
    assert _query(database, "SELECT count(*) FROM module_run WHERE state = 'running'") == [(0,)]
    assert _shown(database)[0] == ("A", 10.0)
    source.give(_row("A", 12))
    assert visit()[0]  # a later one may correct it, as ever
    assert _shown(database)[0] == ("A", 12.0)


def _give_usual(source, visit) -> None:
    source.give(*(_row("A", 7, f"2026-11-{day}T08:00:00Z") for day in (10, 11, 12)))
    assert visit()[0]


def test_held_figure_when_its_source_corrects_it_then_can_be_accepted_no_more(database, source, visit):
    _give_usual(source, visit)
    for value in (900, 9):
        source.give(_row("A", value, "2026-11-13T08:00:00Z"))
        assert visit()[0]
    assert _query(database, "SELECT value, decided_by, accepted FROM indicator_held") == [(900.0, "source", None)]
    (held,) = _query(database, "SELECT id FROM indicator_held")
    with (
        psycopg.connect(as_role(database, "modules"), autocommit=True) as connection,
        pytest.raises(NotFound, match="its source has corrected it"),
    ):
        decide(connection, held[0], accepted=True, person=Person("ani", is_admin=True))
    assert _shown(database) == [("A", 9.0)]
    source.give(_row("A", 900, "2026-11-13T08:00:00Z"))
    assert visit()[0]
    assert _query(database, "SELECT count(*) FROM indicator_held WHERE decided_at IS NULL") == [(1,)]


def test_unusual_value_when_it_stays_at_every_visit_then_one_question_waits_about_the_newest(database, source, visit):
    _give_usual(source, visit)
    for hour in (1, 2, 3):
        source.give(_row("A", 900, f"2026-11-13T0{hour}:00:00Z"), _row("A", 900, f"2026-11-13T0{hour}:30:00Z"))
        assert visit()[0]
    newest = "SELECT to_char(true_at AT TIME ZONE 'UTC', 'HH24:MI') FROM indicator_held"
    assert _query(database, newest) == [("03:30",)]
