"""A TimescaleDB in a private directory, for laptops, tests, demo and benches: no root, no Docker, no service.

    with LocalCluster(Path(".local/cluster")) as cluster:
        psycopg.connect(cluster.dsn("satulayar"))

Clients on this machine come in by a socket inside the directory, which only its owner can enter, so nothing
is asked there. TCP on loopback is for lines that are to be cut by a proxy: it wants a password.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cloud.db.debian import Say, say_to_person
from cloud.db.errors import Refused, Unavailable
from cloud.db.places import choose_server_user, find_reachable
from cloud.db.prefix import ensure_timescaledb
from cloud.db.server import Order, Server, start_server

SUPERUSER = "satulayar"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
SOCKET_PATH_MAX = 107  # sun_path of unix(7), less its NUL
MIB = 1024 * 1024
SHARED_BUFFERS_MAX = 1024 * MIB

HBA = """\
# Whoever may enter this directory is the owner; everybody else on this machine needs the password.
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


class LocalCluster:
    """A database server that lives as long as its owner, and keeps its data for the next one.

    Args:
        directory: where it keeps everything. Out of the server user's reach (root's home, say) another one
            stands in for it: see ``directory`` afterwards.
        port: TCP port on 127.0.0.1; 0 takes a free one, which then stays the same over ``restart``.
        settings: PostgreSQL settings over the ones of ``default_settings``.
        say: takes a line of progress while programs are fetched.
    """

    def __init__(
        self, directory: Path, port: int = 0, *, settings: Mapping[str, str] | None = None, say: Say = say_to_person
    ) -> None:
        self._user = choose_server_user()
        self.directory = find_reachable(directory, self._user)
        self._asked_port = port
        self._settings = default_settings() | dict(settings or {})
        self._say = say
        self._server: Server | None = None
        self.port = port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def password(self) -> str:
        """The superuser's password over TCP, made with the cluster."""
        return (self.directory / "password").read_text().strip()

    @property
    def pid(self) -> int | None:
        """Process id of the server; None while it is down."""
        return self._server.pid if self._server and self._server.is_running() else None

    def start(self) -> None:
        """Start the server; make the cluster first if the directory has none. A running one is left alone.

        Raises:
            Unavailable: it did not start; the message has its last log lines.
        """
        if self._server and self._server.is_running():
            return
        self.stop()  # what is left of one that ended by itself
        self._bin_dir = ensure_timescaledb(self._say)
        if not (self.directory / "data" / "PG_VERSION").exists():
            self._initialise()
        self.port = self.port or find_free_port()
        self._server = start_server(self._order())
        self._server.wait_until(self._is_ready, START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the server with a checkpoint; clients are disconnected."""
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a crash would; ``start`` then recovers what was committed."""
        if self._server:
            self._server.kill()

    def restart(self) -> None:
        """Stop and start again, on the same port."""
        self.stop()
        self.start()

    def dsn(
        self, dbname: str = "satulayar", user: str | None = None, *, tcp: bool = False, port: int | None = None
    ) -> str:
        """Write how to connect, in libpq's key=value form.

        Args:
            dbname: the database.
            user: the role, None is the superuser.
            tcp: over loopback with the superuser's password, rather than over the socket.
            port: another port than the cluster's, for instance a proxy's; implies ``tcp``.
        """
        role = user or SUPERUSER
        if tcp or port:
            return make_conninfo(
                host="127.0.0.1", port=port or self.port, dbname=dbname, user=role, password=self.password
            )
        return make_conninfo(host=str(self._socket_directory()), port=self.port, dbname=dbname, user=role)

    def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of ``template`` and return its dsn. Copying takes about 50 ms."""
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._execute(query.format(sql.Identifier(name), sql.Identifier(template)))
        return self.dsn(name)

    def freeze_template(self, name: str) -> None:
        """Make a database one that is copied only: TimescaleDB's workers, too, must keep out of it."""
        self._execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        leave = sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}")
        self._execute(leave.format(sql.Literal(name)))

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, with whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, query: sql.Composed) -> None:
        try:
            with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
                connection.execute(query)
        except psycopg.OperationalError as error:
            raise Unavailable(f"the local database: {error}") from error
        except psycopg.Error as error:
            raise Refused(f"the local database: {error}") from error

    def _initialise(self) -> None:
        """Run initdb into a folder beside the data's and rename it, so that a kill leaves nothing half-made."""
        _make_private(self.directory, self._user)
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        _give(password, self._user)
        building = self.directory / "data.building"
        shutil.rmtree(building, ignore_errors=True)
        _run_as(
            self._user,
            [
                *(str(self._bin_dir / "initdb"), "--pgdata", str(building), "--username", SUPERUSER),
                *("--pwfile", str(password), "--auth-local", "trust", "--auth-host", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C", "--data-checksums"),
            ],
            self.directory,
        )
        (building / "pg_hba.conf").write_text(HBA)
        building.rename(self.directory / "data")

    def _order(self) -> Order:
        settings = self._settings | {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._socket_directory()),
            "unix_socket_permissions": "0700" if self._user is None else "0770",
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return Order(
            command=(str(self._bin_dir / "postgres"), "-D", str(self.directory / "data"), *flags),
            directory=self.directory,
            log=self.directory / "postgres.log",
            # Fast shutdown: disconnect clients, write a checkpoint, end.
            stop_signal=signal.SIGINT,
            stop_timeout_s=STOP_TIMEOUT_S,
            user=self._data_owner(),
        )

    def _data_owner(self) -> pwd.struct_passwd | None:
        """Name the user of the data there is: the preferred one may have been installed since."""
        if self._user is None:
            return None
        return pwd.getpwuid((self.directory / "data").stat().st_uid)

    def _is_ready(self) -> bool:
        """Read the state that the postmaster itself writes (the eighth line of its pid file)."""
        try:
            lines = (self.directory / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        own = self._server is not None and lines[:1] == [str(self._server.pid)]
        return own and len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - miscadmin.h

    def _socket_directory(self) -> Path:
        """Return the cluster's directory, or a short one where its path is too long for a socket's name."""
        if len(os.fsencode(self.directory / ".s.PGSQL.65535")) <= SOCKET_PATH_MAX:
            return self.directory
        return _short_directory(self.directory, self._user)


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


def find_free_port() -> int:
    """Find a TCP port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_private(directory: Path, user: pwd.struct_passwd | None) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    _give(directory, user)


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _run_as(user: pwd.struct_passwd | None, command: list[str], directory: Path) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} failed:\n{done.stderr.strip()}")


def _short_directory(directory: Path, user: pwd.struct_passwd | None) -> Path:
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"satulayar-{digest}"
    _make_private(short, user)
    return short
