"""A running API on loopback, with a database of its own for each module of tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from cloud.api.__main__ import Server, make_server
from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.tokens import ROLES, Role
from tests.fix_database import as_role

START_TIMEOUT_S = 10
# One client, because making one costs 30 ms; no idle connections, because nobody closes it.
HTTP = httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass
class RunningApi:
    """An API that serves.

    Attributes:
        url: of its root.
        dsn: of its database, as the owner.
        owner: a connection there.
        tokens: one per role.
        server: the server itself.
    """

    url: str
    dsn: str
    owner: Connection
    tokens: dict[Role, str]
    server: Server

    def headers(self, role: Role = "viewer") -> dict[str, str]:
        """Write the header that carries a role's token."""
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def get(self, path: str, role: Role = "viewer", **parameters: object) -> httpx.Response:
        """Ask for a path."""
        return HTTP.get(self.url + path, headers=self.headers(role), params=parameters)  # type: ignore[arg-type]


@contextmanager
def serve(settings: ApiSettings) -> Iterator[tuple[str, Server]]:
    """Run a server in a thread of this process, on a free port."""
    server = make_server(settings)
    thread = threading.Thread(target=server.run, name="api")
    thread.start()
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not server.started and thread.is_alive() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert server.started, "the API did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the API did not stop"


@pytest.fixture(scope="module")
def api(cluster: LocalCluster, migrated_template: str) -> Iterator[RunningApi]:
    """The module's API; tests add their own sites to its database."""
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    settings = ApiSettings(dsn=as_role(dsn, "api"), port=0, log_level="error", slow_client_s=1.0, max_streams=5)
    with connect(dsn, "test", autocommit=True) as owner:
        tokens = {role: accounts.create_token(owner, f"its-{role}", role, "test") for role in ROLES}
        with serve(settings) as (url, server):
            yield RunningApi(url, dsn, owner, tokens, server)
    cluster.drop_database(name)
