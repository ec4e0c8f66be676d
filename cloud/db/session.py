"""What every command of `satulayar-db` needs: settings, a connection, and errors told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cloud import errors
from cloud.db.connection import Connection, connect, translated
from cloud.db.settings import DbSettings, read_settings

APPLICATION = "satulayar-db"

Dsn = Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_DB_DSN.", metavar="DSN")]

# sysexits.h: what a supervisor needs to know is whether trying again can help.
EXIT_UNAVAILABLE = 75
EXIT_MISCONFIGURED = 78
EXIT_REFUSED = 1


@contextmanager
def opened(dsn: str | None) -> Iterator[tuple[DbSettings, Connection]]:
    """Open the database for one command and end the program in so many words where that fails.

    Args:
        dsn: from the command line; None: from the environment.
    """
    with told():
        settings = read_settings(dsn=dsn)
        with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
            yield settings, connection


@contextmanager
def told() -> Iterator[None]:
    """Print an error of ours as one line on standard error and exit with the number of its kind."""
    try:
        yield
    except errors.CloudError as error:
        typer.echo(f"satulayar-db: {error}", err=True)
        raise typer.Exit(_exit_code(error)) from error


def _exit_code(error: errors.CloudError) -> int:
    if isinstance(error, errors.Unavailable):
        return EXIT_UNAVAILABLE
    return EXIT_MISCONFIGURED if isinstance(error, errors.Misconfigured) else EXIT_REFUSED
