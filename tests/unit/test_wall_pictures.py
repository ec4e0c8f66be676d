"""The pictures in the README: of every dashboard, as the dashboards are now."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from grafana.generate import dashboards
from tests.pictures import __main__ as pictures
from tests.pictures.draw import Answer, draw, frame, written

BOARDS = dashboards("id")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", BOARDS)
def test_picture_when_its_dashboard_has_changed_then_is_to_be_drawn_again(name: str) -> None:
    drawn = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    missing = [panel["title"] for panel in BOARDS[name]["panels"] if frame(panel) not in drawn]
    assert not missing, "run `python -m tests.pictures`, look at what it drew, and commit it"
    assert drawn.count('class="p"/>') == len(BOARDS[name]["panels"]), "a panel of the picture is gone: draw it again"
    assert len(drawn) < 60_000


def test_pictures_when_listed_then_are_of_the_dashboards_there_are_and_stand_in_the_readme() -> None:
    assert {path.stem for path in pictures.FOLDER.glob("*.svg")} == BOARDS.keys()
    readme = (pictures.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"pictures/{name}.svg" in readme for name in BOARDS)


def panel(kind: str) -> dict[str, object]:
    place = {"x": 0, "y": 0, "w": 12, "h": 9}
    return {"id": 1, "type": kind, "title": "A < B", "gridPos": place, "fieldConfig": {"defaults": {}, "overrides": []}}


@pytest.mark.parametrize(
    ("kind", "answer", "says"),
    [
        ("stat", Answer(["value"], [(None,)]), "-"),
        ("stat", Answer(["value", "age_s"], [(4.0, 90.0)]), ">age_s<"),
        ("table", Answer(["a<b"], [("<script>",)]), "&lt;script&gt;"),
        ("table", Answer(["a"], []), "tidak ada"),
        ("timeseries", Answer(["time", "value"], [(NOW, None)]), "maks 1"),
        ("timeseries", Answer(["time", "metric", "v"], [(NOW, "x", 2.0), (NOW + timedelta(1), "x", 4.0)]), "maks 4"),
    ],
)
def test_panel_when_drawn_then_is_whole_and_quotes_what_it_shows(kind: str, answer: Answer, says: str) -> None:
    drawn = draw({"title": "T", "panels": [panel(kind)]}, {1: {"A": answer}})
    ET.fromstring(drawn)  # noqa: S314 - drawn here
    assert says in drawn


def test_column_when_the_panel_has_words_for_it_then_is_shown_in_these() -> None:
    said = [
        {"id": "displayName", "value": "keadaan"},
        {"id": "mappings", "value": [{"options": {"ok": {"text": "baik", "color": "green"}}}]},
    ]
    overrides = [
        {"matcher": {"id": "byName", "options": "state"}, "properties": said},
        {"matcher": {"id": "byName", "options": "site"}, "properties": [{"id": "custom.hidden", "value": True}]},
    ]
    shown = panel("table") | {"fieldConfig": {"defaults": {}, "overrides": overrides}}
    drawn = draw({"title": "T", "panels": [shown]}, {1: {"A": Answer(["state", "site"], [("ok", "TD-01")])}})
    assert "keadaan" in drawn
    assert 'style="fill:#73bf69">baik<' in drawn
    assert "TD-01" not in drawn


def test_values_when_written_then_are_short_and_in_west_indonesia_time() -> None:
    assert written(datetime(2026, 1, 1, 18, tzinfo=UTC)) == "02/01 01:00"
    assert [written(value, "s") for value in (5, 120, 7_200, 400_000)] == ["5 s", "2 mnt", "2 jam", "5 hari"]
    assert [written(value) for value in (0.25, 3, 1_234.5, None, "x")] == ["0.25", "3", "1,234", "-", "x"]
