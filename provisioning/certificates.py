"""A certificate authority for boxes and services: made on first use, kept in one directory.

On a laptop it is one self-signed authority. A regency's is an issuing one below a root that lies offline
(``offline_root``): then ``ca.crt`` holds both certificates, the issuing one first, and ``ca.key`` is encrypted. Its
layout is plain files: the broker needs ``ca.crt`` and ``crl.pem``, a client its own ``.crt`` and ``.key``.

    ca.crt  ca.key  crl.pem          the authority; the key is readable by its owner only
    issued/{name}.crt  {name}.key    the newest certificate of each name
    known/{serial}.crt               every certificate ever issued: what may have to be revoked
"""

import datetime as dt
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.errors import Misconfigured, Refused
from provisioning.x509_profile import (
    PEM,
    Signer,
    is_pair,
    make_certificate,
    make_revocation_list,
    make_root,
    read_common_name,
    read_request,
    read_server_names,
    read_signer,
    write_key,
)

ROOT_VALID_DAYS = 3650
# A box renews at two thirds of this by itself; one that lay in the store for a month still gets in.
BOX_VALID_DAYS = 90
VALID_DAYS = 825  # the longest that current TLS clients accept for a server
RENEW_BEFORE_DAYS = 60
# OpenSSL refuses every client once the list is out of date, so it is signed for long and renewed on each use.
CRL_VALID_DAYS = 365
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # a file name, an MQTT topic level and an X.509 CN at once


@dataclass(frozen=True, slots=True)
class Identity:
    """The files that a client or server presents itself with."""

    name: str
    certificate: Path
    key: Path
    authority: Path
    """The authority's certificate, against which the other side is checked."""


