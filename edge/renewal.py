"""This box's certificate: asks for the next one in time, and puts it in place whole or not at all.

A new key is made here and never leaves: only the request does. Until the answer is in place the old pair stays in use,
so that nothing is lost when the room is silent for weeks. Files beside the certificate and its key:

    {key}.next    the key of the request under way
    {cert}.next   the certificate that belongs to it, while the two are being put in place

Source: PKCS #10 (RFC 2986).
"""

import datetime as dt
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.errors import Misconfigured

_PEM = serialization.Encoding.PEM


class Renewal:
    """The certificate of one box.

    Args:
        box: its name, the CN.
        cert_file: the certificate in use.
        key_file: its key.
    """

    def __init__(self, box: str, cert_file: Path, key_file: Path) -> None:
        self._box = box
        self._cert_file = cert_file
        self._key_file = key_file
        self._next_key = key_file.with_name(f"{key_file.name}.next")
        self._next_cert = cert_file.with_name(f"{cert_file.name}.next")

    def is_due(self, now_at: dt.datetime) -> bool:
        """Tell whether two thirds of the certificate's time are over; by a clock of 1970 they never are."""
        certificate = _load(self._cert_file.read_bytes())
        lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        return now_at >= certificate.not_valid_before_utc + lasts * 2 / 3

    def request(self) -> str:
        """Give the request for a new certificate, PEM; the same key as long as it is not answered."""
        if not self._next_key.exists():
            _write(self._next_key, _write_key(ec.generate_private_key(ec.SECP256R1())), 0o600)
        key = _load_key(self._next_key.read_bytes())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._box)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        return request.public_bytes(_PEM).decode()

    def install(self, pem: bytes, now_at: dt.datetime) -> None:
        """Put the answer in place.

        Args:
            pem: the certificate, then those of the authorities.
            now_at: the present time.

        Raises:
            Misconfigured: it is not the answer to what this box asked; the pair in use stays.
        """
        try:
            certificate = _load(pem)
        except ValueError as error:
            raise Misconfigured("the answer is no certificate") from error
        if not self._next_key.exists() or not _fits(certificate, self._next_key):
            raise Misconfigured("the certificate is not for the key that this box asked with")
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [self._box]:
            raise Misconfigured(
                f"the certificate is for {[str(name.value) for name in names]}, this box is {self._box}"
            )
        if certificate.not_valid_after_utc <= now_at:
            raise Misconfigured(f"the certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}")
        _write(self._next_cert, pem, 0o644)
        self.finish()

    def finish(self) -> bool:
        """Finish what a loss of power interrupted; tell whether there was anything. Call it before connecting."""
        if not self._next_cert.exists():
            return False
        certificate = _load(self._next_cert.read_bytes())
        if self._next_key.exists() and _fits(certificate, self._next_key):
            self._next_key.replace(self._key_file)
        if not _fits(certificate, self._key_file):  # the key of another request: the old pair is whole still
            self._next_cert.unlink()
            return False
        self._next_cert.replace(self._cert_file)
        _sync(self._cert_file.parent)
        return True


def _load(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Misconfigured("the key is not on an elliptic curve")
    return key


def _write_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _fits(certificate: x509.Certificate, key_file: Path) -> bool:
    return _load_key(key_file.read_bytes()).public_key() == certificate.public_key()


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole and durably, or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
