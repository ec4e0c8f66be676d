"""Sentences that are kept as codes: told in both languages, whatever their values are."""

import pytest

from cloud.api.language import read_header
from cloud.api.models import SaidByBox
from cloud.said import _SENTENCES, tell


def test_sentences_when_told_without_their_values_then_say_something_in_both_languages() -> None:
    for code in _SENTENCES:
        assert tell(code, {}, "id")
        assert tell(code, {}, "en")
    assert tell("of_a_later_version", {"x": 1}, "id") == "of a later version"


@pytest.mark.parametrize(
    ("code", "values", "indonesian", "english"),
    [
        (
            "level",
            {"quantity": "water_level", "value": 3.25, "subject": "KRT-01.gauge-1"},
            "Tinggi muka air: 3,25 m (KRT-01.gauge-1)",
            "Water level: 3.25 m (KRT-01.gauge-1)",
        ),
        (
            "flag",
            {"quantity": "lamp_fault", "value": 1.0, "subject": "L"},
            "Gangguan lampu: ya (L)",
            "Lamp fault: yes (L)",
        ),
        (
            "fall",
            {"quantity": "water_level", "value": 0.5, "subject": "G"},
            "Tinggi muka air turun 0,5 m/jam (G)",
            "Water level falls by 0.5 m/h (G)",
        ),
        (
            "escalated",
            {"clock": "verify", "told": []},
            "belum diverifikasi; diberitahu: tidak ada yang bertugas",
            "it is not verified; told: nobody is on duty",
        ),
        ("told", {"id": "{kurung} a / b", "en": "{x}"}, "{kurung} a / b", "{x}"),
    ],
    ids=["level", "flag", "fall", "escalated", "braces"],
)
def test_sentence_when_told_then_has_its_figures_and_units(
    code: str, values: dict[str, object], indonesian: str, english: str
) -> None:
    assert (tell(code, values, "id"), tell(code, values, "en")) == (indonesian, english)


def test_words_of_a_box_when_in_both_languages_then_are_told_apart() -> None:
    both, one, none = (SaidByBox(detail=text) for text in ("Sirene rusak. | The siren is broken.", "rusak", None))
    assert (both.detail_id, both.detail_en) == ("Sirene rusak.", "The siren is broken.")
    assert (one.detail_id, one.detail_en, none.detail_id) == ("rusak", "rusak", None)


def test_language_when_a_browser_says_what_it_likes_then_is_the_best_of_ours() -> None:
    assert [read_header(text) for text in ("", "de", "en-GB,id;q=0.9", "id;q=0.1, en;q=0.05", "en;q=0", "en;q=x")] == [
        "id", "id", "en", "id", "id", "id",
    ]  # fmt: skip
