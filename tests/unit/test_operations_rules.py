"""Kinds and rules as files: what is wrong is said with file, line and path; and how a rule stands, without a clock."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cloud.api.cameras import HEALTH
from cloud.operations.book import KINDS, RULES, SHIPPED, read_book
from cloud.operations.cli import app
from cloud.operations.errors import Misconfigured
from cloud.operations.rules import EventWhen, LevelWhen
from cloud.operations.spans import is_between
from cloud.operations.standing import Change, Reading, Standing, judge

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

NAMED_IN_THE_PLAN = {
    *("fallen_tree", "flood_stage", "congestion", "lamp_out", "camera_blind", "camera_silent", "box_silent"),
    *("crowd_at_night", "intrusion", "signal_fault", "hospital_beds_short", "figure_overdue"),
}


def test_shipped_kinds_and_rules_when_read_then_are_in_order_and_have_what_the_room_begins_with() -> None:
    book = read_book()
    made = {rule.incident for rule in book.rules.values()}
    assert made >= NAMED_IN_THE_PLAN
    flooded = book.rules["flooded_road"].when
    assert isinstance(flooded, EventWhen)
    assert set(flooded.type) == {"id.satulayar.road.flooded", "id.satulayar.flood.deepened"}, "one incident, that grows"
    assert (book.kinds["other"].clocks.acknowledge, book.kinds["other"].clocks.resolve) == (
        timedelta(hours=6),
        timedelta(days=7),
    )


def test_shipped_rules_when_a_box_was_told_wrongly_then_the_office_has_an_incident_of_the_box() -> None:
    rule = read_book().rules["told_wrongly"]
    assert isinstance(rule.when, EventWhen)
    assert (rule.incident, set(rule.when.type)) == (
        "box_fault",
        {"id.satulayar.camera.misconfigured", "id.satulayar.parcel.refused"},
    )
    assert "id.satulayar.camera.misconfigured" in HEALTH, "the room sees it at the camera"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Copy the shipped files, with one text replaced by another."""

    def write_changed(old: str, new: str) -> Path:
        for name in (KINDS, RULES):
            text = (SHIPPED / name).read_text()
            (tmp_path / name).write_text(text.replace(old, new, 1))
        return tmp_path

    return write_changed


TYPOS = {
    "a kind that is none": (
        "incident: fallen_tree, when",
        "incident: falen_tree, when",
        "rules.tree.incident: 'falen_tree' is no kind of kinds.yaml; did you mean 'fallen_tree'?",
    ),
    "a source that is none": (
        "kind: event, type: [id.satulayar.obstacle",
        "kind: evnt, type: [id.satulayar.obstacle",
        "rules.tree.when: 'evnt' is not a kind of when; did you mean 'event'?",
    ),
    "a limit that ends before it begins": (
        "above: 150, clear: 80",
        "above: 150, clear: 800",
        "rules.queue.when.level: clear lies on the wrong side",
    ),
    "a span in words": ("for: 3m", "for: 3 minutes", "is no span of time: write it like 30s, 5m, 6h or 7d"),
    "a misspelt field": (
        "    fold: site\n    proof: true",
        "    fold: site\n    prof: true",
        "kinds.fallen_tree.prof: is not known here; did you mean 'proof'?",
    ),
    "a cause that is none": (
        "within: [power_failed]",
        "within: [power_faild]",
        "kinds.lamp_out.within: 'power_faild' is no other kind of this file",
    ),
    "clocks in disorder": (
        "acknowledge: 5m, arrive: 30m, resolve: 4h",
        "acknowledge: 5h, arrive: 30m, resolve: 4h",
        "must not be shorter than the one before",
    ),
    "a common cause that is none": (
        "least: 5, incident: path_down",
        "least: 5, incident: path_dwn",
        "rules.boxes.when.many.incident: 'path_dwn' is no kind",
    ),
    "a quantity that no box can send": (
        "quantity: queue_length",
        "quantity: queue_lenght",
        "rules.queue.when.quantity: 'queue_lenght' is no quantity of the catalogue; did you mean 'queue_length'?",
    ),
    "a quantity that is none, in a part": (
        "quantity: rain_rate",
        "quantity: rain_rat",
        "rules.rain_and_rise.when.parts[1].quantity: 'rain_rat' is no quantity of the catalogue",
    ),
    "a part that is none": (
        "{kind: level, quantity: rain_rate",
        "{kind: levl, quantity: rain_rate",
        "rules.rain_and_rise.when.parts[1]: 'levl' is not a kind of part; did you mean 'level'?",
    ),
    "a duration at a part": (
        "quantity: rain_rate, of",
        "quantity: rain_rate, for: 5m, of",
        "rules.rain_and_rise.when.all: `for` belongs to the whole rule",
    ),
    "a figure at a place": (
        "{kind: level, quantity: rain_rate, of: weather_mast, above: 20, clear: 10}\n      within: regency",
        "{kind: indicator, module: m, indicator: i, above: 20}\n      within: site",
        "a public service's figure has no place: write `within: regency`",
    ),
    "a place that is none": ("within: district", "within: distrik", "rules.lamps_dark.when.within"),
    "a share of more than all": ("fraction: 0.3", "fraction: 3", "rules.lamps_dark.when.fraction: 3"),
    "an hour that is none": ('["21:00", "05:00"]', '["21:00", "25:00"]', "is no time of day"),
    "a name twice": (
        "rules:\n",
        "rules:\n  tree: {incident: other, when: {kind: overdue}}\n",
        "rules.tree: stands here twice: keep one",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), TYPOS.values(), ids=TYPOS)
