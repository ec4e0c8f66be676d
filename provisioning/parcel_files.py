"""The files of a parcel: a box's identity, and how they are put onto a stick or card."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.certificates import BOX_VALID_DAYS, CertificateAuthority, write_whole
from provisioning.errors import Misconfigured, Refused
from provisioning.x509_profile import PEM, write_key

_SECRET_MODE = 0o600
_OPEN_MODE = 0o644
_SECRET = ("config.json", "satulayar/box.key", "box.key", "system-connections/")
_SPARE_BYTES = 1_048_576  # beyond what is written: file systems need some for themselves


def make_identity(authority: CertificateAuthority, box: str, valid_days: int = BOX_VALID_DAYS) -> dict[str, bytes]:
    """Make a key, have it signed, and give both with the authority's certificate; the key is kept nowhere here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return {
        "satulayar/ca.crt": authority.certificate_file.read_bytes(),
        "satulayar/box.crt": authority.sign_request(request.public_bytes(PEM), box, valid_days=valid_days),
        "satulayar/box.key": write_key(key),
    }


def write_folder(files: Mapping[str, bytes], target: Path) -> None:
    """Write a parcel as files, onto a stick for instance. What is there of a former one is replaced.

    Raises:
        Refused: there is too little room, and nothing was written.
        Misconfigured: the place cannot be written to.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        needed = sum(map(len, files.values())) + _SPARE_BYTES
        free = shutil.disk_usage(target).free
        if free < needed:
            raise Refused(f"{target}: {free} bytes are free, {needed} are needed: make room or take another stick")
        for path, content in files.items():
            secret = path.startswith(_SECRET)
            write_whole(target / path, content, _SECRET_MODE if secret else _OPEN_MODE)
        os.sync()  # a crew pulls the stick as soon as the command is back
    except OSError as error:
        raise Misconfigured(f"{target}: cannot be written: {error.strerror}: is it read-only, or full?") from error
