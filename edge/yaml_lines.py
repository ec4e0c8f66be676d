"""YAML that remembers its lines, so that a fault can be said as `site.yaml:14: assets[2].profile: …`."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from edge.errors import Misconfigured

Where = tuple[int | str, ...]
_EXAMPLES = {"site": "TD-01", "boxes": "TD-01-a", "assets": "TD-01.lamp-1"}  # of codes, by the part of the file


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file read.

    Attributes:
        path: the file.
        content: its plain content.
        lines: line number (from 1) of every key and list item, by path.
        doubles: faults that YAML itself would swallow: keys given twice.
    """

    path: Path
    content: Any
    lines: dict[Where, int]
    doubles: list[str]

    def place(self, where: Where) -> str:
        """Give `file:line` of a path, or of its nearest parent that is in the file."""
        while where and where not in self.lines:
            where = where[:-1]
        return f"{self.path.name}:{self.lines.get(where, 1)}"

    def fault(self, where: Where, message: str) -> str:
        """Say one fault with its place and path."""
        return f"{self.place(where)}: {_dotted(where) or 'the file'}: {message}"


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        Misconfigured: it cannot be read or is no YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path.name}: is not UTF-8 text") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Misconfigured(_syntax_fault(path, error)) from error
    lines: dict[Where, int] = {}
    doubles: list[str] = []
    document = Document(path, content, lines, doubles)
    if node is not None:
        _mark(node, (), document)
    return document


def faults_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[str]:
    """Say all faults that pydantic found, in the order of the file."""
    found = []
    for fault in error.errors(include_url=False):
        where = _in_file(fault["loc"], document)
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = f"is not known here{nearest(str(where[-1]), _siblings(model, fault['loc']))}"
        elif fault["type"] == "union_tag_invalid":
            known = [name.strip("'") for name in fault["ctx"]["expected_tags"].split(", ")]
            message = f"{fault['ctx']['tag']!r} is not a kind of rule{nearest(fault['ctx']['tag'], known)}"
        elif fault["type"] == "string_pattern_mismatch" and where[0] in _EXAMPLES:
            message = f"{fault['input']!r} is not written like {_EXAMPLES[str(where[0])]!r}"
        elif fault["type"] == "missing":
            message = "is missing: add it"
        elif not isinstance(fault["input"], dict | list) and fault["type"] != "value_error":
            message = f"{fault['input']!r}: {message}"
        found.append((document.lines.get(where, document.lines.get(where[:-1], 0)), document.fault(where, message)))
    return [text for _, text in sorted(found, key=lambda pair: pair[0])]


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Suggest the name that was probably meant: `; did you mean 'x'?`, or the list of what there is."""
    names = sorted(right)
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(names)}" if names else ""


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
                document.doubles.append(document.fault(below, "stands here twice: keep one"))
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


def _dotted(where: Where) -> str:
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
