"""Hands out files to the services that need them: each gets its own keys, readable by it and nobody else."""

import os
from collections.abc import Sequence
from pathlib import Path

from provisioning.broker import BrokerValues, render_acl, render_configuration
from provisioning.certificates import CertificateAuthority, write_whole

KEY_MODE = 0o400
OPEN_MODE = 0o444


def hand_out_identity(authority: CertificateAuthority, name: str, directory: Path, owner: int | None) -> None:
    """Write ``ca.crt``, ``{name}.crt`` and ``{name}.key`` into ``directory``.

    Args:
        authority: issues the certificate if there is none that is good.
        name: box or service.
        directory: where to.
        owner: numeric user id that shall own them; None leaves them ours.
    """
    identity = authority.ensure(name)
    _copy(identity.authority, directory / "ca.crt", OPEN_MODE, owner)
    _copy(identity.certificate, directory / f"{name}.crt", OPEN_MODE, owner)
    _copy(identity.key, directory / f"{name}.key", KEY_MODE, owner)


def hand_out_broker(
    authority: CertificateAuthority, directory: Path, server_names: Sequence[str], owner: int | None
) -> None:
    """Write the broker's configuration, ACL, keys and revocation list into ``directory``.

    Args:
        authority: issues the broker's certificate if there is none that is good.
        directory: what the broker sees as ``/mosquitto/config``.
        server_names: DNS names and addresses that boxes and services call it by.
        owner: numeric user id that the broker runs as; None leaves the files ours.
    """
    authority.ensure("broker", server_names)
    hand_out_identity(authority, "broker", directory, owner)
    _copy(authority.crl_file, directory / "crl.pem", OPEN_MODE, owner)
    _write(directory / "acl", render_acl().encode(), KEY_MODE, owner)
    _write(directory / "mosquitto.conf", render_configuration(BrokerValues()).encode(), OPEN_MODE, owner)


def _copy(source: Path, target: Path, mode: int, owner: int | None) -> None:
    _write(target, source.read_bytes(), mode, owner)


def _write(target: Path, content: bytes, mode: int, owner: int | None) -> None:
    write_whole(target, content, mode)
    if owner is not None:
        os.chown(target, owner, owner)
