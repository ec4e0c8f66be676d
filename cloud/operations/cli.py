"""The command `satulayar-operations`: work, check kinds and rules, list them."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from psycopg import AsyncConnection

from cloud import errors, logs
from cloud.db.connection import conninfo, translated
from cloud.operations.book import Book, read_book
from cloud.operations.duty import DutyFile, load_duty, read_duty
from cloud.operations.engine import APPLICATION, Engine
from cloud.operations.settings import OperationsSettings, read_settings

EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 1, 75, 78

app = typer.Typer(
    no_args_is_help=True,
    help="Incidents: from what sources say is wrong to a crew on the spot and a verified end.",
    pretty_exceptions_enable=False,
)
Folder = Annotated[Path | None, typer.Argument(help="With kinds.yaml and rules.yaml; the settings' own if none.")]


@contextmanager
def _told() -> Iterator[OperationsSettings]:
    """Give the settings; print an error of ours as it is and exit with the number of its kind."""
    try:
        yield read_settings()
    except errors.CloudError as error:
        typer.echo(f"satulayar-operations: {error}", err=True)
        kinds = ((errors.Unavailable, EXIT_UNAVAILABLE), (errors.Misconfigured, EXIT_MISCONFIGURED))
        raise typer.Exit(next((number for kind, number in kinds if isinstance(error, kind)), EXIT_REFUSED)) from error


@app.command()
def work() -> None:
    """Make incidents of what sources say, until stopped."""
    with _told() as settings:
        logs.configure(settings.log_level)
        asyncio.run(_work(settings))


async def _work(settings: OperationsSettings) -> None:
    engine = Engine(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, engine.stop)
    await engine.run()


@app.command()
def check(folder: Folder = None) -> None:
    """Say what is wrong with kinds and rules; exits with 78 if anything is."""
    book = _read(folder)
    typer.echo(f"{len(book.kinds)} kinds, {len(book.rules)} rules: in order")


@app.command()
def kinds(folder: Folder = None) -> None:
    """List the kinds of incidents with their clocks."""
    for name, kind in _read(folder).kinds.items():
        clocks = f"{kind.clocks.acknowledge} / {kind.clocks.arrive or '-'} / {kind.clocks.resolve}"
        typer.echo(f"{name:20} {kind.severity:9} {kind.agency:13} {clocks:44} {kind.title.id}")


@app.command()
def rules(folder: Folder = None) -> None:
    """List the rules, what they look at and which incident they make."""
    for name, rule in _read(folder).rules.items():
        typer.echo(f"{name:20} {rule.when.kind:10} {rule.incident}")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="YAML with `crews` and `roster`; see the README.")],
    dsn: Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_OPERATIONS_DSN.")] = None,
) -> None:
    """Register crews and who is told when; again corrects them."""
    with _told() as settings, translated():
        typer.echo(f"{asyncio.run(_load(dsn or settings.dsn, read_duty(file)))} crews")


async def _load(dsn: str, duty: DutyFile) -> int:
    async with await AsyncConnection.connect(conninfo(dsn, APPLICATION), autocommit=True) as line:
        return await load_duty(line, duty)


def _read(folder: Path | None) -> Book:
    with _told() as settings:
        return read_book(folder or settings.folder)
