"""The files of a local PostgreSQL cluster: who owns them, how they are made, where its socket lies.

data/  password  postgres.log  lock      and the socket, unless the path is too long for one
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import weakref
from functools import cached_property
from pathlib import Path

from cloud.db.errors import Unavailable
from cloud.db.server import hold

SOCKET_PATH_MAX = 107  # sun_path of unix(7), less its NUL
MIB = 1024 * 1024
SHARED_BUFFERS_MAX = 1024 * MIB

HBA = """\
# Whoever may enter this directory is the owner; everybody else on this machine needs the password.
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


class ClusterFiles:
    """The directory of one cluster.

    Args:
        directory: it need not exist yet.
        user: who shall own it; None is ourselves.
    """

    def __init__(self, directory: Path, user: pwd.struct_passwd | None) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.password = directory / "password"
        self._user = user

    def owner(self) -> pwd.struct_passwd | None:
        """Name the user of the data there is: the preferred one may have been installed since."""
        return None if self._user is None else pwd.getpwuid(self.data.stat().st_uid)

    def ensure_data(self, bin_dir: Path, superuser: str) -> None:
        """Make the cluster if there is none; two callers at once make one.

        Raises:
            Unavailable: initdb failed; the message has what it said.
        """
        if (self.data / "PG_VERSION").exists():
            return
        self._make_private(self.directory)
        with hold(self.directory, "initdb"):
            if not (self.data / "PG_VERSION").exists():
                self._make_data(bin_dir, superuser)

    @cached_property
    def sockets(self) -> Path:
        """The folder of the socket: the cluster's own, or a short one where its path would be too long."""
        if len(os.fsencode(self.directory / ".s.PGSQL.65535")) <= SOCKET_PATH_MAX:
            return self.directory
        short = Path(tempfile.mkdtemp(prefix="satulayar-"))
        self._give(short)
        weakref.finalize(self, shutil.rmtree, short, ignore_errors=True)
        return short

    def _make_data(self, bin_dir: Path, superuser: str) -> None:
        """Run initdb into a folder beside the data's and rename it, so that a kill leaves nothing half-made."""
        self.password.touch(mode=0o600)
        self.password.write_text(secrets.token_urlsafe(24) + "\n")
        self._give(self.password)
        building = self.directory / "data.building"
        shutil.rmtree(building, ignore_errors=True)
        self._run(
            *(str(bin_dir / "initdb"), "--pgdata", str(building), "--username", superuser),
            *("--pwfile", str(self.password), "--auth-local", "trust", "--auth-host", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--data-checksums"),
        )
        (building / "pg_hba.conf").write_text(HBA)
        building.rename(self.data)

    def _make_private(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        self._give(directory)

    def _give(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.directory,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            env=os.environ | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"{Path(command[0]).name} failed:\n{done.stderr.strip()}")


def default_settings() -> dict[str, str]:
    """Choose settings for a laptop: durable, and no more than an eighth of its memory for the cache."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "shared_preload_libraries": "timescaledb",
        "shared_buffers": f"{min(SHARED_BUFFERS_MAX, memory // 8) // MIB}MB",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "max_connections": "100",
        "max_worker_processes": "32",
        "timescaledb.max_background_workers": "16",
        # Needs LLVM, which the private prefix leaves out; short queries lose by it anyway.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "timescaledb.telemetry_level": "off",
    }
