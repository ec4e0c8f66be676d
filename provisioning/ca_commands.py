"""The commands about identities: the offline root, the authority, certificates, who is locked out."""

import datetime as dt
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr, TypeAdapter, ValidationError

from edge.contract.names import BoxName
from provisioning.certificates import BOX_VALID_DAYS, VALID_DAYS, CertificateAuthority, write_whole
from provisioning.errors import Misconfigured, Refused
from provisioning.hand_out import hand_out_identity
from provisioning.lock_out import BrokerLine, lock_out
from provisioning.offline_root import make_issuing_authority, make_offline_root
from provisioning.parcel_files import make_identity, write_folder
from provisioning.renewal import SERVICE, RenewalService
from provisioning.settings import PREFIX, ProvisionSettings, read_settings

DEFAULT_DIRECTORY = Path(".local/ca")
# No certificate outlives its authority, and a box may lie in a store for months.
WARN_BEFORE = dt.timedelta(days=180)
Directory = Annotated[Path, typer.Option(help="Where the authority keeps its files.")]
Owner = Annotated[int | None, typer.Option(help="Numeric user id that shall own the files.")]
Box = Annotated[str, typer.Argument(help="A box such as TD-01-a.")]

ca = typer.Typer(no_args_is_help=True, help="The certificate authority of boxes and services.")


@ca.command()
def root(
    folder: Annotated[Path, typer.Argument(help="On a stick that then lies in a safe.")],
    name: Annotated[str, typer.Option(help="Its common name.")] = "Satulayar root",
) -> None:
    """Make the regency's offline root, on a machine without a network."""
    passphrase = _passphrase(read_settings().root_passphrase, "ROOT_PASSPHRASE", "Passphrase of the root", confirm=True)
    typer.echo(
        f"root: {make_offline_root(folder, name, passphrase)}. Its key is needed once in five years: lock it away."
    )


@ca.command()
def init(
    directory: Directory = DEFAULT_DIRECTORY,
    root_folder: Annotated[
        Path | None, typer.Option("--root", help="Folder of the offline root; absent on a laptop.")
    ] = None,
    name: Annotated[str, typer.Option(help="Its common name.")] = "Satulayar issuing authority",
) -> None:
    """Make the authority, or leave the one that is there as it is; with --root, below it, or renewed by it."""
    if root_folder is None:
        authority = CertificateAuthority.open_or_create(directory, passphrase=_secret(read_settings().ca_passphrase))
    else:
        settings = read_settings()
        above = _passphrase(settings.root_passphrase, "ROOT_PASSPHRASE", "Passphrase of the root")
        own = _passphrase(settings.ca_passphrase, "CA_PASSPHRASE", "Passphrase of the issuing authority")
        authority = make_issuing_authority(directory, root_folder, name, above, own)
    typer.echo(f"authority: {authority.certificate_file}")
    typer.echo(f"revoked:   {authority.crl_file}")


@ca.command()
def issue(
    name: Annotated[str, typer.Argument(help="A box such as TD-01-a; with --service, a service.")],
    directory: Directory = DEFAULT_DIRECTORY,
    service: Annotated[bool, typer.Option(help="The name is a service's (ingest, api, broker).")] = False,  # noqa: FBT002 - typer
    server_name: Annotated[list[str] | None, typer.Option(help="DNS name or address it serves under.")] = None,
    to: Annotated[Path | None, typer.Option(help="A box's: folder for ca.crt, box.crt and box.key.")] = None,
    valid_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it ends.")] = None,
) -> None:
    """Issue a certificate with a new key. A box's key goes into a folder and is kept nowhere here; a service's is."""
    authority = open_authority(directory)
    if service:
        identity = authority.issue(name, server_name or (), valid_days=valid_days or VALID_DAYS)
        typer.echo(f"certificate: {identity.certificate}\nkey:         {identity.key}")
        return
    require_box_name(name)
    if to is None:
        raise Refused(f"say where the key of {name} goes: --to FOLDER; this office keeps no box's key")
    files = make_identity(authority, name, valid_days or BOX_VALID_DAYS)
    write_folder({path.rpartition("/")[2]: content for path, content in files.items()}, to)
    typer.echo(f"{name}: ca.crt, box.crt, box.key in {to}: bring them to the box, keep no copy")


