"""What our certificates look like: pure functions from names and keys to signed objects.

ECDSA on P-256, SHA-256: the smallest keys that every TLS library of a box speaks.

Source: RFC 5280 (profile and revocation list); key usage as in CA/Browser Forum BR 7.1.2.
"""

import datetime as dt
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.errors import Misconfigured, Refused

CLOCK_SKEW = dt.timedelta(hours=1)  # a box without a battery may wake up in the past
PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority's certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_root(name: str, valid_days: int, issuing_authorities: int = 0) -> Signer:
    """Make a self-signed authority.

    Args:
        name: its common name.
        valid_days: days from now until it ends.
        issuing_authorities: levels of authorities below it; 0 signs end certificates itself.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _start(_name(name), _name(name), key.public_key(), valid_days)
    builder = _as_authority(builder, key.public_key(), issuing_authorities)
    return Signer(builder.sign(key, hashes.SHA256()), key)


def make_issuing(root: Signer, name: str, key: ec.EllipticCurvePublicKey, valid_days: int) -> x509.Certificate:
    """Sign an authority that signs end certificates only; it never outlives the root."""
    builder = _start(_name(name), root.certificate.subject, key, valid_days, root.certificate.not_valid_after_utc)
    builder = _as_authority(builder, key, 0)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    return builder.add_extension(identifier, critical=False).sign(root.key, hashes.SHA256())


def read_request(pem: bytes) -> x509.CertificateSigningRequest:
    """Read a request for a certificate (PKCS #10, PEM) and check that its sender has the key.

    Raises:
        Refused: it is no request, its signature is wrong, or its key is not on P-256.
    """
    try:
        request = x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise Refused("this is no request for a certificate (PKCS #10, PEM)") from error
    if not request.is_signature_valid:
        raise Refused("the request is not signed with the key that it asks a certificate for")
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused("the request's key is not on the curve P-256: make it with a P-256 key")
    return request


def make_certificate(
    signer: Signer, common_name: str, server_names: Sequence[str], key: ec.EllipticCurvePublicKey, valid_days: int
) -> x509.Certificate:
    """Sign a certificate for a client, and for a server too if it is given names to serve under.

    It never outlives its authority: whoever has it would not see the end come, and so not ask for the next in time.
    """
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    latest_at = signer.certificate.not_valid_after_utc
    builder = _start(_name(common_name), signer.certificate.subject, key, valid_days, latest_at)
    if server_names:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        names = x509.SubjectAlternativeName([_general_name(name) for name in server_names])
        builder = builder.add_extension(names, critical=False)
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(authority=False), True),
        (x509.ExtendedKeyUsage(usages), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer.key, hashes.SHA256())


def make_revocation_list(signer: Signer, revoked: Mapping[int, dt.datetime], valid_days: int) -> bytes:
    """Sign the list of revoked serial numbers, each with the instant it was revoked; PEM."""
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(now - CLOCK_SKEW)
        .next_update(now + dt.timedelta(days=valid_days))
        # Numbers must rise; microseconds do, without a counter to keep.
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1e6)), critical=False)
    )
    for serial, revoked_at in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revoked_at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(PEM)


def read_signer(certificate: bytes, key: bytes, passphrase: bytes | None = None) -> Signer:
    """Read an authority from PEM; of a chain, the first certificate.

    Raises:
        Misconfigured: its key is not on an elliptic curve, or the passphrase does not open it.
    """
    try:
        loaded = serialization.load_pem_private_key(key, password=passphrase)
    except (TypeError, ValueError) as error:
        raise Misconfigured(f"the authority's key cannot be opened: {error}; is the passphrase right?") from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise Misconfigured("the authority's key (ca.key) is not an elliptic-curve key")
    return Signer(x509.load_pem_x509_certificate(certificate), loaded)


def write_key(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    """Write a private key as PEM (PKCS #8); a box's is not encrypted, for it starts with nobody there to type."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


def is_pair(certificate: x509.Certificate, key: bytes) -> bool:
    """Tell whether a private key (PEM) is the one that the certificate is for."""
    return serialization.load_pem_private_key(key, password=None).public_key() == certificate.public_key()


def read_common_name(found: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return the name that a certificate is for; "" for none."""
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def read_server_names(certificate: x509.Certificate) -> set[str]:
    """Return the DNS names and addresses that a certificate may serve under."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return addresses | set(names.get_values_for_type(x509.DNSName))


def _as_authority(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePublicKey, path_length: int
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(authority=True), critical=True)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _start(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    valid_days: int,
    latest_at: dt.datetime | None = None,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    until = now + dt.timedelta(days=valid_days)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - CLOCK_SKEW).not_valid_after(min(until, latest_at) if latest_at else until)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
