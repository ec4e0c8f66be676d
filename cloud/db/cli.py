"""The command `satulayar-db`: everything about the database that a person or a start script does."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from cloud import logs
from cloud.db.cli_accounts import account_app, audit_app, token_app
from cloud.db.cli_clips import clips_app
from cloud.db.maintain import maintain as work
from cloud.db.maintain import maintain_once
from cloud.db.migrate import Plan, make_plan
from cloud.db.migrate import migrate as apply_migrations
from cloud.db.passwords import set_passwords
from cloud.db.prefix import ensure_timescaledb
from cloud.db.registry import register
from cloud.db.registry_file import read_registry
from cloud.db.session import Dsn, opened, told
from cloud.db.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="The database of Satulayar.", pretty_exceptions_enable=False)

app.add_typer(account_app, name="account")
app.add_typer(token_app, name="token")
app.add_typer(audit_app, name="audit")
app.add_typer(clips_app, name="clips")


@app.callback()
def begin() -> None:
    """Prepare logging for every command."""
    logs.configure()


@app.command()
def install() -> None:
    """Make sure that a PostgreSQL with TimescaleDB is on this machine, and print where."""
    with told():
        typer.echo(ensure_timescaledb())


@app.command()
def migrate(dsn: Dsn = None) -> None:
    """Bring the database to the schema of this program; safe to run at any time, also twice at once."""
    with opened(dsn) as (_, connection):
        plan = apply_migrations(connection, lambda name: typer.echo(f"applying {name}"))
    typer.echo(f"up to date (TimescaleDB {plan.edition} edition)")


@app.command()
def status(dsn: Dsn = None) -> None:
    """Tell what the database has and lacks; exits with 1 if it lacks something."""
    with opened(dsn) as (_, connection):
        plan = make_plan(connection)
    _print_plan(plan)
    raise typer.Exit(1 if plan.pending else 0)


@app.command()
def roles(dsn: Dsn = None) -> None:
    """Set the passwords of ingest, api and wall_reader that the environment gives."""
    with opened(dsn) as (settings, connection):
        changed = set_passwords(connection, settings)
    typer.echo(f"password set for {', '.join(changed)}")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="Registry of sites, boxes and assets (YAML).")],
    dsn: Dsn = None,
) -> None:
    """Register sites, boxes and assets; doing it again changes nothing, and nothing is removed."""
    with opened(dsn) as (_, connection):
        registry = read_registry(file)
        typer.echo(f"registering {len(registry.sites)} sites")
        for done in register(connection, registry):
            typer.echo(f"{done.table}: {done.listed} listed, {done.new} new, {done.changed} changed")


@app.command()
def maintain(
    once: Annotated[bool, typer.Option("--once", help="Do one pass and exit.")] = False,  # noqa: FBT002 - typer's form
    dsn: Dsn = None,
) -> None:
    """Keep rollups and retention until told to stop; a second one stands by."""
    with told():
        settings = read_settings(dsn=dsn)
        logs.configure(settings.log_level)
        if once:
            maintain_once(settings)
        else:
            work(settings, _stop_on_signal())


def _stop_on_signal() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _print_plan(plan: Plan) -> None:
    typer.echo(f"edition: {plan.edition}")
    typer.echo(f"applied: {len(plan.applied)}")
    typer.echo(f"pending: {', '.join(plan.pending) or 'none'}")