class CertificateAuthority:
    """An authority in a directory. Get one with ``open_or_create`` or ``open_existing``."""

    def __init__(self, directory: Path, passphrase: bytes | None = None) -> None:
        self.directory = directory
        self._passphrase = passphrase
        self.certificate_file = directory / "ca.crt"
        self.crl_file = directory / "crl.pem"
        self._key_file = directory / "ca.key"

    @classmethod
    def open_or_create(
        cls, directory: Path, name: str = "Satulayar development CA", passphrase: bytes | None = None
    ) -> Self:
        """Open the authority in ``directory``, or make one there; two callers at once make one."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority = cls(directory, passphrase)
        with authority._locked():
            if not authority.certificate_file.exists():
                root = make_root(name, ROOT_VALID_DAYS)
                # The certificate last: its presence says that the authority is whole.
                write_whole(authority._key_file, write_key(root.key, passphrase), 0o600)
                write_whole(authority.certificate_file, root.certificate.public_bytes(PEM), 0o644)
            authority._renew_revocations()
        return authority

    @classmethod
    def open_existing(cls, directory: Path, passphrase: bytes | None = None) -> Self:
        """Open the authority in ``directory``.

        Args:
            directory: where its files are.
            passphrase: opens its key; None where it is not encrypted.

        Raises:
            Misconfigured: there is none, its time is over, or the passphrase is wrong.
        """
        if not (directory / "ca.crt").exists():
            raise Misconfigured(f"no certificate authority in {directory}: satulayar-provision ca init")
        authority = cls(directory, passphrase)
        with authority._locked():
            authority._renew_revocations()
        return authority

    def sign_request(self, pem: bytes, common_name: str, *, valid_days: int = BOX_VALID_DAYS) -> bytes:
        """Sign the certificate of a key that was made elsewhere, and that never comes here.

        Args:
            pem: the request (PKCS #10).
            common_name: who is known to ask; the request must be for this name.
            valid_days: days from now until it ends.

        Returns:
            The certificate with those of the authorities above it, PEM.

        Raises:
            Refused: the request is not in order, or for another name.
            Misconfigured: the authority's time is over.
        """
        self._identity(common_name)
        request = read_request(pem)
        named = read_common_name(request)
        if named != common_name:
            raise Refused(f"{common_name} asks for a certificate of {named!r}: a box gets one for its own name only")
        with self._locked():
            certificate = make_certificate(self._signer(), common_name, (), _key_of(request), valid_days)
            leaf = certificate.public_bytes(PEM)
            write_whole(self.directory / "known" / f"{certificate.serial_number:x}.crt", leaf, 0o644)
        return leaf + self.certificate_file.read_bytes()

    def ends_at(self) -> dt.datetime:
        """Give when the authority's time is over."""
        return x509.load_pem_x509_certificates(self.certificate_file.read_bytes())[0].not_valid_after_utc

    def require_in_good_standing(self, common_name: str) -> None:
        """Pass when the newest certificate of that name is good.

        Raises:
            Refused: it is revoked, or there was never one: who has it gets no other by asking.
        """
        own = [found for found in self._known() if read_common_name(found) == common_name]
        newest = max(own, key=lambda found: found.not_valid_before_utc, default=None)
        if newest is None or newest.serial_number in self.revoked_serials():
            raise Refused(f"{common_name} is locked out: a new certificate needs satulayar-provision ca issue or sign")

    def ensure(self, common_name: str, server_names: Sequence[str] = ()) -> Identity:
        """Return the identity of that name; issue one if there is none, or it is revoked or soon out of date."""
        identity = self._identity(common_name)
        with self._locked():
            if not self._is_good(identity, server_names):
                self._issue(identity, server_names, VALID_DAYS)
        return identity

    def issue(self, common_name: str, server_names: Sequence[str] = (), *, valid_days: int = VALID_DAYS) -> Identity:
        """Issue a certificate with a new key; the name's former one stays valid until it is revoked.

        Args:
            common_name: box name or service name: 1 to 64 letters, digits, ``.``, ``_``, ``-``.
            server_names: DNS names and IP addresses that it may serve under; empty makes a client only.
            valid_days: days from now until it ends.

        Raises:
            Refused: the name could not be a topic level and a file name.
        """
        identity = self._identity(common_name)
        with self._locked():
            self._issue(identity, server_names, valid_days)
        return identity

    def revoke(self, common_name: str) -> int:
        """Revoke every certificate ever issued to that name; return how many were newly revoked.

        The broker reads ``crl.pem`` when it starts or gets SIGHUP. It does not end connections that are open.

        Raises:
            Refused: nothing was ever issued to that name.
        """
        with self._locked():
            revoked = self.revoked_serials()
            serials = [found.serial_number for found in self._known() if read_common_name(found) == common_name]
            if not serials:
                raise Refused(f"nothing was ever issued to {common_name!r}")
            self._write_revocations(revoked | dict.fromkeys(set(serials) - revoked.keys(), _now()))
        return len(set(serials) - revoked.keys())

    def _identity(self, common_name: str) -> Identity:
        if not NAME.fullmatch(common_name):
            raise Refused(f"{common_name!r} is no name for a certificate: 1 to 64 of letters, digits, . _ -")
        issued = self.directory / "issued"
        return Identity(
            common_name, issued / f"{common_name}.crt", issued / f"{common_name}.key", self.certificate_file
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _issue(self, identity: Identity, server_names: Sequence[str], valid_days: int) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = make_certificate(self._signer(), identity.name, server_names, key.public_key(), valid_days)
        pem = certificate.public_bytes(PEM)
        # Known first: a certificate that is out in the world and cannot be revoked is the worst outcome.
        write_whole(self.directory / "known" / f"{certificate.serial_number:x}.crt", pem, 0o644)
        write_whole(identity.key, write_key(key), 0o600)
        write_whole(identity.certificate, pem, 0o644)

    def _signer(self) -> Signer:
        signer = read_signer(self.certificate_file.read_bytes(), self._key_file.read_bytes(), self._passphrase)
        ends_at = signer.certificate.not_valid_after_utc
        if ends_at <= _now():
            remedy = "fetch the offline root and make a new one: satulayar-provision ca init --root FOLDER"
            raise Misconfigured(f"the authority in {self.directory} ended on {ends_at:%Y-%m-%d}: {remedy}")
        return signer

    def _is_good(self, identity: Identity, server_names: Sequence[str]) -> bool:
        if not (identity.certificate.exists() and identity.key.exists()):
            return False
        certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
        lasts = certificate.not_valid_after_utc > _now() + dt.timedelta(days=RENEW_BEFORE_DAYS)
        serves = set(server_names) <= read_server_names(certificate)
        revoked = certificate.serial_number in self.revoked_serials()
        # A kill between writing the two leaves a new key with an old certificate.
        return lasts and serves and not revoked and is_pair(certificate, identity.key.read_bytes())

    def _known(self) -> list[x509.Certificate]:
        files = sorted((self.directory / "known").glob("*.crt"))
        return [x509.load_pem_x509_certificate(file.read_bytes()) for file in files]

    def revoked_serials(self) -> dict[int, dt.datetime]:
        """Give the serial numbers of certificates that are revoked, and since when."""
        if not self.crl_file.exists():
            return {}
        crl = x509.load_pem_x509_crl(self.crl_file.read_bytes())
        return {entry.serial_number: entry.revocation_date_utc for entry in crl}

    def _renew_revocations(self) -> None:
        """Sign the list again when half of its time is over; make the first, empty one."""
        if self.crl_file.exists():
            next_update_at = x509.load_pem_x509_crl(self.crl_file.read_bytes()).next_update_utc
            if next_update_at and next_update_at > _now() + dt.timedelta(days=CRL_VALID_DAYS / 2):
                return
        self._write_revocations(self.revoked_serials())

    def _write_revocations(self, revoked: dict[int, dt.datetime]) -> None:
        write_whole(self.crl_file, make_revocation_list(self._signer(), revoked, CRL_VALID_DAYS), 0o644)


def _key_of(request: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101 - read_request lets no other through
    return key


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step: it is there whole with its mode, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    partial.replace(path)
