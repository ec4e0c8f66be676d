"""YAML that remembers its lines, so that a fault can be said as `site.yaml:14: assets[2].profile: …`.

It sits in the contract because boxes and the cloud both read what people write, and should say alike what is wrong.
"""

import difflib
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

MAX_BYTES = 262_144  # 500 assets are 75 kB; the parser takes seconds for a megabyte
MAX_NODES = 50_000  # with every alias written out: a dozen lines of aliases to aliases are a billion nodes
MAX_DEPTH = 40
TWICE = "stands here twice: keep one"
Where = tuple[int | str, ...]
# libyaml where PyYAML was built with it: seven times as fast, and a regency has tens of thousands of lines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadDocument(ValueError):
    """A file is no YAML that anybody could use; the message has file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file.

    Attributes:
        where: its path in the file.
        message: what is wrong and what would be right.
        found: what pydantic says of it; empty of what others found.
    """

    where: Where
    message: str
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file read.

    Attributes:
        path: the file.
        content: its plain content.
        lines: line number (from 1) of every key and list item, by path.
        twice: keys given twice, which YAML itself would swallow.
    """

    path: Path
    content: Any
    lines: dict[Where, int]
    twice: list[Where]

    @property
    def doubles(self) -> list[str]:
        """Faults of keys given twice."""
        return [self.fault(where, TWICE) for where in self.twice]

    def place(self, where: Where) -> str:
        """Give `file:line` of a path, or of its nearest parent that is in the file."""
        while where and where not in self.lines:
            where = where[:-1]
        return f"{self.path.name}:{self.lines.get(where, 1)}"

    def fault(self, where: Where, message: str) -> str:
        """Say one fault with its place and path."""
        return f"{self.place(where)}: {dotted(where) or 'the file'}: {message}"


def read(path: Path, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES) -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        max_bytes: the largest that it may be; as it stands, larger than any site.
        max_nodes: entries that it may have, with every alias written out.

    Raises:
        BadDocument: it cannot be read, is no YAML, or is larger than it may be.
    """
    try:
        node, content = _parse(path, _text(path, max_bytes), max_nodes)
    except OSError as error:
        raise BadDocument(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadDocument(f"{path.name}: is not UTF-8 text") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadDocument(_syntax_fault(path, error)) from error
    lines: dict[Where, int] = {}
    document = Document(path, content, lines, [])
    if node is not None:
        _mark(node, (), document)
    return document


def faults_of(
    error: ValidationError, document: Document, model: type[BaseModel], examples: Mapping[str, str] | None = None
) -> list[str]:
    """Say all faults that pydantic found, in the order of the file.

    Args:
        error: what pydantic found.
        document: the file.
        model: that it should be.
        examples: of codes, by the part of the file.
    """
    return [document.fault(one.where, one.message) for one in each_fault(error, document, model, examples)]


def each_fault(
    error: ValidationError,
    document: Document,
    model: type[BaseModel],
    examples: Mapping[str, str] | None = None,
    at: Callable[[Where], Where] = lambda loc: loc,
) -> list[Fault]:
    """Give all faults that pydantic found, in the order of the file.

    Args:
        error: what pydantic found.
        document: the file.
        model: that it should be.
        examples: of codes, by the part of the file.
        at: where in the file is what pydantic names; the same where all of the file was validated as it is.
    """
    found = []
    for fault in error.errors(include_url=False):
        where = _in_file(at(fault["loc"]), document)
        message = without_address(_message(fault, where, model, examples or {}), fault["input"])
        line = document.lines.get(where, document.lines.get(where[:-1], 0))
        found.append((line, Fault(where, message, fault)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def without_address(told: str, given: Any) -> str:
    """Leave out what was written where that is an address: one in the wrong place may hold a password."""
    if not isinstance(given, str) or "://" not in given:
        return told
    return told.replace(repr(given), "'…'").replace(given, "…")


def _message(fault: Any, where: Where, model: type[BaseModel], examples: Mapping[str, str]) -> str:
    if fault["type"] == "extra_forbidden":
        return f"is not known here{nearest(str(where[-1]), _siblings(model, fault['loc']))}"
    if fault["type"] == "union_tag_invalid":
        known = [name.strip("'") for name in fault["ctx"]["expected_tags"].split(", ")]
        of = next((str(part).removesuffix("s") for part in reversed(where) if isinstance(part, str)), "entry")
        return f"{fault['ctx']['tag']!r} is not a kind of {of}{nearest(fault['ctx']['tag'], known)}"
    if fault["type"] == "string_pattern_mismatch" and fault["loc"][0] in examples:
        return f"{fault['input']!r} is not written like {examples[str(fault['loc'][0])]!r}"
    if fault["type"] == "missing":
        return "is missing: add it"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return (
        message
        if isinstance(fault["input"], dict | list) or fault["type"] == "value_error"
        else (f"{fault['input']!r}: {message}")
    )


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Suggest the name that was probably meant: `; did you mean 'x'?`, or the list of what there is."""
    names = sorted(right)
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(names)}" if names else ""


def _text(path: Path, max_bytes: int) -> str:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise BadDocument(f"{path.name}:1: the file: has more than {max_bytes} bytes: divide it by site")
    return content.decode("utf-8")


def _parse(path: Path, text: str, max_nodes: int) -> tuple[yaml.Node | None, Any]:
    """Parse once, for the lines and for the content."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        _refuse_bomb(path, node, max_nodes)
        return node, loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_bomb(path: Path, root: yaml.Node, max_nodes: int) -> None:
    """Walk over everything with aliases written out, as all that follows will, but give up in time.

    Raises:
        BadDocument: it is too much, or too deep, as when an alias stands inside of what it names.
    """
    waiting = [(root, 1)]
    for walked in itertools.count(1):
        if not waiting:
            return
        node, depth = waiting.pop()
        if walked > max_nodes or depth > MAX_DEPTH:
            what = f"more than {max_nodes} entries" if walked > max_nodes else f"more than {MAX_DEPTH} levels"
            raise BadDocument(
                f"{path.name}:{node.start_mark.line + 1}: the file: has {what} with its aliases written out:"
                " write out what *aliases repeat, and nothing within itself"
            )
        for part in node.value if isinstance(node, yaml.CollectionNode) else ():
            waiting += [(below, depth + 1) for below in (part if isinstance(part, tuple) else (part,))]


def _in_file(loc: Where, document: Document) -> Where:
    """Leave out of pydantic's path what is not in the file, such as the kind of a rule."""
    where: Where = ()
    for position, part in enumerate(loc):
        if (*where, part) in document.lines or position == len(loc) - 1:
            where = (*where, part)
    return where


def _mark(node: yaml.Node, where: Where, document: Document) -> None:
    document.lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            below = (*where, key.value)
            document.lines[below] = key.start_mark.line + 1
            if key.value in seen:
                document.twice.append(below)
            seen.add(key.value)
            _mark(value, below, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.lines[(*where, index)] = item.start_mark.line + 1
            _mark(item, (*where, index), document)


def _syntax_fault(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{path.name}:{mark.line + 1 if mark else 1}: is not YAML: {problem}"


def dotted(where: Where) -> str:
    """Write a path as a person reads it: `sites[2].assets[0].unit`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _siblings(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """Find the names that could stand where an unknown one does, as far as the models tell."""
    here: Any = model
    for part in loc[:-1]:
        here = _step(here, part)
    return set(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else set()


def _step(here: Any, part: int | str) -> Any:
    if isinstance(here, type) and issubclass(here, BaseModel):
        field = here.model_fields.get(str(part))
        return field.annotation if field else None
    choices = [_plain(choice) for choice in getattr(here, "__args__", ())]
    tagged = [choice for choice in choices if _tag(choice) == part]
    if tagged:
        return tagged[0]
    models = [choice for choice in choices if choice not in (str, int, type(None), type(...))]
    return models[0] if models else None


def _plain(choice: Any) -> Any:
    """Take the annotation off a type."""
    return choice.__origin__ if hasattr(choice, "__metadata__") else choice


def _tag(choice: Any) -> str | None:
    field = getattr(choice, "model_fields", {}).get("kind")
    return field.annotation.__args__[0] if field is not None and hasattr(field.annotation, "__args__") else None
