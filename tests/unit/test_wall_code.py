"""The wall as code: what is generated is committed, the checks find what they are for, the file trees are whole."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cloud.api import page_route
from cloud.console import alarms, early_warning, loudspeakers, modules, queue
from cloud.console.codes import NAMES
from edge.contract.rejected import Reason
from edge.signals.words import ENDS
from grafana import check, codes, errors, names
from grafana.alerts import build
from grafana.alerts.rules import RULES
from grafana.committed import FOLDER, files, write
from grafana.dashboards import services
from grafana.dashboards.compose import compose
from grafana.generate import as_json, dashboards
from grafana.macros import Span, expand
from grafana.manifests import FOLDER as SHIPPED
from grafana.manifests import Module, read_manifests
from grafana.publish.compare import differences
from grafana.queries import of_dashboard
from grafana.settings import WallSettings, read_settings
from grafana.trees import tree, write_tree
from grafana.words import LANGUAGES, Say

ROUTERS = tuple(part.router for part in (alarms, early_warning, loudspeakers, modules, queue))


def test_generated_when_made_again_then_nothing_changes(tmp_path: Path) -> None:
    committed = {path: (FOLDER / path).read_text(encoding="utf-8") for path in files()}
    assert files() == committed
    write(tmp_path)
    (tmp_path / "dashboards" / "id" / "gone.json").write_text("{}")
    assert [path.name for path in write(tmp_path)] == ["gone.json"]
    assert write(tmp_path) == []


def test_check_when_all_is_right_then_finds_nothing() -> None:
    assert check.faults(WallSettings()) == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 1 FROM wall.pulse WHERE x = '${site}'", "must be ${site:sqlstring}"),
        ("SELECT 1 FROM wall.pulse WHERE x = ${road:sqlstring}", "road is not declared"),
        ("SELECT 1 FROM public.asset", "outside of schema wall"),
        ("SELECT 1 FROM wall.pulse; DROP TABLE x", "more than one statement"),
    ],
)
def test_check_when_a_query_is_unsafe_then_says_what(sql: str, told: str) -> None:
    assert any(told in fault for fault in check._sql(sql, {"site"}))


def test_check_when_two_panels_lie_over_each_other_then_says_which() -> None:
    board = json.loads(json.dumps(dashboards("id")["dinding"]))
    board["panels"][1]["gridPos"]["x"] = 0
    assert any("lies over" in fault for fault in check._board(board))


def test_sets_when_compared_then_have_the_same_panels_in_two_languages() -> None:
    for name, board in dashboards("id").items():
        other = dashboards("en")[name]
        assert other["uid"] == f"{board['uid']}-en"
        assert [panel["type"] for panel in board["panels"]] == [panel["type"] for panel in other["panels"]]
        assert [panel["gridPos"] for panel in board["panels"]] == [panel["gridPos"] for panel in other["panels"]]
        described = zip(board["panels"], other["panels"], strict=True)
        assert [one["title"] for one, same in described if one["description"] == same["description"]] == []


def test_dashboards_when_published_then_show_west_indonesia_time_and_cannot_be_edited() -> None:
    for language in LANGUAGES:
        for board in dashboards(language).values():
            assert (board["timezone"], board["editable"]) == ("Asia/Jakarta", False)
            assert all(panel["description"] and panel["title"] for panel in board["panels"])


def _every_link() -> Iterator[tuple[str, str]]:
    """Give each address that a dashboard leads to, with the dashboard's uid."""
    for language in LANGUAGES:
        for board in dashboards(language).values():
            for address in re.findall(r'"url": "([^"]+)"', json.dumps(board)):
                yield board["uid"], address


