"""Colours of the console: whatever meets as text and ground can be read, by WCAG 2.2, 1.4.3 and 1.4.11 (AA)."""

import re

import pytest

from cloud.console.assets import HOME

TEXT, PART = 4.5, 3.0
# text or sign on ground, as the styles use them
PAIRS = [
    *(("ink", ground, TEXT) for ground in ("ground", "card", "field", "tint", "fresh")),
    *(("faint", ground, TEXT) for ground in ("ground", "card", "field", "tint", "fresh")),
    *(
        (name, ground, TEXT)
        for name in ("accent", "bad", "late", "good")
        for ground in ("ground", "card", "tint", "field")
    ),
    *((name, "fresh", TEXT) for name in ("bad", "late", "good", "accent")),
    ("on-accent", "accent", TEXT),
    *((name, ground, TEXT) for name in ("on-bar", "bar-faint") for ground in ("bar", "bar-here")),
    *(("on-p", f"p{n}", TEXT) for n in (1, 2, 3, 4)),
    ("on-note", "note", TEXT),
    ("card", "bad", TEXT),
    ("ink", "road-ground", TEXT),
    *((f"p{n}", ground, PART) for n in (1, 2, 3, 4) for ground in ("card", "road-ground")),
    *((name, "road-ground", PART) for name in ("good", "late", "bad")),
    ("faint", "field", PART),  # borders of fields
    ("accent", "ground", PART),  # what has the focus
]


def read_schemes() -> dict[str, dict[str, str]]:
    text = (HOME / "static" / "shell.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    found = {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for name, part in (("light", light), ("dark", dark))
    }
    assert set(found["light"]) == set(found["dark"])
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_when_known_pairs_are_judged_then_is_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_when_they_meet_then_can_be_read(scheme: str) -> None:
    colours = read_schemes()[scheme]
    found = {f"{one} on {other}": round(contrast(colours[one], colours[other]), 2) for one, other, _ in PAIRS}
    weak = {
        f"{one} on {other}": found[f"{one} on {other}"]
        for one, other, least in PAIRS
        if found[f"{one} on {other}"] < least
    }
    assert weak == {}


@pytest.mark.parametrize("stage", [2, 3, 4])
def test_stage_when_shown_in_the_head_then_can_be_read(stage: int) -> None:
    text = (HOME / "static" / "shell.css").read_text(encoding="utf-8")
    found = re.search(rf"\.city-stage\.stage-{stage}[^{{]*\{{ background: (#\w+); color: (#\w+)", text)
    assert found
    assert contrast(found[1], found[2]) >= TEXT


def test_styles_when_read_then_name_no_colour_that_is_not_in_both_schemes() -> None:
    known = set(read_schemes()["light"])
    for path in (HOME / "static").glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= known, path.name
