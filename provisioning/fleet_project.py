"""Puts together what `balena push` takes: compose file, Dockerfile, the agent's sources and data, nothing else.

balena builds from folders inside of the project, so the project is a folder of its own, made anew each time.

    balena.yml  docker-compose.yml
    box/Dockerfile.template  take-parcel.sh  requirements.txt  edge/  firmware-config/{models,sensors}
"""

import shutil
from importlib import metadata
from pathlib import Path

from provisioning.errors import Misconfigured, Refused

ROOT = Path(__file__).resolve().parents[1]
_FLEET = ROOT / "firmware-config" / "fleet"
_MARK = "balena.yml"
_DATA = ("models", "sensors")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.md")


def write_project(to: Path) -> int:
    """Write the project; give how many files it has. One that was written before is replaced.

    Raises:
        Refused: there is something else at the target.
        Misconfigured: it cannot be written.
    """
    if to.exists() and any(to.iterdir()) and not (to / _MARK).exists():
        raise Refused(f"{to} is there already and is no project of ours: name another folder")
    try:
        shutil.rmtree(to, ignore_errors=True)
        box = to / "box"
        box.mkdir(parents=True)
        for name in (_MARK, "docker-compose.yml"):
            shutil.copyfile(_FLEET / name, to / name)
        for name in ("Dockerfile.template", "take-parcel.sh"):
            shutil.copyfile(_FLEET / name, box / name)
        shutil.copyfile(ROOT / "requirements" / "edge-vision.txt", box / "requirements.txt")
        shutil.copytree(ROOT / "edge", box / "edge", ignore=_LEFT_OUT)
        for name in _DATA:
            shutil.copytree(ROOT / "firmware-config" / name, box / "firmware-config" / name, ignore=_LEFT_OUT)
        _write_version(box)
    except OSError as error:
        raise Misconfigured(f"{to}: cannot be written: {error.strerror}: is it read-only, or full?") from error
    return sum(1 for path in to.rglob("*") if path.is_file())


def _write_version(box: Path) -> None:
    """Say which version this is: the agent asks its package, and the image has the sources only."""
    version = metadata.version("satulayar")
    folder = box / f"satulayar-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: satulayar\nVersion: {version}\n")
