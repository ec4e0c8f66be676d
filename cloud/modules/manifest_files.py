"""Manifests in their folders, `<module>/module.yaml`. A wrong one is said with its line, and costs only itself."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from cloud.modules.checks.addresses import address_faults, address_notes
from cloud.modules.checks.figures import Fault, figure_faults
from cloud.modules.checks.ratios import ratio_faults, ratio_notes
from cloud.modules.checks.schedules import schedule_faults, schedule_notes
from cloud.modules.errors import Misconfigured
from cloud.modules.manifest import Manifest
from edge.contract import documents

FILE = "module.yaml"
SHIPPED = Path(__file__).parent / "shipped"
DISTRICTS = SHIPPED / "districts.csv"  # Kepmendagri 050-145/2022
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Found:
    """A module's folder, read.

    Attributes:
        name: of the folder, and so of the module.
        manifest: None where it is wrong.
        faults: with file, line and remedy; where there is a manifest, they are of folders that are left out.
        notes: of what is allowed and may not be meant, written alike.
        document: the file, where it could be read at all.
    """

    name: str
    manifest: Manifest | None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    document: documents.Document | None = field(default=None, repr=False, compare=False)


def find_modules(folders: list[Path]) -> Iterator[Found]:
    """Read all modules, in order of their names; of two with the same name the second one is a fault of the first.

    Raises:
        Misconfigured: a folder is not there.
    """
    found: dict[str, list[Path]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise Misconfigured(f"{folder} is no folder: create it, or correct SATULAYAR_MODULES_FOLDERS")
        for path in sorted(folder.glob(f"*/{FILE}")):
            found.setdefault(path.parent.name, []).append(path)
    modules = [_with_namesakes(read_module(paths[0]), paths) for _, paths in sorted(found.items())]
    return judge_together(modules, modules)


def judge_together(modules: Iterable[Found], others: Iterable[Found]) -> Iterator[Found]:
    """Refuse modules whose figures are made of figures that are not there, or of themselves.

    Args:
        modules: to be judged.
        others: all there are besides them.
    """
    modules = list(modules)
    known = {each.name: each.manifest for each in chain(others, modules)}
    for module in modules:
        yield _refused(module, ratio_faults(module.name, known))


def _refused(module: Found, faults: Iterable[Fault]) -> Found:
    told = _told(module, faults)
    return replace(module, manifest=None, faults=(*module.faults, *told)) if told else module


def _told(module: Found, faults: Iterable[Fault]) -> tuple[str, ...]:
    if module.document is None:
        return ()
    return tuple(f"{module.name}/{module.document.fault(where, text)}" for where, text in faults)


def _with_namesakes(module: Found, paths: list[Path]) -> Found:
    others = [
        f"{path}: {paths[0]} is called {module.name}, too: rename one; until then the latter counts"
        for path in paths[1:]
    ]
    return replace(module, faults=(*module.faults, *others))


def read_districts_file(path: Path) -> list[tuple[str, str]]:
    """Read the districts' codes and names.

    Raises:
        Misconfigured: it is no CSV file with the columns code and name.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return [(row["code"], row["name"]) for row in csv.DictReader(lines)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{path}: cannot be read as CSV with the columns code and name: {error}") from error


def read_module(path: Path) -> Found:
    """Read one manifest."""
    name = path.parent.name
    if not _NAME.fullmatch(name):
        return Found(name, None, (f"{path}: the folder's name must be like hospital_beds: a-z, 0-9 and _",))
    try:
        document = documents.read(path)
        manifest = Manifest.model_validate(document.content)
    except documents.BadDocument as error:
        return Found(name, None, (f"{name}/{error}",))
    except ValidationError as error:
        faults = [
            *document.doubles,
            *(_placed(each, document) for each in documents.faults_of(error, document, Manifest)),
        ]
        return Found(name, None, tuple(f"{name}/{fault}" for fault in faults))
    found = Found(name, manifest, document=document)
    if document.doubles:
        return replace(found, manifest=None, faults=tuple(f"{name}/{fault}" for fault in document.doubles))
    notes = chain(schedule_notes(manifest), address_notes(manifest), ratio_notes(manifest))
    found = replace(found, notes=_told(found, notes))
    return _refused(found, chain(figure_faults(manifest), address_faults(name, manifest), schedule_faults(manifest)))


def _placed(fault: str, document: documents.Document) -> str:
    """Give a fault of the whole manifest, which names its path itself, the line of that path."""
    found = re.fullmatch(r"[^:]+:\d+: the file: ([\w.]+): (.*)", fault, re.DOTALL)
    if not found:
        return fault
    return document.fault(tuple(found[1].split(".")), found[2])
