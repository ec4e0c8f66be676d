"""Command line of provisioning: ``satulayar-provision``."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from edge.contract.names import BoxName
from provisioning import fleet_commands
from provisioning.broker import BrokerValues, render_acl, render_configuration
from provisioning.certificates import VALID_DAYS, CertificateAuthority
from provisioning.errors import ProvisioningError, Refused
from provisioning.hand_out import hand_out_broker, hand_out_identity

DEFAULT_DIRECTORY = Path(".local/ca")

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Bring boxes into service.")
ca = typer.Typer(no_args_is_help=True, help="The certificate authority of boxes and services.")
broker = typer.Typer(no_args_is_help=True, help="The broker's configuration.")
app.add_typer(ca, name="ca")
app.add_typer(broker, name="broker")
fleet_commands.add_to(app)

Directory = Annotated[Path, typer.Option(help="Where the authority keeps its files.")]
Owner = Annotated[int | None, typer.Option(help="Numeric user id that shall own the files.")]


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


@ca.command()
def export(name: str, target: Path, directory: Directory = DEFAULT_DIRECTORY, owner: Owner = None) -> None:
    """Write what a box or service needs into a folder: its key, its certificate, the authority's."""
    hand_out_identity(CertificateAuthority.open_existing(directory), name, target, owner)
    typer.echo(f"{name}: {target}")


@broker.command("write")
def write_broker(
    target: Annotated[Path, typer.Argument(help="What the broker sees as /mosquitto/config.")],
    server_name: Annotated[list[str], typer.Option(help="DNS name or address that boxes call it by.")],
    directory: Directory = DEFAULT_DIRECTORY,
    owner: Owner = None,
) -> None:
    """Write configuration, ACL, keys and revocation list for the broker."""
    hand_out_broker(CertificateAuthority.open_existing(directory), target, server_name, owner)
    typer.echo(f"broker: {target}")


@broker.command("print")
def print_broker(acl: Annotated[bool, typer.Option("--acl", help="The ACL instead.")] = False) -> None:  # noqa: FBT002 - typer
    """Print production's configuration, as it lies in firmware-config/broker."""
    typer.echo(render_acl() if acl else render_configuration(BrokerValues()), nl=False)


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
