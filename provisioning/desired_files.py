"""Reads the desired state from a folder and says everything that is wrong with it.

First the form of all files; only when that is right, what hangs together across them.
"""

from pathlib import Path

from pydantic import ValidationError

from provisioning.desired import Desired, DesiredFile
from provisioning.desired_checks import Placed, check
from provisioning.documents import faults_of, read_document
from provisioning.errors import Misconfigured

SHIPPED = Path(__file__).resolve().parent / "regency"


def read_desired(folder: Path) -> Desired:
    """Read all files of a folder as one desired state.

    Args:
        folder: with `*.yaml`; a single file will do as well.

    Raises:
        Misconfigured: with every fault on a line of its own: file, line, path, remedy.
    """
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.yaml"))
    if not paths:
        raise Misconfigured(f"{folder}: there is no *.yaml here; begin with a copy of {SHIPPED / 'pasuruan.yaml'}")
    faults: list[str] = []
    placed = [found for path in paths if (found := _read(path, faults))]
    if not faults:
        faults = check(placed)
    if faults:
        raise Misconfigured("\n".join(dict.fromkeys(faults)))
    return _joined([each.file for each in placed])


def _read(path: Path, faults: list[str]) -> Placed | None:
    document = read_document(path)
    faults += document.doubles
    if not isinstance(document.content, dict):
        faults.append(document.fault((), "must be a mapping with regency, fleets, groups, sites"))
        return None
    try:
        return Placed(document, DesiredFile.model_validate(document.content))
    except ValidationError as error:
        faults += faults_of(error, document, DesiredFile)
        return None


def _joined(files: list[DesiredFile]) -> Desired:
    return Desired(
        regency=next(file.regency for file in files if file.regency),
        fleets={name: fleet for file in files for name, fleet in file.fleets.items()},
        groups={name: group for file in files for name, group in file.groups.items()},
        corridors=[corridor for file in files for corridor in file.corridors],
        reaches=[reach for file in files for reach in file.reaches],
        sites=[site for file in files for site in file.sites],
    )
