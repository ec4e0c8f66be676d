"""What the console says: every sentence is in both catalogues, whole."""

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from cloud.console.codes import NAMES, find_name
from cloud.console.words import FOLDER, LANGUAGES, Language, load_words

CONSOLE = FOLDER.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def extract() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(CONSOLE, METHODS, OPTIONS, {"_": None, "gettext": None, "ngettext": (1, 2)})
    return {message for _, _, message, _, _ in found}


def read(language: Language) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def blanks(text: str) -> set[str]:
    named = {part[1] for part in string.Formatter().parse(text) if part[1]}
    return named | {part.split(")")[0] for part in text.split("%(")[1:]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_when_compared_with_the_pages_then_has_each_sentence_once_and_no_other(language: Language) -> None:
    said, known = extract(), {message.id: message for message in read(language) if message.id}
    assert len(said) > 150
    assert {str(one) for one in said - set(known)} == set(), "in the pages, not in the catalogue"
    assert {str(one) for one in set(known) - said} == set(), "in the catalogue, no longer in the pages"
    for key, message in known.items():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), f"{key!r} is not said in {language}"
        assert not message.fuzzy, key
        wanted = blanks(key if isinstance(key, str) else key[1])
        assert all(blanks(text) <= wanted for text in texts), f"{key!r} fills in something else"


def test_catalogues_when_compared_then_differ_where_a_sentence_is_no_name() -> None:
    indonesian, english = read("id"), read("en")
    same = [m.id for m in indonesian if m.id and m.string == (english.get(m.id) or m).string]
    assert sorted(map(str, same)) == sorted(["Operator", "Administrator", "Audit", "No."]), same


def test_codes_when_named_then_are_said_in_both_languages() -> None:
    for kind, names in NAMES.items():
        for code in names:
            assert load_words("id").gettext(find_name(kind, code))
    assert find_name("act", "brand_new") == "brand new"


def test_templates_when_read_then_have_no_sentence_outside_the_catalogues() -> None:
    for path in Path(CONSOLE / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert "http" not in text.replace("http-equiv", ""), path
