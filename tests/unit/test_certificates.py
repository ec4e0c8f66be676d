"""The authority issues what TLS accepts, revokes for good, and keeps keys to itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner, Result

from provisioning.__main__ import app
from provisioning.certificates import CertificateAuthority, Identity
from provisioning.errors import Misconfigured, Refused


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority.open_or_create(tmp_path / "ca")


def load(identity: Identity) -> x509.Certificate:
    return x509.load_pem_x509_certificate(identity.certificate.read_bytes())


def revoked_serials(authority: CertificateAuthority) -> set[int]:
    crl = x509.load_pem_x509_crl(authority.crl_file.read_bytes())
    return {entry.serial_number for entry in crl}


def usages(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_authority_when_opened_twice_then_stays_the_same(tmp_path: Path) -> None:
    first = CertificateAuthority.open_or_create(tmp_path).certificate_file.read_bytes()
    assert CertificateAuthority.open_or_create(tmp_path).certificate_file.read_bytes() == first


def test_authority_when_made_by_many_at_once_then_is_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(CertificateAuthority.open_or_create, [tmp_path] * 8))
    root = x509.load_pem_x509_certificate(opened[0].certificate_file.read_bytes())
    for authority in opened:
        load(authority.ensure("TD-01-a")).verify_directly_issued_by(root)


def test_authority_when_absent_then_opening_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="satulayar-provision ca init"):
        CertificateAuthority.open_existing(tmp_path / "none")


def test_keys_when_written_then_only_their_owner_reads_them(authority: CertificateAuthority) -> None:
    identity = authority.issue("TD-01-a")
    for key in (identity.key, authority.directory / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_box_certificate_when_issued_then_names_the_box_and_serves_nothing(authority: CertificateAuthority) -> None:
    certificate = load(authority.issue("TD-01-a"))
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "TD-01-a"
    assert usages(certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_server_certificate_when_issued_then_carries_names_and_addresses(authority: CertificateAuthority) -> None:
    certificate = load(authority.issue("broker", ["localhost", "127.0.0.1"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert ExtendedKeyUsageOID.SERVER_AUTH in usages(certificate)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "../ca", ".hidden", "a b", "x" * 65, "TD\n01"])
def test_name_when_no_topic_level_then_refused(name: str, authority: CertificateAuthority) -> None:
    with pytest.raises(Refused):
        authority.issue(name)


def test_ensure_when_called_twice_then_issues_once(authority: CertificateAuthority) -> None:
    assert load(authority.ensure("TD-01-a")) == load(authority.ensure("TD-01-a"))


def test_ensure_when_soon_out_of_date_then_issues_anew(authority: CertificateAuthority) -> None:
    old = load(authority.issue("TD-01-a", valid_days=30))
    assert load(authority.ensure("TD-01-a")) != old


def test_ensure_when_key_and_certificate_do_not_fit_then_issues_anew(authority: CertificateAuthority) -> None:
    identity = authority.ensure("TD-01-a")
    identity.key.write_bytes(authority.ensure("TD-01-b").key.read_bytes())
    old = load(identity)
    assert load(authority.ensure("TD-01-a")) != old


def test_ensure_when_another_server_name_is_wanted_then_issues_anew(authority: CertificateAuthority) -> None:
    old = load(authority.ensure("broker", ["localhost"]))
    assert load(authority.ensure("broker", ["localhost", "broker"])) != old


def test_revoke_when_issued_twice_then_both_are_revoked(authority: CertificateAuthority) -> None:
    serials = {load(authority.issue("TD-01-a")).serial_number for _ in range(2)}
    authority.issue("TD-02-a")
    assert authority.revoke("TD-01-a") == 2
    assert revoked_serials(authority) == serials


def test_revoke_when_repeated_then_nothing_is_added(authority: CertificateAuthority) -> None:
    authority.issue("TD-01-a")
    authority.revoke("TD-01-a")
    assert authority.revoke("TD-01-a") == 0
    assert len(revoked_serials(authority)) == 1


def test_revoke_when_others_follow_then_the_first_stays_revoked(authority: CertificateAuthority) -> None:
    for name in ("TD-01-a", "TD-02-a"):
        authority.issue(name)
        authority.revoke(name)
    assert len(revoked_serials(authority)) == 2


def test_revoke_when_never_issued_then_refused(authority: CertificateAuthority) -> None:
    with pytest.raises(Refused, match="nothing was ever issued"):
        authority.revoke("TD-09-a")


def test_ensure_when_revoked_then_issues_one_that_is_good(authority: CertificateAuthority) -> None:
    authority.ensure("TD-01-a")
    authority.revoke("TD-01-a")
    assert load(authority.ensure("TD-01-a")).serial_number not in revoked_serials(authority)


def say(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_key_of_a_box_when_made_in_the_office_then_is_kept_nowhere_there(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    directory = ("--directory", str(authority.directory))
    refused = say("ca", "issue", "TD-01-a", *directory)
    assert "--to FOLDER; this office keeps no box's key" in str(refused.exception)
    done = say("ca", "issue", "TD-01-a", "--to", str(tmp_path / "stick"), *directory)
    assert done.exit_code == 0, done.output
    made = tmp_path / "stick" / "box.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    key = made.read_bytes()
    kept = [path for path in authority.directory.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if key in path.read_bytes() or path.name == "TD-01-a.key"]
    assert authority.revoke("TD-01-a") == 1, "its certificate is known"
    refused = say("ca", "export", "TD-01-a", str(tmp_path / "x"), *directory)
    assert "no box's key is kept here" in str(refused.exception)
    assert say("ca", "export", "ingest", str(tmp_path / "x"), *directory).exit_code == 0