@ca.command()
def sign(
    box: Box,
    request: Annotated[Path, typer.Argument(help="The box's request (PKCS #10, PEM).")],
    target: Annotated[Path, typer.Argument(help="Where the certificate goes.")],
    directory: Directory = DEFAULT_DIRECTORY,
    valid_days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it ends.")] = BOX_VALID_DAYS,
) -> None:
    """Sign a certificate for a key that was made on the box and stays there."""
    require_box_name(box)
    try:
        pem = request.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{request} cannot be read: {error.strerror}") from error
    write_whole(target, open_authority(directory).sign_request(pem, box, valid_days=valid_days), 0o644)
    typer.echo(f"certificate: {target}")


@ca.command()
def revoke(name: str, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Revoke every certificate of a box or service; the broker learns of it by `lock-out`, or SIGHUP."""
    authority = open_authority(directory)
    count = authority.revoke(name)
    typer.echo(f"{count} revoked. Give the broker {authority.crl_file}, then send it SIGHUP.")


@ca.command("lock-out")
def lock_out_box(box: Box, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Revoke a stolen or swapped box's certificates and end its connection now. Running it again does no harm."""
    require_box_name(box)
    settings, authority = read_settings(), open_authority(directory)
    if not settings.broker_reload:
        raise Misconfigured(f"set {PREFIX}BROKER_RELOAD to the command that sends the broker SIGHUP")
    count = authority.revoke(box)
    lock_out(line_to_broker(settings, authority), box)
    typer.echo(f"{box}: {count} revoked, put out of the broker. Its next hardware needs a new certificate.")


@ca.command("renew")
def renew_boxes(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Renew boxes' certificates when they ask, over their connection, until stopped."""
    authority = open_authority(directory)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with RenewalService(line_to_broker(read_settings(), authority), authority):
        stopped.wait()


@ca.command()
def export(name: str, target: Path, directory: Directory = DEFAULT_DIRECTORY, owner: Owner = None) -> None:
    """Write what a service needs into a folder: its key, its certificate, the authority's."""
    if is_box_name(name):
        raise Refused(f"{name} is a box, and no box's key is kept here: satulayar-provision parcel, or ca issue --to")
    hand_out_identity(open_authority(directory), name, target, owner)
    typer.echo(f"{name}: {target}")


def open_authority(directory: Path) -> CertificateAuthority:
    """Open the authority in a directory with the passphrase of the settings; say in time that it will end."""
    authority = CertificateAuthority.open_existing(directory, _secret(read_settings().ca_passphrase))
    ends_at = authority.ends_at()
    if ends_at < dt.datetime.now(dt.UTC) + WARN_BEFORE:
        remedy = "fetch the offline root, then: satulayar-provision ca init --root FOLDER"
        typer.secho(f"the authority in {directory} ends on {ends_at:%Y-%m-%d}: {remedy}", err=True, fg="yellow")
    return authority


def line_to_broker(settings: ProvisionSettings, authority: CertificateAuthority) -> BrokerLine:
    """Give the line to the broker, with a certificate of our own."""
    identity = authority.ensure(SERVICE)
    files = identity.authority, identity.certificate, identity.key
    return BrokerLine(settings.broker_host, settings.broker_port, *files, settings.broker_reload)


def require_box_name(name: str) -> None:
    """Refuse a name that no box has: a box named like a service would get that service's rights."""
    if not is_box_name(name):
        raise Refused(f"{name!r} is not a box name such as TD-01-a; for a service say --service")


def is_box_name(name: str) -> bool:
    """Tell whether a box may have this name."""
    try:
        TypeAdapter(BoxName).validate_python(name)
    except ValidationError:
        return False
    return True


def _secret(secret: SecretStr | None) -> bytes | None:
    return secret.get_secret_value().encode() if secret else None


def _passphrase(secret: SecretStr | None, variable: str, prompt: str, *, confirm: bool = False) -> bytes:
    if secret is not None:
        return secret.get_secret_value().encode()
    try:
        return str(
            typer.prompt(f"{prompt} ({PREFIX}{variable})", hide_input=True, confirmation_prompt=confirm)
        ).encode()
    except typer.Abort as error:
        raise Misconfigured(f"no passphrase: set {PREFIX}{variable}, or run this on a terminal") from error
