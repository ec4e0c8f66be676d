"""Identity without a line: the offline root, requests judged, a renewed pair put in place whole or not at all."""

import asyncio
import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner
from uuid6 import uuid7

from edge import errors as edge_errors
from edge.clock import Clock
from edge.contract.commands import Command
from edge.contract.events import TYPE_PREFIX, Event, EventDetail
from edge.notices import Notice
from edge.pulse import Pulse
from edge.renewal import Renewal
from edge.renewal_desk import INSTALL
from edge.renewal_desk import RenewalDesk as BoxDesk
from provisioning import x509_profile
from provisioning.__main__ import app
from provisioning.certificates import CertificateAuthority
from provisioning.errors import Misconfigured, Refused
from provisioning.offline_root import make_issuing_authority, make_offline_root
from provisioning.renewal import REQUESTED, RenewalDesk

PASSPHRASES = b"in the safe of the office", b"of the office's machine"
BOX = "TD-01-a"
NOW_AT = dt.datetime.now(dt.UTC)


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    """A regency's: issuing, below an offline root."""
    make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    return make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Issuing", *PASSPHRASES)


@pytest.fixture
def renewal(authority: CertificateAuthority, tmp_path: Path) -> Renewal:
    """A box with a certificate."""
    identity = authority.issue(BOX, valid_days=90)
    return Renewal(BOX, identity.certificate, identity.key)


def request_of(name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def chain(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)


def test_request_when_signed_then_the_chain_leads_to_the_root(authority: CertificateAuthority) -> None:
    leaf, issuing, root = chain(authority.sign_request(request_of(BOX), BOX))
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert dt.timedelta(days=89) < leaf.not_valid_after_utc - NOW_AT < dt.timedelta(days=91)
    constraints = issuing.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)


def test_root_when_made_then_its_key_and_the_offices_are_not_in_clear(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    for key in (tmp_path / "stick" / "root.key", tmp_path / "office" / "ca.key"):
        assert b"ENCRYPTED" in key.read_bytes()
    with pytest.raises(Misconfigured, match="passphrase"):
        CertificateAuthority.open_existing(authority.directory).issue(BOX)


def test_root_when_there_already_then_left_as_it_is(authority: CertificateAuthority, tmp_path: Path) -> None:
    before = (tmp_path / "stick" / "root.key").read_bytes()
    with pytest.raises(Refused, match="holds a root already"):
        make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    assert (tmp_path / "stick" / "root.key").read_bytes() == before


def test_root_when_its_stick_is_not_in_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="is the stick in"):
        make_issuing_authority(tmp_path / "office", tmp_path / "none", "Issuing", *PASSPHRASES)


def test_passphrase_when_short_then_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at least 12"):
        make_offline_root(tmp_path / "stick", "Root", b"short")


def test_issuing_authority_when_renewed_then_what_it_signed_stays_good(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    leaf = chain(authority.sign_request(request_of(BOX), BOX))[0]
    again = make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Other", *PASSPHRASES)
    leaf.verify_directly_issued_by(chain(again.certificate_file.read_bytes())[0])


def test_issuing_authority_when_its_time_is_over_then_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioning.offline_root.ISSUING_VALID_DAYS", 0)
    make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    with pytest.raises(Misconfigured, match=r"ended on .*fetch the offline root"):
        make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Issuing", *PASSPHRASES)


def test_certificate_when_its_authority_ends_before_it_then_ends_with_it_and_the_office_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioning.offline_root.ISSUING_VALID_DAYS", 30)
    make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    authority = make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Issuing", *PASSPHRASES)
    leaf, issuing, _ = chain(authority.sign_request(request_of(BOX), BOX))
    assert leaf.not_valid_after_utc == issuing.not_valid_after_utc
    monkeypatch.setenv("SATULAYAR_PROVISION_CA_PASSPHRASE", PASSPHRASES[1].decode())
    said = CliRunner().invoke(app, ["ca", "revoke", BOX, "--directory", str(tmp_path / "office")])
    assert said.exit_code == 0
    assert f"ends on {issuing.not_valid_after_utc:%Y-%m-%d}: fetch the offline root" in said.stderr


def test_root_when_its_time_is_over_then_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.offline_root.ROOT_VALID_DAYS", 0)
    make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    with pytest.raises(Misconfigured, match=r"the root in .* ended on .*: make another with ca root"):
        make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Issuing", *PASSPHRASES)


def test_request_when_for_another_box_then_refused(authority: CertificateAuthority) -> None:
    with pytest.raises(Refused, match="TD-01-a asks for a certificate of 'KRT-01-a'"):
        authority.sign_request(request_of("KRT-01-a"), BOX)


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (b"", "no request"),
        (request_of(BOX, rsa.generate_private_key(65_537, 2048)), "P-256"),
        (request_of(BOX, ec.generate_private_key(ec.SECP384R1())), "P-256"),
    ],
)
def test_request_when_not_in_order_then_refused(pem: bytes, said: str, authority: CertificateAuthority) -> None:
    with pytest.raises(Refused, match=said):
        authority.sign_request(pem, BOX)