def test_file_when_it_has_a_typo_then_is_refused_with_its_path_and_line(
    write: Callable[[str, str], Path], old: str, new: str, told: str
) -> None:
    folder = write(old, new)
    with pytest.raises(Misconfigured) as refused:
        read_book(folder)
    assert told in str(refused.value)
    assert ".yaml:" in str(refused.value)
    said = CliRunner().invoke(app, ["check", str(folder)])
    assert said.exit_code == 78
    assert told in said.output


def test_file_when_it_is_missing_or_no_yaml_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"kinds\.yaml: cannot be read"):
        read_book(tmp_path)
    (tmp_path / KINDS).write_text("kinds: ]")
    (tmp_path / RULES).write_text("rules: {}")
    with pytest.raises(Misconfigured, match=r"kinds\.yaml:1: is not YAML"):
        read_book(tmp_path)


def test_hours_when_they_go_over_midnight_then_hold_on_both_sides() -> None:
    night = time(21), time(5)
    assert is_between(datetime(2026, 11, 22, 14, 0, tzinfo=UTC), *night)  # 21.00 WIB
    assert is_between(datetime(2026, 11, 22, 21, 59, tzinfo=UTC), *night)  # 04.59
    assert not is_between(datetime(2026, 11, 22, 22, 0, tzinfo=UTC), *night)  # 05.00
    assert is_between(NOW, time(8), time(8))


def limit(**given: object) -> LevelWhen:
    return LevelWhen.model_validate({"kind": "level", "quantity": "queue_length"} | given)


def test_limit_when_a_value_lies_between_its_two_marks_then_nothing_changes() -> None:
    above = limit(above=150, clear=80)
    assert [above.holds(value) for value in (151, 150, 81, 80)] == [True, None, None, False]
    below = limit(below=5, clear=8)
    assert [below.holds(value) for value in (4, 5, 7, 8)] == [True, None, None, False]
    assert [limit(above=0.5).holds(value) for value in (1, 0.5)] == [True, False]


def steps(changes: list[Change]) -> list[tuple[str, str, bool]]:
    return [(change.step, change.standing.subject, change.standing.active) for change in changes]


def look(readings: list[Reading], standings: list[Standing], for_s: float = 60, now: datetime = NOW) -> list[Change]:
    known = {(one.rule, one.subject): one for one in standings}
    return list(judge(readings, known, {"r": timedelta(seconds=for_s)}, now))


YES, NO, UNKNOWN = (Reading("r", "a", holds, NOW) for holds in (True, False, None))


def test_rule_when_it_begins_to_hold_then_waits_and_begins_when_it_has_held_long_enough() -> None:
    begun = Standing("r", "a", NOW)
    assert steps(look([YES], [])) == [("wait", "a", False)]
    assert steps(look([YES], [], for_s=0)) == [("begin", "a", True)]
    assert steps(look([YES], [begun], now=NOW + timedelta(seconds=59))) == []
    assert steps(look([YES], [begun], now=NOW + timedelta(seconds=60))) == [("begin", "a", True)]
    assert steps(look([NO], [begun])) == [("forget", "a", False)]
    assert steps(look([], [begun])) == [("forget", "a", False)]
    assert steps(look([UNKNOWN], [begun], now=NOW + timedelta(hours=1))) == []


def test_rule_when_active_then_ends_only_where_it_surely_does_not_hold() -> None:
    told = Standing("r", "a", NOW, active=True, told_as="r/a/1")
    shelved = Standing("r", "a", NOW, active=True, told_as=None)
    assert steps(look([UNKNOWN], [told])) == []
    assert steps(look([YES], [told])) == []
    assert steps(look([NO], [told])) == [("end", "a", True)]
    assert steps(look([], [told])) == [("end", "a", True)]
    assert steps(look([YES], [shelved])) == [("begin", "a", True)]


@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from([True, False, None])), max_size=40))
def test_rule_when_it_trembles_then_begins_and_ends_in_turn_and_never_too_soon(
    course: list[tuple[int, bool | None]],
) -> None:
    standing: Standing | None = None
    now, held_since, last = NOW, None, "end"
    for after_s, holds in course:
        now += timedelta(seconds=after_s)
        held_since = None if holds is False else held_since or (now if holds else None)
        for change in look([Reading("r", "a", holds, NOW)], [standing] if standing else [], now=now):
            if change.step in ("begin", "end"):
                assert change.step != last
                last = change.step
            if change.step == "begin":
                assert held_since is not None
                assert now - held_since >= timedelta(seconds=60)
            gone = change.step in ("end", "forget")
            told_as = change.standing.ref if change.step == "begin" else None
            standing = None if gone else Standing("r", "a", change.standing.since, change.standing.active, told_as)


@pytest.mark.parametrize("span", ["99999999999999d", "9" * 5_000 + "d", "999999999d", "3651d"])
def test_span_when_no_calendar_holds_it_then_it_is_refused_with_its_path(tmp_path: Path, span: str) -> None:
    rules = (SHIPPED / "rules.yaml").read_text()
    (tmp_path / "kinds.yaml").write_text((SHIPPED / "kinds.yaml").read_text())
    (tmp_path / "rules.yaml").write_text(rules.replace("least: 1m", f"least: {span}"))
    with pytest.raises(Misconfigured, match="longer than ten years"):
        read_book(tmp_path)


def test_limit_when_it_is_no_number_then_it_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "kinds.yaml").write_text((SHIPPED / "kinds.yaml").read_text())
    (tmp_path / "rules.yaml").write_text((SHIPPED / "rules.yaml").read_text().replace("above: 150", "above: .nan"))
    with pytest.raises(Misconfigured, match=r"rules\.queue\.when.*above"):
        read_book(tmp_path)
