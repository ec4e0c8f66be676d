"""Every panel's and every variable's SQL, as Grafana would send it, by the role that Grafana has."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cloud.db.connection import Connection, connect
from grafana.alerts.rules import RULES
from grafana.generate import dashboards
from grafana.macros import Span, expand
from grafana.queries import PanelQuery, of_dashboard
from grafana.words import LANGUAGES, Language
from tests.fix_database import as_role
from tests.pictures.draw import looks_of

CHOSEN: dict[str, str | list[str]] = {
    "site": "S0001-01",
    "gauge": "S0001-01.gauge-1",
    "box": "S0001-01-a",
    "district": "35.14.11",
}
SPANS = {"1h": timedelta(hours=1), "30d": timedelta(days=30), "1y": timedelta(days=365)}
_EVERY = [query for language in LANGUAGES for board in dashboards(language).values() for query in of_dashboard(board)]
# Most panels ask the same in both languages.
QUERIES = list({query.sql: query for query in _EVERY}.values())


def ask(connection: Connection, query: PanelQuery, span: timedelta = timedelta(hours=1), **chosen: Any) -> list[Any]:
    """Send a panel's SQL; a failure names the panel."""
    now = datetime.now(UTC)
    sql = expand(query.sql, Span(now - span, now, query.points), CHOSEN | chosen)
    try:
        return connection.execute(sql).fetchall()
    except psycopg.Error as error:
        pytest.fail(f"{query.place}: {error}\n{sql}")


@pytest.mark.parametrize("span", SPANS)
def test_panel_when_asked_over_a_span_then_its_sql_runs(reader: Connection, span: str) -> None:
    for query in QUERIES:
        ask(reader, query, SPANS[span])


# Nothing is overdue, no river rises above another, no door stands open, no mains are missing.
QUIET = ("wall.module_trouble", "wall.river_reach", "door_open")


def test_panel_when_the_regency_lives_then_shows_something(reader: Connection) -> None:
    for query in QUERIES:
        if not any(word in query.sql for word in QUIET):
            assert ask(reader, query, timedelta(days=2)), f"{query.place} shows nothing"


def test_panel_when_a_view_is_gone_then_the_failure_names_the_panel(reader: Connection) -> None:
    lost = PanelQuery("satulayar-x", "Judul panel", "A", "SELECT * FROM wall.no_longer_there", "table")
    with pytest.raises(pytest.fail.Exception, match=r"Judul panel.*no_longer_there"):
        ask(reader, lost)


def test_figure_when_nobody_knows_then_is_unknown_and_not_0(owner: Connection) -> None:
    """An empty regency: nothing is registered, no engine counts incidents, no service is installed."""
    figures = [panel for panel in dashboards("id")["dinding"]["panels"] if panel["type"] == "stat"]
    for panel in figures:
        for row in owner.execute(_sent(next(iter(_queries(panel)))).encode(), prepare=False).fetchall():
            known = [value for value in row if value is not None]
            # Of rivers: no stage is -1, which has its word; no gauge is silent.
            assert known == ([-1, 0] if panel["title"] == "Siaga tertinggi" else []), panel["title"]
    owner.execute("INSERT INTO operations_pulse (at, look_ms) VALUES (now(), 1)")
    counted = next(panel for panel in figures if panel["title"] == "Insiden terbuka")
    assert owner.execute(_sent(next(iter(_queries(counted)))).encode()).fetchall() == [(0,)]


def test_variable_when_it_holds_an_apostrophe_then_stays_a_word(reader: Connection) -> None:
    evil = "S'; DROP VIEW wall.pulse; SELECT '"
    for query in QUERIES:
        if "${" in query.sql:
            assert not ask(reader, query, site=evil, gauge=evil, box=evil, district=evil), query.place
    assert reader.execute("SELECT count(*) FROM wall.pulse").fetchone() == (1,)


def test_series_when_drawn_over_time_then_have_time_first_in_order(reader: Connection) -> None:
    for query in QUERIES:
        if query.shape == "time_series":
            times = [row[0] for row in ask(reader, query, timedelta(hours=2))]
            assert times == sorted(times), query.place
            assert all(isinstance(at, datetime) for at in times), query.place


