"""Which box asks: proven by the key of its certificate, with each request; see `edge.contract.uploads`.

The same certificates let boxes into the broker. Here TLS ends at a reverse proxy, so the proof is in a header, and no
header that a proxy may add is believed. Nothing is asked of the database before a proof is right.
"""

import base64
import binascii
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from fastapi import Request
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from cloud import errors
from cloud.cameras.rules import refusal
from edge.contract.uploads import MAX_PROOF_CHARACTERS, PROOF_TYPE, PROOF_WITHIN_S, SCHEME

_CRL = b"-----BEGIN X509 CRL-----"
_REGISTRY = jws.JWSRegistry(algorithms=["ES256"])
_REGISTRY.max_header_length = MAX_PROOF_CHARACTERS  # a certificate in it is more than the library expects


class BoxProofs:
    """Judges proofs.

    Args:
        ca_file: certificates of the authority of the boxes, PEM; None: no box is believed.
        crl_file: its list of revoked certificates, PEM, as the broker has it; None: there is none.
        clock: seconds since 1970.
    """

    def __init__(self, ca_file: Path | None, crl_file: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._ca_file, self._crl_file, self._clock = ca_file, crl_file, clock
        self._read: dict[Path, tuple[int, Any]] = {}

    def identify(self, request: Request) -> str:
        """Give the name in the certificate of the box that asks.

        Raises:
            Unauthenticated: it proves nothing, or with a certificate that is not (any more) one of a box of ours.
            Unavailable: this API knows no boxes' authority, or cannot read it.
        """
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        if scheme != SCHEME or not 0 < len(proof) <= MAX_PROOF_CHARACTERS:
            raise refusal("box_proof_missing")
        certificate = self._certificate(proof)
        claims = _claims(proof, certificate)
        if (claims.get("htm"), claims.get("htu")) != (request.method, request.url.path):
            raise refusal("box_proof")
        said_s = claims.get("iat")
        if not _is_near(said_s, self._clock()):
            raise refusal("box_clock", now=f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d %H:%M:%S}")
        return _name(certificate)

    def _certificate(self, proof: str) -> x509.Certificate:
        """Give a proof's certificate, if it is one of ours and still good."""
        try:
            header = json.loads(_octets(proof.partition(".")[0]))
            certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise refusal("box_proof") from error
        now_at = datetime.fromtimestamp(self._clock(), UTC)
        issuer = next((one for one in self._authorities() if _has_signed(one, certificate)), None)
        if issuer is None or not certificate.not_valid_before_utc <= now_at <= certificate.not_valid_after_utc:
            raise refusal("box_certificate")
        if self._is_revoked(issuer, certificate):
            raise refusal("box_certificate")
        return certificate

    def _authorities(self) -> list[x509.Certificate]:
        if self._ca_file is None:
            raise refusal("no_uploads")
        return list(self._fresh(self._ca_file, x509.load_pem_x509_certificates))

    def _is_revoked(self, issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
        if self._crl_file is None:
            return False
        key = issuer.public_key()
        lists = self._fresh(self._crl_file, _lists)
        own = [one for one in lists if isinstance(key, ec.EllipticCurvePublicKey) and one.is_signature_valid(key)]
        if not own:
            raise errors.Unavailable(
                f"{self._crl_file} has no list that is signed by {issuer.subject.rfc4514_string()}"
            )
        return any(one.get_revoked_certificate_by_serial_number(certificate.serial_number) for one in own)

    def _fresh(self, path: Path, parse: Callable[[bytes], Any]) -> Any:
        """Read a file, again when it has changed: a box that is revoked is out at once."""
        try:
            changed_ns = path.stat().st_mtime_ns
            if path not in self._read or self._read[path][0] != changed_ns:
                self._read[path] = (changed_ns, parse(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise errors.Unavailable(f"{path}: {error}") from error
        return self._read[path][1]


def _lists(content: bytes) -> list[x509.CertificateRevocationList]:
    """Read all lists of a file: while the authority is being renewed there are two."""
    return [x509.load_pem_x509_crl(_CRL + one) for one in content.split(_CRL)[1:]]


def _is_near(said_s: object, now_s: float) -> bool:
    """Tell whether a proof is fresh; its number may have as many digits as it likes."""
    return isinstance(said_s, int | float) and now_s - PROOF_WITHIN_S <= said_s <= now_s + PROOF_WITHIN_S


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _claims(proof: str, certificate: x509.Certificate) -> dict[str, Any]:
    """Read what a proof says, if it is signed with the certificate's key."""
    try:
        key = ECKey.import_key(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        signed = jws.deserialize_compact(proof, key, registry=_REGISTRY)
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise refusal("box_proof") from error
    if signed.protected.get("typ") != PROOF_TYPE or not isinstance(claims, dict):
        raise refusal("box_proof")
    return claims


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _octets(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from error
