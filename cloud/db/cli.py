"""The command `satulayar-db`: everything about the database that a person or a start script does."""

from typing import Annotated

import typer

from cloud import logs
from cloud.db.migrate import Plan, make_plan
from cloud.db.migrate import migrate as apply_migrations
from cloud.db.prefix import ensure_timescaledb
from cloud.db.session import opened, told

app = typer.Typer(no_args_is_help=True, help="The database of Satulayar.", pretty_exceptions_enable=False)

Dsn = Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_DB_DSN.", metavar="DSN")]


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


def _print_plan(plan: Plan) -> None:
    typer.echo(f"edition: {plan.edition}")
    typer.echo(f"applied: {len(plan.applied)}")
    typer.echo(f"pending: {', '.join(plan.pending) or 'none'}")
