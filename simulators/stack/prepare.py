"""What is done once at each start, before anything runs for long: schema, registry, first token."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from cloud.db.local import LocalCluster
from simulators.errors import Unavailable
from simulators.stack.data import DataDirectory
from simulators.stack.private import write_private

DATABASE = "satulayar"
ACCOUNT = "demo"
_TOKEN_ID_AT = 1  # a token is sl_{id}_{secret}


def ensure_database(cluster: LocalCluster) -> None:
    """Create the database if this is the first start."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    if not found:
        cluster.create_database(DATABASE)


async def migrate(dsn: str) -> None:
    """Bring the schema up to date, as a deployment does."""
    await run_to_end("satulayar-db migrate", "cloud.db", "migrate", environment={"SATULAYAR_DB_DSN": dsn})


async def set_wall_password(dsn: str, password: str) -> None:
    """Let the dashboards' role log in over TCP, as a Grafana does."""
    environment = {"SATULAYAR_DB_DSN": dsn, "SATULAYAR_DB_WALL_READER_PASSWORD": password}
    await run_to_end("satulayar-db roles", "cloud.db", "roles", environment=environment)


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
