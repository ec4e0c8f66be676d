"""A TimescaleDB in a private directory, for laptops, tests, demo and benches: no root, no Docker, no service.

    with LocalCluster(Path(".local/cluster")) as cluster:
        psycopg.connect(cluster.dsn("satulayar"))

Clients on this machine come in by a socket inside the directory, which only its owner can enter, so nothing
is asked there. TCP on loopback is for lines that are to be cut by a proxy: it wants a password.
"""

import contextlib
import random
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cloud.db.cluster_files import ClusterFiles, default_settings
from cloud.db.debian import Say, say_to_person
from cloud.db.errors import Refused, Unavailable
from cloud.db.places import choose_server_user, find_reachable
from cloud.db.prefix import ensure_timescaledb
from cloud.db.server import Order, Server, start_server

SUPERUSER = "satulayar"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0


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
        user = choose_server_user()
        self.directory = find_reachable(directory, user)
        self._files = ClusterFiles(self.directory, user)
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
        return self._files.password.read_text().strip()

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
        self._files.ensure_data(self._bin_dir, SUPERUSER)
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
        return make_conninfo(host=str(self._files.sockets), port=self.port, dbname=dbname, user=role)

    def create_database(self, name: str, template: str = "template0") -> str:
        """Create a database as a copy of ``template`` and return its dsn.

        The default is the one database that TimescaleDB's workers never connect to: a copy wants nobody there.
        """
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

    def _order(self) -> Order:
        settings = self._settings | {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._files.sockets),
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return Order(
            command=(str(self._bin_dir / "postgres"), "-D", str(self._files.data), *flags),
            directory=self.directory,
            log=self.directory / "postgres.log",
            # Fast shutdown: disconnect clients, write a checkpoint, end.
            stop_signal=signal.SIGINT,
            stop_timeout_s=STOP_TIMEOUT_S,
            user=self._files.owner(),
        )

    def _is_ready(self) -> bool:
        """Read the state that the postmaster itself writes (the eighth line of its pid file)."""
        try:
            lines = (self._files.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        own = self._server is not None and lines[:1] == [str(self._server.pid)]
        return own and len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - miscadmin.h


def find_free_port() -> int:
    """Find a TCP port on loopback that is free just now.

    From below the range that the system gives to outgoing connections and to whoever binds port 0 (Linux: 32768 and
    up), above the ports that a demonstration names, and at random, so that it is still free when a server comes to
    bind it.

    Raises:
        Unavailable: of a hundred ports none was free.
    """
    for _ in range(100):
        port = random.randint(20_000, 32_000)  # noqa: S311 - spreads, guards no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Unavailable("no free port on loopback")
