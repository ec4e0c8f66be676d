"""The regency's root: it lies offline, on a stick in a safe, and signs an issuing authority every few years.

    root.crt  root.key     in a folder of its own; the key is encrypted with a passphrase

Whoever has the issuing authority's key can make boxes; whoever has the root's can make issuing authorities. So the
second is used twice in ten years, and never on a machine with a network.
"""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.certificates import CertificateAuthority, write_whole
from provisioning.errors import Misconfigured, Refused
from provisioning.x509_profile import PEM, Signer, make_issuing, make_root, read_signer, write_key

ROOT_VALID_DAYS = 7_305  # 20 years
ISSUING_VALID_DAYS = 1_826  # 5 years
LEAST_PASSPHRASE = 12  # characters


def make_offline_root(folder: Path, name: str, passphrase: bytes) -> Path:
    """Make a root in a folder; give its certificate's file.

    Raises:
        Refused: there is one already, or the passphrase is too short.
    """
    certificate_file = folder / "root.crt"
    if certificate_file.exists():
        raise Refused(f"{folder} holds a root already: it is left as it is")
    _require_passphrase(passphrase)
    root = make_root(name, ROOT_VALID_DAYS, issuing_authorities=1)
    # The certificate last: its presence says that the root is whole.
    write_whole(folder / "root.key", write_key(root.key, passphrase), 0o600)
    write_whole(certificate_file, root.certificate.public_bytes(PEM), 0o644)
    return certificate_file


def make_issuing_authority(
    directory: Path, root_folder: Path, name: str, root_passphrase: bytes, passphrase: bytes
) -> CertificateAuthority:
    """Make an issuing authority, or renew the one that is there with its key, so that what it signed stays good.

    Args:
        directory: of the issuing authority, in the office.
        root_folder: of the offline root.
        name: its common name; a renewed one keeps its own.
        root_passphrase: opens the root's key.
        passphrase: encrypts the issuing authority's key.

    Raises:
        Misconfigured: there is no root, or a passphrase is wrong.
        Refused: the passphrase is too short.
    """
    _require_passphrase(passphrase)
    root = _read_root(root_folder, root_passphrase)
    key_file, certificate_file = directory / "ca.key", directory / "ca.crt"
    if certificate_file.exists():
        present = read_signer(certificate_file.read_bytes(), key_file.read_bytes(), passphrase)
        key, name = present.key, _name_of(present.certificate)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(key_file, write_key(key, passphrase), 0o600)
    issuing = make_issuing(root, name, key.public_key(), ISSUING_VALID_DAYS)
    chain = issuing.public_bytes(PEM) + root.certificate.public_bytes(PEM)
    write_whole(certificate_file, chain, 0o644)
    return CertificateAuthority.open_existing(directory, passphrase)


def _read_root(folder: Path, passphrase: bytes) -> Signer:
    try:
        root = read_signer((folder / "root.crt").read_bytes(), (folder / "root.key").read_bytes(), passphrase)
    except OSError as error:
        raise Misconfigured(f"no root in {folder} ({error.strerror}): is the stick in? Else: ca root") from error
    ends_at = root.certificate.not_valid_after_utc
    if ends_at <= dt.datetime.now(dt.UTC):
        remedy = "make another with ca root, then ca init --root, and a new parcel for each box"
        raise Misconfigured(f"the root in {folder} ended on {ends_at:%Y-%m-%d}: {remedy}")
    return root


def _require_passphrase(passphrase: bytes) -> None:
    if len(passphrase) < LEAST_PASSPHRASE:
        raise Refused(f"a passphrase of at least {LEAST_PASSPHRASE} characters is needed: choose a longer one")


def _name_of(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