def test_request_when_signed_with_another_key_then_refused(authority: CertificateAuthority) -> None:
    request = x509.load_pem_x509_csr(request_of(BOX)).public_bytes(serialization.Encoding.DER)
    forged = request[:-1] + bytes([request[-1] ^ 1])
    body = base64.encodebytes(forged).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n".encode()
    with pytest.raises(Refused, match="not signed with the key"):
        authority.sign_request(pem, BOX)


def asked(request: str, box: str = BOX) -> tuple[str, bytes]:
    detail = EventDetail(values={"request": request})
    event = Event(id=uuid7(), source=f"sl/1/{box}", type=REQUESTED, time=NOW_AT, data=detail)
    return f"sl/1/{box}/events", event.payload()


def test_desk_when_a_box_asks_then_its_certificate_is_sent_and_the_same_for_the_same_event(
    authority: CertificateAuthority, renewal: Renewal
) -> None:
    desk = RenewalDesk(authority, lambda: NOW_AT)
    message = asked(renewal.request())
    command = desk.take(*message)
    assert command
    assert command.action == "certificate.install"
    assert desk.take(*message) == command
    assert desk.take(*asked(renewal.request())) is None, "too soon"


def test_desk_when_ten_minutes_are_over_then_a_box_may_ask_again(
    authority: CertificateAuthority, renewal: Renewal
) -> None:
    now_at = [NOW_AT]
    desk = RenewalDesk(authority, lambda: now_at[0])
    assert desk.take(*asked(renewal.request()))
    now_at[0] += dt.timedelta(minutes=10)
    assert desk.take(*asked(renewal.request()))


@pytest.mark.parametrize(
    "message",
    [
        asked(request_of("KRT-01-a").decode()),
        asked("rubbish"),
        asked(request_of("NEW-01-a").decode(), "NEW-01-a"),
        ("sl/1/TD-01-a/events", b"rubbish"),
        ("sl/1/TD-01-a/status", asked(request_of(BOX).decode())[1]),
    ],
    ids=["another's name", "no request", "never had one", "no event", "another topic"],
)
def test_desk_when_asked_wrongly_then_signs_nothing(
    message: tuple[str, bytes], authority: CertificateAuthority, renewal: Renewal
) -> None:
    before = len(list((authority.directory / "known").iterdir()))
    assert RenewalDesk(authority, lambda: NOW_AT).take(*message) is None
    assert len(list((authority.directory / "known").iterdir())) == before


def test_desk_when_the_box_is_revoked_then_signs_nothing_until_a_new_one_is_issued(
    authority: CertificateAuthority, renewal: Renewal
) -> None:
    authority.revoke(BOX)
    assert RenewalDesk(authority, lambda: NOW_AT).take(*asked(renewal.request())) is None


def test_renewal_when_two_thirds_are_over_then_due_and_never_by_a_clock_of_1970(renewal: Renewal) -> None:
    assert not renewal.is_due(NOW_AT + dt.timedelta(days=59))
    assert renewal.is_due(NOW_AT + dt.timedelta(days=61))
    assert not renewal.is_due(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))


def test_renewal_when_answered_then_the_new_pair_is_in_place(authority: CertificateAuthority, renewal: Renewal) -> None:
    before = authority.ensure(BOX).certificate.read_bytes()
    request = renewal.request()
    assert renewal.request() != ""
    renewal.install(authority.sign_request(request.encode(), BOX), NOW_AT)
    identity = authority.ensure(BOX)
    assert identity.certificate.read_bytes() != before
    certificate = chain(identity.certificate.read_bytes())[0]
    assert x509_profile.is_pair(certificate, identity.key.read_bytes())
    assert [path.name for path in identity.key.parent.iterdir() if "next" in path.name] == []


