"""OData's filters as balena's clients write them: read into functions.

Understood: `and`, `or`, `not(...)`, the comparisons, `in (...)`, `path/any(alias:...)`, `startswith`, `endswith`,
`contains`, literals. Anything else is a bad request, as it is at balena.

Source: OData 4.0 part 2, section 5.1.1; what the clients make of it: pine-client, `build_filter`.
"""

import operator
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

Row = dict[str, Any]
Follow = Callable[[Row, str], list[Any]]
"""Gives what a row has under a name: one value, or the rows behind a list or link."""
Scope = dict[str, Row]
Test = Callable[[Row, Scope], bool]

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)(?![\w])|([A-Za-z_][\w]*(?:/[A-Za-z_]\w*)*)|([(),:]))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}
_WORDS = {"true": True, "false": False, "null": None}


class BadQuery(ValueError):
    """The query is not understood; balena answers 400."""


def split(text: str, separator: str) -> list[str]:
    """Split at a separator outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if letter == separator and depth == 0 and not quoted:
            parts.append(text[start:at])
            start = at + 1
    return [part for part in (*parts, text[start:]) if part.strip()]


def read_literal(text: str) -> Any:
    """Read a literal as it stands in a URL.

    Raises:
        BadQuery: it is none.
    """
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return unquote(text[1:-1]).replace("''", "'")
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise BadQuery(f"{text!r} is no literal") from error


def read_filter(text: str, follow: Follow) -> Test:
    """Read the value of `$filter`, still percent-encoded inside its quotes.

    Raises:
        BadQuery: with what was not understood.
    """
    reader = _Reader(text, follow)
    test = reader.either()
    reader.finish()
    return test


class _Reader:
    """A reader of one filter; each method takes what it is named after."""

    def __init__(self, text: str, follow: Follow) -> None:
        self._follow = follow
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadQuery(f"not understood in $filter: {text[at : at + 40]!r}")
            self._tokens.append(match[0].strip())
            at = match.end()

    def finish(self) -> None:
        if self._tokens:
            raise BadQuery(f"not understood in $filter: {' '.join(self._tokens[:8])!r}")

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda row, scope: any(test(row, scope) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda row, scope: all(test(row, scope) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda row, scope: not inner(row, scope)
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        word = self._next()
        if word in _TEXT:
            return self._text(_TEXT[word])
        if word.endswith("/any") and self._take("("):
            return self._any(word.removesuffix("/any"))
        return self._comparison(word)

    def _text(self, test: Callable[[str, str], bool]) -> Test:
        self._expect("(")
        path = self._next()
        self._expect(",")
        wanted = read_literal(self._next())
        self._expect(")")
        return lambda row, scope: any(test(str(value), wanted) for value in self._values(path, row, scope))

    def _any(self, path: str) -> Test:
        alias = self._next()
        self._expect(":")
        inner = self.either()
        self._expect(")")
        return lambda row, scope: any(
            inner(row, {**scope, alias: found}) for found in self._values(path, row, scope) if isinstance(found, dict)
        )

    def _comparison(self, path: str) -> Test:
        word = self._next()
        if word == "in":
            wanted = self._list()
            return lambda row, scope: any(value in wanted for value in self._plain(path, row, scope))
        if word not in _COMPARE:
            raise BadQuery(f"{word!r} is no comparison")
        compare, against = _COMPARE[word], read_literal(self._next())
        return lambda row, scope: any(_holds(compare, value, against) for value in self._plain(path, row, scope))

    def _list(self) -> list[Any]:
        self._expect("(")
        found = [read_literal(self._next())]
        while self._take(","):
            found.append(read_literal(self._next()))
        self._expect(")")
        return found

    def _plain(self, path: str, row: Row, scope: Scope) -> list[Any]:
        """Give values to compare; a row stands for its id."""
        return [value["id"] if isinstance(value, dict) else value for value in self._values(path, row, scope)]

    def _values(self, path: str, row: Row, scope: Scope) -> list[Any]:
        first, *rest = path.split("/")
        here: list[Any] = [scope[first]] if first in scope else self._follow(row, first)
        for name in rest:
            here = [value for found in here if isinstance(found, dict) for value in self._follow(found, name)]
        return here

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == word:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise BadQuery(f"{word!r} expected before {' '.join(self._tokens[:6])!r}")

    def _next(self) -> str:
        if not self._tokens:
            raise BadQuery("$filter ends too early")
        return self._tokens.pop(0)


def _holds(compare: Callable[[Any, Any], bool], value: Any, against: Any) -> bool:
    try:
        return compare(value, against)
    except TypeError:  # null is neither greater nor less than anything
        return False
