"""Command line of provisioning: ``satulayar-provision``."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from edge.contract.names import BoxName
from provisioning.certificates import VALID_DAYS, CertificateAuthority
from provisioning.errors import ProvisioningError, Refused

DEFAULT_DIRECTORY = Path(".local/ca")

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Bring boxes into service.")
ca = typer.Typer(no_args_is_help=True, help="The certificate authority of boxes and services.")
app.add_typer(ca, name="ca")

Directory = Annotated[Path, typer.Option(help="Where the authority keeps its files.")]


@app.callback()
def provision() -> None:
    """Bring boxes into service."""


@ca.command()
def init(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Make the authority, or leave the one that is there as it is."""
    authority = CertificateAuthority.open_or_create(directory)
    typer.echo(f"authority: {authority.certificate_file}")
    typer.echo(f"revoked:   {authority.crl_file}")


@ca.command()
def issue(
    name: Annotated[str, typer.Argument(help="A box such as TD-01-a; with --service, a service.")],
    directory: Directory = DEFAULT_DIRECTORY,
    service: Annotated[bool, typer.Option(help="The name is a service's (ingest, api, broker).")] = False,  # noqa: FBT002 - typer
    server_name: Annotated[list[str] | None, typer.Option(help="DNS name or address it serves under.")] = None,
    valid_days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it ends.")] = VALID_DAYS,
) -> None:
    """Issue a certificate with a new key."""
    if not service:
        _require_box_name(name)
    authority = CertificateAuthority.open_existing(directory)
    identity = authority.issue(name, server_name or (), valid_days=valid_days)
    typer.echo(f"certificate: {identity.certificate}\nkey:         {identity.key}")


@ca.command()
def revoke(name: str, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Revoke every certificate of a box or service."""
    authority = CertificateAuthority.open_existing(directory)
    count = authority.revoke(name)
    typer.echo(f"{count} revoked. Give the broker {authority.crl_file}, then send it SIGHUP.")


def _require_box_name(name: str) -> None:
    """Refuse a name that no box has: a box named like a service would get that service's rights."""
    try:
        TypeAdapter(BoxName).validate_python(name)
    except ValidationError as error:
        raise Refused(f"{name!r} is not a box name such as TD-01-a; for a service say --service") from error


def main() -> None:
    """Run the command line; expected errors are one line, not a traceback."""
    try:
        app()
    except ProvisioningError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