def test_points_when_a_year_is_shown_then_are_few(reader: Connection) -> None:
    for query in QUERIES:
        if query.shape == "time_series":
            for days in (1, 365):
                assert len(ask(reader, query, timedelta(days=days))) < 4_000, query.place


def test_day_when_a_year_is_shown_then_begins_at_midnight_in_pasuruan(reader: Connection) -> None:
    query = next(query for query in QUERIES if query.shape == "time_series" and "kind = 'detector'" in query.sql)
    hours = {row[0].astimezone(UTC).hour for row in ask(reader, query, timedelta(days=365))}
    assert hours == {17}


# What people have written, or what is called so everywhere: accounts, reasons, tables of the database, versions.
OWN_WORDS = {"requester", "assigned_to", "account", "reason", "relation", "version", "sender", "asset", "site", "box"}
CODE = re.compile(r"[a-z][a-z0-9]*([_.][a-z0-9]+)*|id\..+|\{.*\}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_panel_when_people_read_it_then_no_code_of_a_program_is_on_it(reader: Connection, language: Language) -> None:
    for board in dashboards(language).values():
        for query, panel in _listed(board):
            if panel["type"] not in ("table", "timeseries"):
                continue
            cursor = reader.execute(_sent(query).encode(), prepare=False)
            names = [column.name for column in cursor.description or []]
            shown = [(place, look) for place, look in enumerate(looks_of(panel, names)) if not look.hidden]
            rows = cursor.fetchall()
            if query.shape == "time_series":
                assert _lines_without_words(panel, names, rows) == set(), query.place
                continue
            assert {names[place] for place, _ in shown} <= _named(panel) | {"place", "value"}, query.place
            for place, look in shown:
                said = {row[place] for row in rows if isinstance(row[place], str)} - look.words.keys()
                codes = {word for word in said if CODE.fullmatch(word)}
                assert not codes or names[place] in OWN_WORDS, (query.place, names[place], codes)


def _listed(board: dict[str, Any]) -> Iterator[tuple[PanelQuery, dict[str, Any]]]:
    for panel in board["panels"]:
        for query in _queries(panel, board["uid"]):
            yield query, panel


def _queries(panel: dict[str, Any], board: str = "satulayar-dinding") -> Iterator[PanelQuery]:
    return of_dashboard({"uid": board, "templating": {"list": []}, "panels": [panel]})


def _sent(query: PanelQuery) -> str:
    now = datetime.now(UTC)
    return expand(query.sql, Span(now - timedelta(days=7), now, query.points), CHOSEN)


def _named(panel: dict[str, Any]) -> set[str]:
    overrides = panel["fieldConfig"]["overrides"]
    return {one["matcher"]["options"] for one in overrides if any(p["id"] == "displayName" for p in one["properties"])}


def _lines_without_words(panel: dict[str, Any], names: list[str], rows: list[Any]) -> set[str]:
    """Give the lines that would be called by a column's or a code's name; an asset's own code is what crews call it."""
    lines = {str(row[1]) for row in rows} if "metric" in names else {name for name in names if name != "time"}
    return {line for line in lines if CODE.fullmatch(line)} - _named(panel)


def test_link_when_it_names_a_field_of_its_row_then_the_row_has_it(reader: Connection) -> None:
    for language in LANGUAGES:
        for board in dashboards(language).values():
            for query, panel in _listed(board):
                fields = set(re.findall(r"__data\.fields\.(\w+)", json.dumps(panel["fieldConfig"])))
                cursor = reader.execute(_sent(query).encode(), prepare=False)
                assert fields <= {column.name for column in cursor.description or []}, query.place


def test_reader_when_it_writes_or_leaves_the_wall_then_is_refused(regency_database: str) -> None:
    orders = {
        "CREATE TABLE x (a int)": psycopg.errors.Error,
        "BEGIN READ WRITE; DELETE FROM public.wall_pulse": psycopg.errors.InsufficientPrivilege,
        "SELECT * FROM public.wall_asset": psycopg.errors.InsufficientPrivilege,
        "SELECT * FROM public.grafana_alert": psycopg.errors.InsufficientPrivilege,
        "CALL public.wall_pulse_assets()": psycopg.errors.Error,
    }
    for order, error in orders.items():
        with connect(as_role(regency_database, "wall_reader"), "test", autocommit=True) as fresh, pytest.raises(error):
            fresh.execute(order)


def test_reader_when_all_its_rights_are_counted_then_may_read_the_wall_and_do_nothing_else(owner: Connection) -> None:
    may = "has_table_privilege('wall_reader', part.oid, 'SELECT')"
    writes = "has_table_privilege('wall_reader', part.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
    listed = """
        SELECT space.nspname, part.relname, part.relkind, {may}, {writes}
        FROM pg_class AS part INNER JOIN pg_namespace AS space ON part.relnamespace = space.oid
        WHERE part.relkind IN ('r', 'v', 'm', 'p', 'f') AND space.nspname IN ('public', 'wall')
    """
    rows = owner.execute(listed.format(may=may, writes=writes).encode()).fetchall()
    assert {kind for space, _, kind, _, _ in rows if space == "wall"} == {"v"}
    assert {space for space, *_ in rows} == {"public", "wall"}
    # What the extension shows of itself to everybody is no table of ours.
    assert [row for row in rows if row[3] != (row[0] == "wall") or row[4]] == []
    columns = "SELECT table_name FROM information_schema.column_privileges WHERE (grantee, table_schema) = (%s, %s)"
    assert owner.execute(columns, ["wall_reader", "public"]).fetchall() == []
    # Functions that run as their owner look only; triggers cannot be called.
    runs = """
        SELECT oid::regprocedure FROM pg_proc
        WHERE prosecdef AND provolatile = 'v' AND prorettype <> 'trigger'::regtype
        AND pronamespace IN ('public'::regnamespace, 'wall'::regnamespace)
        AND has_function_privilege('wall_reader', oid, 'EXECUTE')
    """
    assert owner.execute(runs).fetchall() == []


def test_reader_when_its_statement_takes_too_long_then_is_stopped(regency_database: str) -> None:
    with connect(as_role(regency_database, "wall_reader"), "test", autocommit=True) as fresh:
        assert fresh.execute("SHOW statement_timeout").fetchone() == ("30s",)
        fresh.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            fresh.execute("SELECT pg_sleep(5) FROM wall.pulse")


@pytest.mark.parametrize("rule", RULES, ids=[rule.uid for rule in RULES])
def test_rule_when_asked_then_has_one_number_and_words_and_a_row_for_every_asset(reader: Connection, rule: Any) -> None:
    cursor = reader.execute(rule.sql.encode())
    rows, columns = cursor.fetchall(), [column.name for column in cursor.description or []]
    assert columns[-1] == "value"
    for row in rows:
        assert isinstance(row[-1], int | float), rule.uid
        assert all(isinstance(word, str) for word in row[:-1]), rule.uid
    counted = {
        "silent_box": "SELECT count(*) FROM wall.box_state",
        "silent_camera": "SELECT count(*) FROM wall.asset_state WHERE kind = 'camera'",
        "silent_lamp": "SELECT count(*) FROM wall.asset_state WHERE kind = 'lamp_circuit'",
        "stage": "SELECT count(*) FROM wall.asset_state WHERE kind = 'river_gauge'",
        "pulse": "SELECT 1",
        "ingest": "SELECT 1",
        "rejected": "SELECT 1",
        "feeds": "SELECT 1",
        "operations": "SELECT 1",
        "screen_on": "SELECT count(*) FROM wall.asset_state WHERE kind = 'screen'",
        "silent_screen": "SELECT count(*) FROM wall.asset_state WHERE kind IN ('wall', 'screen')",
        "silent_gauge": "SELECT count(*) FROM wall.asset_state WHERE kind = 'river_gauge'",
        "silent_signal": "SELECT count(*) FROM wall.asset_state WHERE kind = 'signal_controller'",
    }
    if rule.query in counted:
        assert reader.execute(counted[rule.query].encode()).fetchall() == [(len(rows),)]
