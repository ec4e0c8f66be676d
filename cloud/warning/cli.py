"""The command `satulayar-warnings`: hear what others warn of, and check a CAP document."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cloud import errors, logs
from cloud.warning.bmkg import ATTRIBUTION
from cloud.warning.cap import WIB
from cloud.warning.cap_xml import read_alert
from cloud.warning.errors import CapFault, Misconfigured
from cloud.warning.settings import WarningsSettings, read_settings
from cloud.warning.watch import Watch, read_once

EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 1, 75, 78

app = typer.Typer(
    no_args_is_help=True,
    help=f"Warnings of others (weather, earthquakes), and CAP documents. {ATTRIBUTION}.",
    pretty_exceptions_enable=False,
)

Dsn = Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_WARNINGS_DSN.", metavar="DSN")]


@contextmanager
def _told(dsn: str | None) -> Iterator[WarningsSettings]:
    """Give the settings; print an error of ours as one line and exit with the number of its kind."""
    try:
        settings = read_settings(dsn=dsn)
        logs.configure(settings.log_level)
        yield settings
    except Misconfigured as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_MISCONFIGURED) from error
    except errors.Unavailable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from error


@app.command()
def work(
    dsn: Dsn = None, *, check: Annotated[bool, typer.Option("--check", help="Check the settings and exit.")] = False
) -> None:
    """Look at the feeds until stopped."""
    with _told(dsn) as settings:
        if check:
            return
        with closing(Watch(settings)) as watch:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: watch.stop())
            watch.work()


@app.command()
def look(dsn: Dsn = None) -> None:
    """Look at every feed once and exit."""
    with _told(dsn) as settings:
        read_once(settings)


@app.command()
def check(path: Annotated[Path, typer.Argument(help="A CAP document.", metavar="FILE")]) -> None:
    """Say what a CAP 1.2 document says, or what is wrong with it."""
    try:
        alert = read_alert(path.read_bytes())
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    except CapFault as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(f"{alert.message_type} ({alert.status}) {alert.identifier} of {alert.sender}")
    for info in alert.infos:
        until = f"{info.expires.astimezone(WIB):%d-%m-%Y %H:%M} WIB" if info.expires else "no end said"
        typer.echo(
            f"  [{info.language}] {info.headline or info.event} - {info.severity}, {info.urgency}, until {until}"
        )
