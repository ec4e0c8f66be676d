"""What is done once at each start, before anything runs for long: schema, registry, first token."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cloud.db.local import LocalCluster
from simulators.errors import Unavailable
from simulators.stack.data import DataDirectory
from simulators.stack.private import write_private

DATABASE = "satulayar"
CIVIL_REGISTRY = "dukcapil"
ACCOUNT = "demo"
_TOKEN_ID_AT = 1  # a token is sl_{id}_{secret}


def ensure_database(cluster: LocalCluster) -> None:
    """Create our database, and the one of a simulated service, if this is the first start."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        found = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    for name in (DATABASE, CIVIL_REGISTRY):
        if name not in found:
            cluster.create_database(name)


def registry_url(cluster: LocalCluster) -> str:
    """Write the civil registry's database as an address, as modules want it."""
    parts = conninfo_to_dict(cluster.dsn(CIVIL_REGISTRY, user="modules"))
    place = f"host={quote(str(parts['host']), safe='')}&port={parts['port']}"
    return f"postgresql://{parts['user']}@/{parts['dbname']}?{place}"


async def migrate(dsn: str) -> None:
    """Bring the schema up to date, as a deployment does."""
    await run_to_end("satulayar-db migrate", "cloud.db", "migrate", environment={"SATULAYAR_DB_DSN": dsn})


async def set_wall_password(dsn: str, password: str) -> None:
    """Let the dashboards' role log in over TCP, as a Grafana does."""
    environment = {"SATULAYAR_DB_DSN": dsn, "SATULAYAR_DB_WALL_READER_PASSWORD": password}
    await run_to_end("satulayar-db roles", "cloud.db", "roles", environment=environment)


async def push_token(dsn: str, data: DataDirectory, module: str) -> str:
    """Give the token with which a simulated service pushes its figures; made at the first start."""
    path = data.path / f"token-{module}"
    if not path.exists():
        order = ("cloud.modules", "token", module)
        write_private(path, await run_to_end("satulayar-modules", *order, environment={"SATULAYAR_MODULES_DSN": dsn}))
    return path.read_text().strip()


async def load_registry(dsn: str, path: Path) -> None:
    """Register sites, boxes, assets and junctions, as the database's owner."""
    await run_to_end("satulayar-db load", "cloud.db", "load", str(path), environment={"SATULAYAR_DB_DSN": dsn})


async def first_token(dsn: str, data: DataDirectory, token_file: Path | None) -> str | None:
    """Make an administrator's token if none was ever made here, or a file for one is wanted and absent.

    Args:
        dsn: of the database.
        data: remembers, by the token's id, that there was one.
        token_file: where to keep it, readable by its owner only; None keeps it nowhere.

    Returns:
        The token, to be shown once; None when there is nothing new to show.
    """
    if not await asyncio.to_thread(_is_token_wanted, data, token_file):
        return None
    order = ("cloud.db", "token", "create", ACCOUNT, "--role", "admin")
    token = await run_to_end("satulayar-db token", *order, environment={"SATULAYAR_DB_DSN": dsn})
    if token_file:
        write_private(token_file, token)
    data.token_note.write_text(token.split("_")[_TOKEN_ID_AT] + "\n")
    return token


def _is_token_wanted(data: DataDirectory, token_file: Path | None) -> bool:
    return not data.token_note.exists() or (token_file is not None and not token_file.exists())


async def run_to_end(name: str, module: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Run one of our commands and return what it printed.

    Raises:
        Unavailable: it failed; the message has its last lines.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    printed, complaints = await process.communicate()
    if process.returncode:
        raise Unavailable(f"{name} failed:\n{complaints.decode(errors='replace').strip()[-2_000:]}")
    return printed.decode().strip()
