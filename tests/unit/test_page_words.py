"""The words of the pages: whatever is said in one language is said in the other."""

import re
from pathlib import Path

import pytest

from cloud.api.crew_page import FOLDER as CREW
from cloud.api.page_route import FOLDER as PAGES

KEY = re.compile(r"""(?:[{,]|^)\s*"?([\w-]+)"?: (?=["`({]|\w+ =>)""", re.MULTILINE)


FOLDERS = pytest.mark.parametrize(("folder", "least"), [(PAGES, 100), (CREW, 60)], ids=["pages", "crew"])


def read_words(folder: Path) -> tuple[list[str], list[str]]:
    text = (folder / "words.js").read_text(encoding="utf-8")
    indonesian, english = (part.partition("\n};")[0] for part in text.split("const en = "))
    return KEY.findall(indonesian), KEY.findall(english)


@FOLDERS
def test_words_when_compared_then_both_languages_have_the_same_ones(folder: Path, least: int) -> None:
    indonesian, english = read_words(folder)
    assert len(indonesian) > least
    assert sorted(indonesian) == sorted(english)


@FOLDERS
def test_words_when_scripts_use_them_then_they_are_there(folder: Path, least: int) -> None:
    indonesian, _ = read_words(folder)
    for script in folder.glob("*.js"):
        used = set(re.findall(r"(?<!/)\bwords\.(\w+)", script.read_text(encoding="utf-8")))
        assert used <= set(indonesian), script.name
