"""Command line of provisioning: ``satulayar-provision``."""

from pathlib import Path
from typing import Annotated

import typer

from provisioning import ca_commands, field_commands, fleet_commands
from provisioning.broker import BrokerValues, render_acl, render_configuration
from provisioning.ca_commands import DEFAULT_DIRECTORY, Directory, Owner, open_authority
from provisioning.errors import ProvisioningError
from provisioning.hand_out import hand_out_broker

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Bring boxes into service.")
broker = typer.Typer(no_args_is_help=True, help="The broker's configuration.")
app.add_typer(ca_commands.ca, name="ca")
app.add_typer(broker, name="broker")
fleet_commands.add_to(app)
field_commands.add_to(app)


@app.callback()
def provision() -> None:
    """Bring boxes into service."""


@broker.command("write")
def write_broker(
    target: Annotated[Path, typer.Argument(help="What the broker sees as /mosquitto/config.")],
    server_name: Annotated[list[str], typer.Option(help="DNS name or address that boxes call it by.")],
    directory: Directory = DEFAULT_DIRECTORY,
    owner: Owner = None,
) -> None:
    """Write configuration, ACL, keys and revocation list for the broker."""
    hand_out_broker(open_authority(directory), target, server_name, owner)
    typer.echo(f"broker: {target}")


@broker.command("print")
def print_broker(acl: Annotated[bool, typer.Option("--acl", help="The ACL instead.")] = False) -> None:  # noqa: FBT002 - typer
    """Print production's configuration, as it lies in firmware-config/broker."""
    typer.echo(render_acl() if acl else render_configuration(BrokerValues()), nl=False)


def main() -> None:
    """Run the command line; expected errors are one line, not a traceback."""
    try:
        app()
    except ProvisioningError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