Wrong = Callable[[CertificateAuthority, Renewal], bytes]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda authority, _: authority.sign_request(request_of(BOX), BOX),
        lambda authority, renewal: authority.sign_request(renewal.request().encode(), BOX, valid_days=0),
        lambda _, __: b"rubbish",
    ],
    ids=["another key", "out of date", "rubbish"],
)
def test_renewal_when_the_answer_is_wrong_then_the_old_pair_stays(
    wrong: Wrong, authority: CertificateAuthority, renewal: Renewal
) -> None:
    identity = authority.ensure(BOX)
    before = identity.certificate.read_bytes(), identity.key.read_bytes()
    renewal.request()
    answer = wrong(authority, renewal)
    with pytest.raises(edge_errors.Misconfigured):
        renewal.install(answer, NOW_AT + dt.timedelta(hours=1))
    assert (identity.certificate.read_bytes(), identity.key.read_bytes()) == before


@pytest.mark.parametrize("renames", [0, 1])
def test_renewal_when_power_fails_between_then_the_next_start_finishes(
    renames: int, authority: CertificateAuthority, renewal: Renewal
) -> None:
    identity = authority.ensure(BOX)
    answer = authority.sign_request(renewal.request().encode(), BOX)
    # What lies there when power fails after the answer is written, and after the key is in place.
    (identity.certificate.parent / f"{identity.certificate.name}.next").write_bytes(answer)
    if renames:
        (identity.key.parent / f"{identity.key.name}.next").replace(identity.key)
    assert Renewal(BOX, identity.certificate, identity.key).finish()
    certificate = chain(identity.certificate.read_bytes())[0]
    assert certificate == chain(answer)[0]
    assert x509_profile.is_pair(certificate, identity.key.read_bytes())
    assert not Renewal(BOX, identity.certificate, identity.key).finish()


class Board:
    """Keeps what is noticed."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def raise_event(self, notice: Notice) -> None:
        self.notices.append(notice)


class FixedClock(Clock):
    """Says what it is told."""

    def __init__(self, now_at: dt.datetime) -> None:
        self.at = now_at

    def now_s(self) -> float:
        return self.at.timestamp()


def desk_at(renewal: Renewal, now_at: dt.datetime) -> tuple[BoxDesk, Board]:
    board, clock = Board(), FixedClock(now_at)
    return BoxDesk(BOX, renewal, notice=board.raise_event, clock=clock, pulse=Pulse(clock)), board


def install(certificate: str) -> Command:
    times = {"issued_at": NOW_AT, "expires_at": NOW_AT + dt.timedelta(hours=1)}
    return Command(id=uuid7(), action=INSTALL, arguments={"certificate": certificate}, actor="identity", **times)


def test_box_when_its_certificate_is_fresh_then_asks_nothing(renewal: Renewal) -> None:
    desk, board = desk_at(renewal, NOW_AT)
    asyncio.run(desk.look())
    assert board.notices == []


def test_box_when_due_then_the_room_understands_its_notice_and_the_box_the_answer(
    authority: CertificateAuthority, renewal: Renewal
) -> None:
    due_at = NOW_AT + dt.timedelta(days=61)
    desk, board = desk_at(renewal, due_at)
    asyncio.run(desk.look())
    assert [notice.noun for notice in board.notices] == ["certificate.requested"]
    assert f"{TYPE_PREFIX}{board.notices[0].noun}" == REQUESTED
    answer = RenewalDesk(authority, lambda: NOW_AT).take(*asked(str(board.notices[0].values["request"])))
    assert answer
    assert answer.action == INSTALL
    assert asyncio.run(desk.carry_out(answer)) == ("confirmed", "", "")
    before = len(board.notices)
    asyncio.run(desk_at(renewal, NOW_AT)[0].look())
    assert len(board.notices) == before


def test_box_when_the_answer_is_wrong_then_the_result_says_why(renewal: Renewal) -> None:
    desk, _ = desk_at(renewal, NOW_AT)
    state, reason, detail = asyncio.run(desk.carry_out(install("rubbish")))
    assert (state, reason) == ("failed", "not_installed")
    assert "the answer is no certificate" in detail
