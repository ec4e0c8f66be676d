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


def test_pages_when_they_ask_who_only_looks_then_owners_of_services_are_among_them() -> None:
    scripts = {script.name: script.read_text(encoding="utf-8") for script in PAGES.glob("*.js")}
    assert [name for name, text in scripts.items() if re.search(r'role [!=]== "viewer"', text)] == []
    for name, text in scripts.items():
        if "onlyLooks(" in text and name != "session.js":
            assert re.search(r'import \{[^}]*\bonlyLooks\b[^}]*\} from "./session.js"', text), name
