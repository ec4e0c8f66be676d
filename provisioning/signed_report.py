"""Checks a box's commissioning report: is it that box's own, signed with the key of a certificate of ours?"""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from edge.contract.commissioning import Document, SignedReport
from provisioning.errors import Refused
from provisioning.x509_profile import read_common_name

_AGAIN = "have the box commissioned again"


_NONE: Mapping[int, dt.datetime] = {}


def verify(signed: SignedReport, box: str, authority: bytes, revoked: Mapping[int, dt.datetime] = _NONE) -> Document:
    """Check a report; give what it says.

    Args:
        signed: as it came from the box.
        box: whose it must be.
        authority: certificates of the regency's authority, PEM.
        revoked: serial numbers of certificates that are revoked, and since when: what was signed before stays good,
            as a box's report does after its slot was swapped.

    Raises:
        Refused: it is not that box's, or not as it was signed.
    """
    certificate = _certificate(signed)
    if not any(_is_issuer(each, certificate) for each in x509.load_pem_x509_certificates(authority)):
        raise Refused(f"the report's certificate is none of this regency's authority: {_AGAIN}, with our parcel")
    _check_signature(signed, certificate)
    try:
        document = Document.model_validate_json(signed.document)
    except ValidationError as error:
        raise Refused(f"the report is none that this version understands: {error.errors()[0]['msg']}") from error
    revoked_at = revoked.get(certificate.serial_number)
    # A revocation list knows whole seconds.
    if revoked_at is not None and revoked_at < document.at.replace(microsecond=0):
        raise Refused(f"the report's certificate was revoked on {revoked_at:%Y-%m-%d}, before it was signed: {_AGAIN}")
    for said in (read_common_name(certificate), document.box):
        if said != box:
            raise Refused(f"the report is {said}'s, not {box}'s: are two boxes mixed up?")
    if certificate.not_valid_after_utc < document.at:
        ended = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        raise Refused(f"the report was signed after its certificate had ended on {ended}: write a new parcel for {box}")
    return document


def _certificate(signed: SignedReport) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(signed.certificate.encode())[0]
    except ValueError as error:
        raise Refused(f"the report has no certificate: {_AGAIN}") from error


def _is_issuer(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _check_signature(signed: SignedReport, certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    try:
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Refused("the report's certificate is for another kind of key than ours")
        signature = base64.b64decode(signed.signature, validate=True)
        key.verify(signature, signed.document.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error) as error:
        raise Refused(f"the report was changed after the box signed it: {_AGAIN}") from error
