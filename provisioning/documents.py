"""YAML files that remember their lines, so that a fault is said as `pasuruan.yaml:14: sites[2].latitude: …`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from edge.contract.documents import Where, dotted
from provisioning.errors import Misconfigured

# libyaml where PyYAML was built with it: seven times as fast, and a regency has tens of thousands of lines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Document:
    """A YAML file read.

    Attributes:
        path: the file.
        content: its plain content.
        lines: line number (from 1) of every key and list item, by path.
        faults: what YAML itself would swallow: keys given twice.
    """

    path: Path
    content: Any
    lines: dict[Where, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, where: Where, message: str) -> str:
        """Say a fault with its file, line and path."""
        here = where
        while here and here not in self.lines:
            here = here[:-1]
        return f"{self.path.name}:{self.lines.get(here, 1)}: {dotted(where) or 'the file'}: {message}"


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        Misconfigured: it cannot be read or is no YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node, content = _parse(text)
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path.name}: is not UTF-8 text: save it as UTF-8") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise Misconfigured(f"{path.name}:{mark.line + 1 if mark else 1}: is not YAML: {problem}") from error
    document = Document(path, content)
    if node is not None:
        _mark(node, (), document)
    return document


def _parse(text: str) -> tuple[yaml.Node | None, Any]:
    """Parse once, for the lines and for the content."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def faults_of(error: ValidationError, document: Document) -> list[str]:
    """Say what pydantic found, in the order of the file."""
    found = []
    for fault in error.errors(include_url=False):
        where = fault["loc"]
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "is not known here: remove it, or correct its spelling"
        elif fault["type"] == "missing":
            message = "is missing: add it"
        elif not isinstance(fault["input"], dict | list) and fault["type"] != "value_error":
            message = f"{fault['input']!r}: {message}"
        found.append((document.lines.get(where, document.lines.get(where[:-1], 0)), document.fault(where, message)))
    return [text for _, text in sorted(found, key=lambda pair: pair[0])]


def _mark(node: yaml.Node, where: Where, document: Document) -> None:
    document.lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            below = (*where, key.value)
            document.lines[below] = key.start_mark.line + 1
            if key.value in seen:
                document.faults.append(document.fault(below, "stands here twice: keep one"))
            seen.add(key.value)
            _mark(value, below, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.lines[(*where, index)] = item.start_mark.line + 1
            _mark(item, (*where, index), document)
