"""What is done once at each start, before anything runs for long: schema, registry, site files, first token."""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import yaml
from cryptography import x509

from cloud.db.local import LocalCluster
from provisioning.certificates import CertificateAuthority
from provisioning.parcel_files import make_identity, write_folder
from simulators.cameras.site_part import site_part
from simulators.city.layout import Layout
from simulators.city.network import Network
from simulators.errors import Unavailable
from simulators.regency.derive import registry, site_file
from simulators.regency.model import Regency
from simulators.stack.data import DataDirectory

DATABASE = "satulayar"
ACCOUNT = "demo"
LEAST_LEFT = timedelta(days=10)  # of a box's certificate; nothing renews it in a demonstration
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


async def load_registry(dsn: str, regency: Regency, path: Path, layout: Layout | None = None) -> None:
    """Register sites, boxes and assets."""
    _write_yaml(path, registry(regency, layout), regency.note)
    await run_to_end("satulayar-db load", "cloud.db", "load", str(path), environment={"SATULAYAR_DB_DSN": dsn})


def write_site_files(
    data: DataDirectory,
    regency: Regency,
    ports: Mapping[str, int],
    signals: Mapping[str, int] | None = None,
    network: Network | None = None,
    rtsp_port: int = 0,
) -> None:
    """Write what the real agent reads, one file for each box; without a network neither signals nor cameras."""
    for site in regency.sites:
        home = data.box(site.box)
        (home / "outbox").mkdir(parents=True, exist_ok=True)
        content = site_file(site, ports, signals, network.layout if network else None)
        content |= site_part(site, rtsp_port, network.net_file) if network else {}
        _write_yaml(home / "site.yaml", content, regency.note)


def write_parcel(home: Path, box: str, authority: CertificateAuthority) -> None:
    """Write a box's parcel as the office does, into what stands for its boot partition.

    A box that has a certificate of this authority keeps it, and gets the site file alone: it may be a new one.
    """
    site = {"satulayar/site.yaml": (home / "site.yaml").read_bytes()}
    identity = {} if _has_identity(home, authority) else make_identity(authority, box)
    write_folder(site | identity, home / "boot")


def _has_identity(home: Path, authority: CertificateAuthority) -> bool:
    """Tell whether a box has taken a parcel, and its certificate lasts for some time yet."""
    try:
        certificate = x509.load_pem_x509_certificates((home / "identity" / "current" / "box.crt").read_bytes())[0]
        known = (home / "boot" / "satulayar" / "ca.crt").read_bytes()
    except (OSError, ValueError):
        return False
    lasts = certificate.not_valid_after_utc > datetime.now(UTC) + LEAST_LEFT
    return lasts and known == authority.certificate_file.read_bytes()


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


def write_private(path: Path, text: str) -> None:
    """Write a secret that only its owner may read from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")


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


def _write_yaml(path: Path, content: object, note: str) -> None:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    path.write_text(f"# Written by satulayar-simulate; {note}\n{text}")
