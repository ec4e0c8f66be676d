"""Finds the programs of a PostgreSQL that has TimescaleDB, and fetches them where there are none.

In order of preference: the folder named by ``SATULAYAR_DB_BIN_DIR``; an installation on this machine; Debian's
packages in a private prefix (Apache edition of TimescaleDB). The programs are used from there by
``cloud.db.local``; production uses a server of its own and never comes here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cloud.db.debian import Bundle, Say, ensure_bundle, say_to_person
from cloud.db.errors import Misconfigured
from cloud.db.places import choose_server_user, find_local_home, find_reachable

BIN_DIR_VARIABLE = "SATULAYAR_DB_BIN_DIR"
OLDEST_MAJOR = 15
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
)

TIMESCALEDB = Bundle(
    name="timescaledb",
    # llvmjit.so is the one library that is not checked: LLVM stays away, and JIT off.
    # libc6 and libxxhash0 are named although they follow: the prefix does not work without them.
    packages=("postgresql-17", "postgresql-client-17", "postgresql-17-timescaledb", "libc6", "libxxhash0"),
    programs=("usr/lib/postgresql/17/bin/*", "usr/lib/postgresql/17/lib/[!l]*.so", "usr/lib/postgresql/17/lib/lib*.so"),
)


def ensure_timescaledb(say: Say = say_to_person) -> Path:
    """Return the folder of ``postgres``, ``initdb`` and ``psql`` of a server that has TimescaleDB.

    Raises:
        Misconfigured: ``SATULAYAR_DB_BIN_DIR`` names a folder without TimescaleDB, or packages cannot be used.
        Unavailable: nothing is installed and the packages cannot be fetched now.
    """
    named = os.environ.get(BIN_DIR_VARIABLE)
    if named:
        return _require_timescaledb(Path(named))
    for folder in _installed_folders():
        if has_timescaledb(folder):
            return folder
    return ensure_prefix(TIMESCALEDB, say) / "usr/lib/postgresql/17/bin"


def ensure_prefix(bundle: Bundle, say: Say = say_to_person) -> Path:
    """Return the private prefix of ``bundle``, at a place where the servers' user can reach it."""
    home = find_reachable(find_local_home("prefix"), choose_server_user())
    return ensure_bundle(bundle, home, say)


def has_timescaledb(bin_dir: Path) -> bool:
    """Tell whether the PostgreSQL in ``bin_dir`` is recent enough and has the extension."""
    if not all((bin_dir / name).exists() for name in ("postgres", "initdb", "pg_ctl")):
        return False
    major = _major_version(bin_dir / "postgres")
    shares = [bin_dir.parent / "share", bin_dir.parent / "share/postgresql"]
    if bin_dir.parent.parent.name == "postgresql":  # Debian: …/lib/postgresql/17/bin and …/share/postgresql/17
        shares.append(bin_dir.parents[3] / "share/postgresql" / str(major))
    return major >= OLDEST_MAJOR and any((share / "extension/timescaledb.control").exists() for share in shares)


def _require_timescaledb(bin_dir: Path) -> Path:
    if not has_timescaledb(bin_dir):
        raise Misconfigured(
            f"{BIN_DIR_VARIABLE}={bin_dir}: not the programs of a PostgreSQL {OLDEST_MAJOR} or newer with "
            f"TimescaleDB. Correct it, or unset it to have the packages fetched."
        )
    return bin_dir


def _installed_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in INSTALLED:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


def _major_version(postgres: Path) -> int:
    answer = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else 0
