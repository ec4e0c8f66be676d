"""Debian packages in a private prefix: no root, no Docker, nothing of the machine touched.

apt resolves and verifies the packages with a state of its own (empty package database, own lists); ``dpkg``
only unpacks them; ``patchelf`` points each program at the prefix's own loader and libraries, so that packages
of a newer Debian run on an older one. A bundle is built beside its final place and renamed into it, so that
a kill leaves nothing half-made.

Source: apt.conf(5), apt-get(8), ld.so(8).
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cloud.db.debian_sources import derive_sources
from cloud.db.elf import check_closed, point_at_own_libraries
from cloud.db.errors import Misconfigured, Unavailable

SUITE = "trixie"  # Debian 13: the first with TimescaleDB for PostgreSQL 17
APT_TIMEOUT_S = 900
LISTS_VALID_S = 3600
STAMP = "stamp.json"
TOOLS = ("apt-get", "dpkg-deb")

# Of what the wanted packages depend on, shared libraries are taken and the rest is left: maintainer scripts
# do not run here, so Perl, debconf and user management have no use. LLVM is 120 MB and only JIT needs it.
LIBRARY = re.compile(r"^(lib|zlib1g$)")
LEFT_OUT = re.compile(r"^(libllvm|libz3|libperl|libdebconf|libc-(bin|l10n)|libgdbm|libproc2)|-(perl|common|data|dev)$")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What to fetch, and which of it must run."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    """Globs below the prefix: every ELF file they match is made to run, and checked."""

    def digest(self) -> str:
        """Identify this definition, so that a prefix of an older one is built again."""
        return hashlib.sha256(json.dumps([SUITE, asdict(self)]).encode()).hexdigest()


def say_to_person(line: str) -> None:
    """Write one line of progress to standard error."""
    sys.stderr.write(line + "\n")


def ensure_bundle(bundle: Bundle, home: Path, say: Say = say_to_person) -> Path:
    """Return the prefix that holds ``bundle``; build it below ``home`` if it is not there yet.

    Two callers at once build it once. When it is there, this costs the reading of one small file.

    Raises:
        Unavailable: the mirror cannot be reached, or lacks a package.
        Misconfigured: this machine cannot use Debian packages; the message says what to do instead.
    """
    # The real path: a folder reached by two names (a link in a second checkout) must not look like two folders.
    final = home.resolve() / bundle.name
    if _is_current(bundle, final):
        return final
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    with _locked(home / "lock"):
        if not _is_current(bundle, final):
            _build(bundle, final, say)
    return final


def _is_current(bundle: Bundle, final: Path) -> bool:
    """Tell whether the prefix is of this definition and still where it was built: programs know their loader's path."""
    try:
        stamp = json.loads((final / STAMP).read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(stamp["digest"] == bundle.digest() and stamp["path"] == str(final))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(bundle: Bundle, final: Path, say: Say) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise Misconfigured(f"{' and '.join(missing)} not found: packages can be fetched on Debian only")
    building = final.with_name(f".{bundle.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    archives = building / "archives"
    archives.mkdir(parents=True)
    building.chmod(0o755)
    apt = _Apt(final.parent / "apt")
    say(f"{bundle.name}: reading the package lists of Debian {SUITE}")
    apt.update()
    names = apt.resolve(bundle.packages)
    say(f"{bundle.name}: fetching {len(names)} packages")
    versions = apt.download(names, archives)
    say(f"{bundle.name}: unpacking")
    for archive in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(archive), str(building))
    shutil.rmtree(archives)
    point_at_own_libraries(building, final, bundle.programs)
    check_closed(building, bundle.programs)
    stamp = {"digest": bundle.digest(), "path": str(final), "packages": versions}
    (building / STAMP).write_text(json.dumps(stamp, indent=1))
    _put_in_place(building, final)
    say(f"{bundle.name}: ready in {final}")


def _put_in_place(building: Path, final: Path) -> None:
    outdated = final.with_name(f".{final.name}.outdated")
    shutil.rmtree(outdated, ignore_errors=True)
    if final.exists():
        final.rename(outdated)
    building.rename(final)
    shutil.rmtree(outdated, ignore_errors=True)


class _Apt:
    """apt with a state of its own: its lists, an empty package database, and sources of ``SUITE``."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._updated = state / "updated"
        self._complaints = ""
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").write_text("")
        (state / "suite.sources").write_text(derive_sources(SUITE))

    def update(self) -> None:
        """Fetch the lists of packages, about 10 MB the first time; those of the last hour will do.

        apt takes a mirror that does not answer for a warning, and so do we: what is missing is missed below.
        """
        if not self._updated.exists() or time.time() - self._updated.stat().st_mtime > LISTS_VALID_S:
            self._complaints = self._apt_get("update").stderr
            self._updated.touch()

    def resolve(self, packages: tuple[str, ...]) -> list[str]:
        """Name ``packages`` and the shared libraries that they need, all the way down."""
        with self._forgetting_lists():
            plan = self._apt_get("install", "--simulate", "--no-install-recommends", *packages).stdout
        names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
        return [name for name in names if name in packages or (LIBRARY.match(name) and not LEFT_OUT.search(name))]

    def download(self, names: list[str], folder: Path) -> dict[str, str]:
        """Fetch and verify the packages into ``folder``; return their versions."""
        with self._forgetting_lists():
            self._apt_get("download", *names, cwd=folder)
        parts = [path.name.split("_") for path in folder.glob("*.deb")]
        return {name: version.replace("%3a", ":") for name, version, _ in sorted(parts)}

    @contextmanager
    def _forgetting_lists(self) -> Iterator[None]:
        """On a failure let the next try read the lists again: the mirror was out of reach, or has moved on."""
        try:
            yield
        except Unavailable as error:
            self._updated.unlink(missing_ok=True)
            raise Unavailable(f"{self._complaints}{error}") from error

    def _apt_get(self, *arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        options = {
            "Dir::State": self._state / "state",
            "Dir::State::status": self._state / "status",
            "Dir::Cache": self._state / "cache",
            "Dir::Etc::sourcelist": self._state / "suite.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::Retries": "3",
            "Acquire::http::Timeout": "30",
            # As root apt would fetch as the user _apt, who cannot write into a private folder.
            "APT::Sandbox::User": "root",
        }
        flags = [flag for name, value in options.items() for flag in ("-o", f"{name}={value}")]
        return _run("apt-get", "-qq", *flags, *arguments, cwd=cwd)


def _run(*command: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=APT_TIMEOUT_S, check=True
        )
    except subprocess.CalledProcessError as error:
        raise Unavailable(_explain(command[0], error.stderr)) from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(_explain(command[0], f"no end after {APT_TIMEOUT_S} s")) from error


def _explain(program: str, output: str) -> str:
    tail = "\n".join(f"  {line}" for line in output.strip().splitlines()[-6:])
    return (
        f"{program} failed:\n{tail}\n"
        f"The packages come from this machine's own Debian mirror, suite {SUITE}, which is needed once. When it "
        f"is offline or does not carry that suite, install the programs some other way, or use compose.yaml."
    )