def test_links_when_followed_then_lead_to_dashboards_that_are_there_and_set_what_they_have() -> None:
    boards = {board["uid"]: board for language in LANGUAGES for board in dashboards(language).values()}
    linked = set()
    for uid, address in _every_link():
        if not address.startswith("/d/"):
            assert address.startswith("${konsol}/"), (uid, address)
            continue
        target = address.removeprefix("/d/").split("?")[0]
        linked.add(target)
        assert target in boards, (uid, address)
        declared = {variable["name"] for variable in boards[target]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", address)) <= declared, (uid, address)
        assert uid.endswith("-en") == target.endswith("-en") or address == f"/d/{target}", (uid, address)
    assert linked == boards.keys()


def test_links_when_they_lead_to_the_console_then_to_pages_that_it_has() -> None:
    pages = {route.path for router in (page_route.router, *ROUTERS) for route in router.routes}  # type: ignore[attr-defined]
    led_to = set()
    for uid, address in _every_link():
        if address.startswith("${konsol}"):
            path = re.sub(r"\$\{__value\.raw\}", "{name}", address.removeprefix("${konsol}").split("#")[0])
            page = re.sub(r"^/services/\w+$", "/services/{module}", path)
            assert page in pages, (uid, address)
            led_to.add(page)
    acts = {"/incidents/{name}", "/junctions", "/early-warning", "/cameras", "/loudspeakers", "/alarms", "/services"}
    assert led_to > acts


def test_words_when_programs_write_codes_then_people_read_words_for_each() -> None:
    """What the programs may write, from where they say so; each has a word of its own on the dashboards."""
    assert codes.CODES["end_reason"].keys() == ENDS.keys()
    assert codes.REJECTED.keys() == {reason.value for reason in Reason}
    assert codes.AGENCIES.keys() == NAMES["agency"].keys()
    assert codes.CODES["grade"].keys() == NAMES["grade"].keys()
    assert codes.STATES.keys() >= {*NAMES["severity"], *NAMES["order"], "open", "acknowledged", "dispatched", "on_site"}
    assert codes.CITY_STAGES.keys() == NAMES["stage"].keys()
    assert codes.STATES.keys() >= {"Minor", "Moderate", "Severe", "Extreme", "Unknown"}
    units = {one.unit for module in read_manifests(SHIPPED) for one in module.indicators.values()}
    assert codes.CODES["unit"].keys() >= units


def test_wall_when_hung_in_a_room_then_fits_one_screen_and_has_large_letters() -> None:
    panels = dashboards("id")["dinding"]["panels"]
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * 38 <= 1080
    # Capitals of 26 CSS pixels are ten minutes of arc high at six metres; a table's are five.
    assert {panel["type"] for panel in panels} == {"stat", "geomap", "timeseries"}
    texts = [panel["options"]["text"] for panel in panels if panel["type"] == "stat"]
    assert min(size for text in texts for size in text.values()) >= 26
    assert [panel["title"] for panel in panels if '"links"' not in json.dumps(panel["fieldConfig"])] == []
    figures = [
        panel for panel in panels if panel["type"] == "stat" and not panel["options"]["reduceOptions"].get("values")
    ]
    assert min(panel["options"]["text"]["valueSize"] for panel in figures) >= 40
    assert len(panels) <= 18


def test_rules_when_written_then_have_all_that_grafana_wants_and_a_runbook() -> None:
    assert {rule.category for rule in RULES} == {"box", "camera", "lamp", "signal", "water", "platform"}
    for group in build.groups(WallSettings()):
        for rule in group["rules"]:
            assert rule["noDataState"] == rule["execErrState"] == "Alerting"
            assert rule["labels"].keys() >= {"category", "severity"}
            assert rule["annotations"]["runbook_url"].endswith(".md")
            assert [query["refId"] for query in rule["data"]] == ["A", "B"]


def test_stage_rule_when_the_level_trembles_then_begins_and_ends_at_different_marks() -> None:
    rule = next(rule for rule in RULES if rule.uid == "satulayar-siaga-3")
    condition = build._threshold(rule)["model"]["conditions"][0]
    assert condition["evaluator"]["params"][0] > condition["unloadEvaluator"]["params"][0]


def test_mute_timing_when_maintenance_runs_then_never_silences_water_or_what_is_serious() -> None:
    branches = build.route()["routes"]
    muted = [branch for branch in branches if "mute_time_intervals" in branch]
    assert branches[0]["object_matchers"] == [["category", "=", "water"]]
    assert [branch["object_matchers"] for branch in muted] == [[["severity", "=~", "info|minor"]]]


def test_services_when_a_module_is_installed_then_shows_each_of_its_figures() -> None:
    module = Module.model_validate(
        {
            "name": "rsud",
            "title": {"id": "RSUD", "en": "Hospital"},
            "indicators": {
                f"beds_{n}": {"title": {"id": "T", "en": "B"}, "unit": "{bed}", "dimensions": ["room"] * (n > 0)}
                for n in range(5)
            },
        }
    )
    made = as_json(compose(Say("id"), services.board(Say("id"), [module])))
    sql = [query.sql for query in of_dashboard(made)]
    assert all(any(f"module = 'rsud' AND indicator = 'beds_{n}'" in one for one in sql) for n in range(5))
    assert list(check._board(made)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: {id: a, en: b}\nindicators: {beds: {unit: x}}\n", "rsud/module.yaml: indicators.beds.title"),
        ("a: &a [x]\ntitle: {id: a, en: b}\nb: [*a, *a]\n", "rsud/module.yaml cannot be read: write out"),
        ("title: [", "rsud/module.yaml cannot be read"),
        ("title: 2026-13-45", "rsud/module.yaml cannot be read"),
        ("[" * 5_000, "rsud/module.yaml cannot be read"),
        ("x" * 300_000, "rsud/module.yaml cannot be read: it has more than"),
        ("1: 2", "rsud/module.yaml"),
    ],
)
def test_manifest_when_wrong_then_names_the_file_and_the_field_and_costs_no_other_its_boards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    for name, content in (("rsud", text), ("waste", "title: {id: a, en: b}\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.yaml").write_text(content)
    assert [module.name for module in read_manifests(tmp_path, tmp_path)] == ["waste"]
    said = capsys.readouterr().err
    assert says in said
    assert "before it: rename one" in said
    assert read_manifests(tmp_path / "none") == []


def test_expand_when_a_variable_is_not_quoted_or_has_no_value_then_refuses() -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    now = datetime.now(UTC)
    span = Span(now - timedelta(hours=1), now)
    assert expand("${a:sqlstring}", span, {"a": ["x", "O'Neil"]}) == "'x','O''Neil'"
    with pytest.raises(errors.Misconfigured, match="must be written"):
        expand("'${a}'", span, {"a": "x"})
    with pytest.raises(errors.Misconfigured, match="no value"):
        expand("${b:sqlstring}", span, {})


def test_query_when_its_panel_draws_over_time_then_is_asked_for_as_a_series() -> None:
    for board in dashboards("id").values():
        for panel in board["panels"]:
            wanted = "time_series" if panel["type"] == "timeseries" else "table"
            assert {target["format"] for target in panel["targets"]} == {wanted}, panel["title"]


def test_course_when_it_has_a_line_for_each_asset_then_asks_for_fewer_points_a_line() -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    queries = [query for query in of_dashboard(dashboards("id")["lalu-lintas"]) if "asset AS metric" in query.sql]
    assert queries
    assert {query.points for query in queries} == {400}
    now = datetime.now(UTC)
    widths = [Span(now - timedelta(days=1), now, points).interval_ms for points in (1_000, 400)]
    assert widths == [60_000, 300_000]


def test_tree_when_written_then_has_what_grafana_reads_at_its_start(tmp_path: Path) -> None:
    settings = WallSettings(alerts_secret="$ALERTS_SECRET", database_password="$WALL_READER_PASSWORD")  # type: ignore[arg-type]
    assert write_tree(settings, tmp_path, "/etc/grafana/boards") == 6 + 18
    read = {
        path.stem: yaml.safe_load(path.read_text())
        for path in tmp_path.rglob("*.yaml")
        if path.parent.name == "alerting"
    }
    assert all(one["apiVersion"] == 1 for one in read.values())
    rules = [rule for group in read["rules"]["groups"] for rule in group["rules"]]
    assert {rule["uid"] for rule in rules} == {rule.uid for rule in RULES}
    assert all({"uid", "title", "condition", "data", "for"} <= rule.keys() for rule in rules)
    provider = yaml.safe_load((tmp_path / "dashboards" / "satulayar.yaml").read_text())["providers"][0]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "/etc/grafana/boards/id"
    source = yaml.safe_load((tmp_path / "datasources" / "satulayar.yaml").read_text())["datasources"][0]
    assert source["jsonData"]["timescaledb"] is True
    assert source["secureJsonData"]["password"] == "$WALL_READER_PASSWORD"
    point = read["contact-points"]["contactPoints"][0]["receivers"][0]
    assert point["settings"]["hmacConfig"]["secret"] == "$ALERTS_SECRET"


def test_tree_when_grafana_reads_it_then_nothing_but_secrets_is_taken_from_its_environment() -> None:
    """Grafana puts its environment into every value but annotations and queries: there a doubled $ stays double."""
    settings = WallSettings(alerts_secret="$ALERTS_SECRET", database_password="$WALL_READER_PASSWORD")  # type: ignore[arg-type]
    texts = tree(settings, "/boards")
    read = [yaml.safe_load(texts[path]) for path in texts if path.suffix == ".yaml"]
    assert {text for one in read for text in _replaced(one) if "$" in text} == {
        "$ALERTS_SECRET",
        "$WALL_READER_PASSWORD",
    }
    rules = [rule for group in yaml.safe_load(texts[Path("alerting/rules.yaml")])["groups"] for rule in group["rules"]]
    summaries = [rule["annotations"]["summary"] for rule in rules]
    assert any("{{ $labels.box }}" in summary for summary in summaries)
    assert not any("$$" in summary for summary in summaries)


@pytest.mark.parametrize(
    ("given", "written"),
    [("$NAME", "$NAME"), ("${NAME}", "${NAME}"), ("$__file{/run/x}", "$__file{/run/x}"), ("pa$word$", "pa$$word$$")],
)
def test_tree_when_a_secret_has_a_dollar_in_it_then_it_stays_one(given: str, written: str) -> None:
    settings = WallSettings(alerts_secret=given, database_password=given)  # type: ignore[arg-type]
    texts = tree(settings, "/boards")
    source = yaml.safe_load(texts[Path("datasources/satulayar.yaml")])["datasources"][0]
    point = yaml.safe_load(texts[Path("alerting/contact-points.yaml")])["contactPoints"][0]["receivers"][0]
    assert source["secureJsonData"]["password"] == written
    assert point["settings"]["hmacConfig"]["secret"] == written


def _replaced(value: object) -> Iterator[str]:
    """Give every text in which Grafana puts its environment (pkg/services/provisioning/alerting/rules_types.go)."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in ("annotations", "model"):
                yield from _replaced(one)
    elif isinstance(value, list):
        for one in value:
            yield from _replaced(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(
    ("wanted", "found", "count"),
    [
        ({"for": "60s"}, {"for": "1m"}, 0),
        ({"for": "60s"}, {"for": "1m30s"}, 1),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, 1),
        ({"a": []}, {}, 0),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "id": 4}, 0),
        ({"version": 1}, {"version": 9}, 0),
        ({"panels": [{"id": 1}]}, {"panels": [{"id": 2}]}, 1),
    ],
)
def test_differences_when_grafana_adds_its_own_then_only_ours_count(wanted: object, found: object, count: int) -> None:
    assert len(list(differences(wanted, found))) == count


def test_settings_when_a_variable_is_misspelt_then_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATULAYAR_GRAFANA_TOCKEN", "x")
    with pytest.raises(errors.Misconfigured, match="SATULAYAR_GRAFANA_TOCKEN"):
        read_settings()


def test_names_when_grafana_stores_them_then_are_short_enough() -> None:
    uids = [Say(language).uid(board) for language in LANGUAGES for board in names.BOARDS] + [rule.uid for rule in RULES]
    assert max(map(len, uids)) <= 40
    assert len(uids) == len(set(uids))
