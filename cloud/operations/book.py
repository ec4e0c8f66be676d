"""Kinds and rules together, read from a folder; whatever is wrong is said with file, line and path."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from pydantic import ValidationError

from cloud.operations.errors import Misconfigured
from cloud.operations.kinds import Kind, KindsFile, Strict
from cloud.operations.rules import AllWhen, Rule, RulesFile, ShareWhen, SilentWhen
from edge.contract import documents
from edge.contract.catalogue import CATALOGUE

SHIPPED = Path(__file__).parent / "shipped"
KINDS, RULES = "kinds.yaml", "rules.yaml"
Model = TypeVar("Model", bound=Strict)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Book:
    """What the engine goes by.

    Attributes:
        file: kinds and priorities.
        rules: by name, in the file's order.
    """

    file: KindsFile
    rules: dict[str, Rule]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kinds by name."""
        return self.file.kinds

    def children_of(self, name: str) -> list[str]:
        """List the kinds that fold into this one."""
        return [child for child, kind in self.kinds.items() if name in kind.within]


def read_book(folder: Path = SHIPPED) -> Book:
    """Read a folder's kinds and rules.

    Raises:
        Misconfigured: every fault, a line each, with file, line and path.
    """
    faults: list[str] = []
    kinds, _ = _read(folder / KINDS, KindsFile, faults)
    rules, document = _read(folder / RULES, RulesFile, faults)
    if kinds and rules and document:
        faults += _unknown_kinds(kinds, rules, document)
        faults += _unknown_quantities(rules, document)
    if faults or not kinds or not rules:
        raise Misconfigured("\n".join(faults))
    return Book(kinds, rules.rules)


def stamps(folder: Path) -> tuple[int, ...]:
    """Give when the files were changed, in nanoseconds; 0 where one is not there."""
    paths = (folder / KINDS, folder / RULES)
    return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)


class BookReader:
    """Kinds and rules as they are now: read anew where a file has changed.

    Args:
        folder: with the two files.

    Raises:
        Misconfigured: they are wrong at the start.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._stamps = stamps(folder)
        self._book = read_book(folder)

    @property
    def book(self) -> Book:
        """The book; files that have just been spoilt change nothing, and say so in the log."""
        seen = stamps(self._folder)
        if seen != self._stamps:
            self._stamps = seen
            try:
                self._book = read_book(self._folder)
            except Misconfigured as error:
                _log.error("rules_refused", faults=str(error))
            else:
                _log.info("rules_read", kinds=len(self._book.kinds), rules=len(self._book.rules))
        return self._book


def _read(
    path: Path, model: type[Model], faults: list[str]
) -> tuple[Model, documents.Document] | tuple[None, documents.Document | None]:
    try:
        document = documents.read(path)
    except documents.BadDocument as error:
        faults.append(str(error))
        return None, None
    faults += document.doubles
    try:
        return model.model_validate(document.content), document
    except ValidationError as error:
        faults += documents.faults_of(error, document, model)
        return None, document


def _unknown_kinds(kinds: KindsFile, rules: RulesFile, document: documents.Document) -> list[str]:
    named: list[tuple[documents.Where, str]] = [
        (("rules", name, "incident"), rule.incident) for name, rule in rules.rules.items()
    ]
    named += [
        (("rules", name, "when", "many", "incident"), rule.when.many.incident)
        for name, rule in rules.rules.items()
        if isinstance(rule.when, SilentWhen) and rule.when.many
    ]
    return [
        document.fault(where, f"{wanted!r} is no kind of {KINDS}{documents.nearest(wanted, kinds.kinds)}")
        for where, wanted in named
        if wanted not in kinds.kinds
    ]


def _unknown_quantities(rules: RulesFile, document: documents.Document) -> list[str]:
    """Name quantities that no box can send by these names: such a rule would never hold, and nobody would know."""
    named = [
        ((*where, "quantity"), quantity)
        for name, rule in rules.rules.items()
        for where, part in _parts(("rules", name, "when"), rule)
        if (quantity := getattr(part, "quantity", None)) is not None
    ]
    return [
        document.fault(where, f"{wanted!r} is no quantity of the catalogue{documents.nearest(wanted, CATALOGUE)}")
        for where, wanted in named
        if wanted not in CATALOGUE
    ]


def _parts(where: documents.Where, rule: Rule) -> list[tuple[documents.Where, Strict]]:
    if isinstance(rule.when, AllWhen):
        return [((*where, "parts", number), part) for number, part in enumerate(rule.when.parts)]
    if isinstance(rule.when, ShareWhen):
        return [((*where, "part"), rule.when.part)]
    return [(where, rule.when)]
