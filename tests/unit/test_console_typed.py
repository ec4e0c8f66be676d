"""Numbers as people type them, and as nobody should."""

import pytest

from cloud.console.typed import read_figure, read_whole
from cloud.console.warning_form import BadOutline, BadRadius, fill_form, make_cancellation, make_warning


@pytest.mark.parametrize("typed", ["", "-1", "9" * 5_000, "\u0663", "3,5", "0x10"])
def test_whole_number_when_it_is_none_then_it_is_none(typed: str) -> None:
    assert read_whole(typed) is None
    assert read_whole(" 42 ") == 42


@pytest.mark.parametrize("typed", ["", "nan", "inf", "1e999", "1.234,5", "x"])
def test_figure_when_it_is_none_then_it_is_none(typed: str) -> None:
    assert read_figure(typed) is None
    assert (read_figure("3,5"), read_figure("-7.65")) == (3.5, -7.65)


def test_warning_when_a_place_was_chosen_then_it_is_drawn_or_refused() -> None:
    drawn = make_warning({"place": "-7.65,112.8", "radius_km": "3,5", "hours": "1,5"})
    assert drawn["circles"] == [{"latitude": -7.65, "longitude": 112.8, "radius_km": 3.5}]
    assert drawn["expires_in_s"] == 5_400
    for radius_km in ("", "x", "0", "51", "nan"):
        with pytest.raises(BadRadius):
            make_warning({"place": "-7.65,112.8", "radius_km": radius_km})
    with pytest.raises(BadRadius):
        make_warning({"place": "nan,nan", "radius_km": "3"})


def test_cancellation_when_it_is_made_then_it_is_for_the_same_area_and_its_headline_fits() -> None:
    ring = [[112.8, -7.66], [112.9, -7.66], [112.9, -7.6], [112.8, -7.66]]
    known = dict.fromkeys(("status", "urgency", "severity", "certainty", "event_id", "event_en", "area"), "x")
    known |= {"headline_id": "a" * 500, "headline_en": "a" * 500}
    made = make_cancellation(known | {"geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}}, {})  # type: ignore[dict-item]
    assert made["polygons"] == [ring]
    assert {len(text) for text in made["headline"].values()} == {500}


def test_change_when_a_warning_has_several_areas_then_none_is_lost_unless_somebody_wants_it() -> None:
    rings = [[[x, -7.66], [x + 0.1, -7.66], [x + 0.1, -7.6], [x, -7.66]] for x in (112.7, 112.9)]
    names = ("event", "headline", "description", "instruction")
    known: dict[str, object] = {f"{name}_{language}": "x" for name in names for language in ("id", "en")}
    known |= dict.fromkeys(("status", "urgency", "severity", "certainty", "area"), "x")
    form = fill_form(
        known | {"geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}}, hours="6"
    )
    assert make_warning(form)["polygons"] == rings
    assert make_warning(form | {"kept": ""})["polygons"] == rings[:1]
    with pytest.raises(BadOutline):
        make_warning(form | {"kept": "["})
