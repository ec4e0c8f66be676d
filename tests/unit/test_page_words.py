"""The words of the pages: whatever is said in one language is said in the other."""

import re

from cloud.api.page_route import FOLDER

KEY = re.compile(r"""(?:[{,]|^)\s*"?([\w-]+)"?: (?=["`({]|\w+ =>)""", re.MULTILINE)


def read_words() -> tuple[list[str], list[str]]:
    text = (FOLDER / "words.js").read_text(encoding="utf-8")
    indonesian, english = text.split("const en = ")
    return KEY.findall(indonesian), KEY.findall(english)


def test_words_when_compared_then_both_languages_have_the_same_ones() -> None:
    indonesian, english = read_words()
    assert len(indonesian) > 100
    assert sorted(indonesian) == sorted(english)


def test_words_when_scripts_use_them_then_they_are_there() -> None:
    indonesian, _ = read_words()
    for script in FOLDER.glob("*.js"):
        used = set(re.findall(r"(?<!/)\bwords\.(\w+)", script.read_text(encoding="utf-8")))
        assert used <= set(indonesian), script.name
