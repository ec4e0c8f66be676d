"""The command `satulayar-notify`: send notifications, keep ways to people, look at what could not be delivered."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from typing import Annotated

import apprise
import typer

from cloud import errors, logs
from cloud.db.connection import Connection, connect, translated
from cloud.db.queries import load
from cloud.notify.sender import Sender
from cloud.notify.settings import NotifySettings, read_settings
from cloud.said import WIB

APPLICATION = "satulayar-notify"
EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 1, 75, 78

app = typer.Typer(
    no_args_is_help=True, help="Tells people of incidents, by chat or mail.", pretty_exceptions_enable=False
)
contact = typer.Typer(no_args_is_help=True, help="Ways to people.")
app.add_typer(contact, name="contact")

Dsn = Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_NOTIFY_DSN.", metavar="DSN")]


@contextmanager
def _told(dsn: str | None) -> Iterator[NotifySettings]:
    """Give the settings; print an error of ours as one line and exit with the number of its kind."""
    try:
        settings = read_settings(dsn=dsn)
        logs.configure(settings.log_level)
        yield settings
    except errors.Misconfigured as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_MISCONFIGURED) from error
    except errors.Unavailable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from error
    except errors.Refused as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_REFUSED) from error


@contextmanager
def _connected(dsn: str | None) -> Iterator[Connection]:
    with _told(dsn) as settings, translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
        yield connection


@app.command()
def work(
    dsn: Dsn = None, *, check: Annotated[bool, typer.Option("--check", help="Check the settings and exit.")] = False
) -> None:
    """Send until stopped."""
    with _told(dsn) as settings:
        if check:
            return
        sender = Sender(settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
        sender.run()


@app.command()
def dead(dsn: Dsn = None, limit: Annotated[int, typer.Option(min=1, max=1_000)] = 50) -> None:
    """List what could not be delivered: somebody has to use the telephone."""
    with _connected(dsn) as connection:
        rows = connection.execute(load("notifications")["dead"], {"limit": limit}).fetchall()
    for number, incident, owner, made_at, _, attempts, fault in rows:
        at = f"{made_at.astimezone(WIB):%d-%m-%Y %H:%M} WIB"
        typer.echo(f"{number}\tINS-{incident:04d}\t{owner}\t{at}\t{attempts} attempts\t{fault}")
    if not rows:
        typer.echo("everything was delivered")


@app.command()
def retry(number: Annotated[int, typer.Argument(help="As `dead` lists it.")], dsn: Dsn = None) -> None:
    """Try one again that could not be delivered."""
    with _connected(dsn) as connection:
        if connection.execute(load("notifications")["retry"], {"id": number}).fetchone() is None:
            raise errors.Refused(f"no notification {number} was given up; `dead` lists those that were")
    typer.echo("it is tried again")


@contact.command("add")
def add(
    owner: Annotated[str, typer.Argument(help="account:NAME, crew:NAME or role:ROLE.")],
    *,
    agency: Annotated[str | None, typer.Option(help="Of a role: only this agency's incidents.")] = None,
    language: Annotated[str, typer.Option(help="id or en.")] = "id",
    quiet: Annotated[str | None, typer.Option(help="Hours in WIB with only what is urgent: 22:00-05:00.")] = None,
    digest_min: Annotated[int, typer.Option(min=0, max=1_440, help="Collect what is not urgent for so long.")] = 0,
    dsn: Dsn = None,
) -> None:
    """Add a way to somebody. Its address is read from standard input, for it holds a key.

    Addresses are Apprise's: tgram://TOKEN/CHAT, mailto://USER:PASSWORD@HOST, jsons://HOST/PATH, ….
    """
    address = (typer.prompt("Address", hide_input=True) if sys.stdin.isatty() else sys.stdin.read()).strip()
    with _connected(dsn) as connection:
        if apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
            raise errors.Refused("this is no address: write, for example, tgram://TOKEN/CHAT or mailto://USER:PW@HOST")
        begin, end = _hours(quiet)
        row = {"owner": owner, "agency": agency, "address": address, "language": language}
        row |= {"quiet_from": begin, "quiet_to": end, "digest_s": digest_min * 60}
        if connection.execute(load("notifications")["add_contact"], row).fetchone() is None:
            raise errors.Refused(f"{owner} has this way already; `contact list` shows it")
    typer.echo(f"{owner} is told this way from now on")


@contact.command("list")
def show(dsn: Dsn = None) -> None:
    """List ways to people, without their keys."""
    with _connected(dsn) as connection:
        for row in connection.execute(load("notifications")["contacts"]).fetchall():
            number, owner, agency, way, language, begin, end, digest_s = row
            hours = f"quiet {begin:%H:%M}-{end:%H:%M}" if begin else "at any hour"
            typer.echo(f"{number}\t{owner}\t{agency or 'all'}\t{way}\t{language}\t{hours}\tdigest {digest_s // 60} min")


@contact.command("remove")
def remove(number: Annotated[int, typer.Argument(help="As `contact list` has it.")], dsn: Dsn = None) -> None:
    """Forget a way to somebody."""
    with _connected(dsn) as connection:
        row = connection.execute(load("notifications")["remove_contact"], {"id": number}).fetchone()
        if row is None:
            raise errors.Refused(f"there is no way {number}; `contact list` shows them")
    typer.echo(f"{row[0]} is no longer told this way")


def _hours(quiet: str | None) -> tuple[time | None, time | None]:
    if quiet is None:
        return None, None
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in quiet.split("-"))
    except ValueError as error:
        raise errors.Refused(f"{quiet!r} is no span of hours; write it as 22:00-05:00") from error
    return begin, end
