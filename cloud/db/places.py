"""Decides as whom a server runs, and where it may keep its files.

PostgreSQL refuses to run as root, so a server started by root is handed to an ordinary user. That user must
be able to reach the server's programs and data: ``/root`` and pytest's folders are closed to it (mode 0700).
Where the wanted folder is out of its reach, a folder below ``/var/tmp`` stands in, always the same one for
the same wanted path, so that a second start finds the first one's data.
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.db.errors import Misconfigured

# The first that exists runs the servers of root. Every Linux has the last one.
SERVER_USERS = ("postgres", "nobody")
FALLBACK_ROOT = Path("/var/tmp")  # noqa: S108 - it survives a reboot, and the ownership is checked below
CHECKOUT = Path(__file__).resolve().parents[2]


def choose_server_user() -> pwd.struct_passwd | None:
    """Name the user that servers run as; None means: as whoever we are, no change is needed."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Misconfigured(f"PostgreSQL refuses to run as root, and none of {SERVER_USERS} exists to run it")


def find_reachable(wanted: Path, user: pwd.struct_passwd | None) -> Path:
    """Return ``wanted``, or the folder that stands in for it when ``user`` cannot get there.

    Args:
        wanted: an absolute path; it need not exist yet.
        user: who must reach it; None stands for ourselves.
    """
    wanted = wanted.absolute()
    if user is None or all(_may_enter(folder, user) for folder in wanted.parents):
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    fallback = FALLBACK_ROOT / f"satulayar-{digest}"
    _make_own(fallback)
    return fallback / wanted.name


def find_local_home(name: str) -> Path:
    """Return the folder ``name`` for what this machine downloads or makes, out of version control.

    That is ``.local/`` of the checkout; for an installed package it is the user's data folder.
    """
    if (CHECKOUT / "pyproject.toml").exists():
        return CHECKOUT / ".local" / name
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "satulayar" / name


@contextmanager
def make_temporary_home() -> Iterator[Path]:
    """Make a folder that servers of any user can reach, and remove it with all it holds afterwards."""
    home = Path(tempfile.mkdtemp(prefix="satulayar-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _may_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return True  # made by us later, with a mode that lets the user in
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _make_own(folder: Path) -> None:
    """Make ``folder``, or check that the one there is ours: anybody may create names in ``/var/tmp``."""
    try:
        folder.mkdir(mode=0o755)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise Misconfigured(f"{folder} is not ours: remove it, or start from a folder open to all") from None
    folder.chmod(0o755)
