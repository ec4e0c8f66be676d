"""SNMPv3 with the user-based security model at the agent's side: one user, authenticated and encrypted, or a report.

Source: RFC 3412 (message), RFC 3414 (user-based security model; keys in A.2), RFC 3826 (AES-128), RFC 7860 (SHA-256).
Written beside pysnmp, which is the client in the tests, so that the two ends do not share a mistake.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from simulators.ntcip import ber
from simulators.ntcip.ber import Malformed, Oid

V3 = 3
REPORT = 0xA8
AUTHENTICATED, ENCRYPTED = 0x01, 0x02
WINDOW_S = 150  # RFC 3414 section 2.2.3
_USM = 3
_BOOTS = 1
_MAX_SIZE = 65_507
_ENLARGED = 1_048_576  # octets of repeated password that make a key, RFC 3414 A.2
_STATS: Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_LEVEL, _WINDOW, _USER, _ENGINE, _DIGEST, _DECRYPTION = 1, 2, 3, 4, 5, 6  # usmStats that are told in reports
_SHA: dict[str, tuple[str, int]] = {"sha1": ("sha1", 12), "sha256": ("sha256", 24)}


@dataclass(frozen=True, slots=True)
class User:
    """Who may read and write over version 3.

    Attributes:
        name: as the client says it.
        auth_key: its password for authentication, 8 characters or more.
        privacy_key: the same for encryption by AES-128.
        auth: `sha1` or `sha256`.
    """

    name: str = "satulayar"
    auth_key: str = "simulated-auth"
    privacy_key: str = "simulated-privacy"
    auth: str = "sha256"


@dataclass(frozen=True, slots=True)
class _Security:
    """The security parameters of a message."""

    engine: bytes
    boots: int
    time_s: int
    user: bytes
    digest: bytes
    salt: bytes


class Usm:
    """One agent's engine.

    Args:
        user: who may ask.
        name: tells this engine from the others of the process.
        respond: answers a PDU (its tag and content) as (tag, content); None says nothing.
    """

    def __init__(self, user: User, name: str, respond: Callable[[int, bytes], tuple[int, bytes] | None]) -> None:
        self._user = user
        self._respond = respond
        self._engine = b"\x80\x00\x1f\x88\x04" + name.encode()[:27]  # RFC 3411: administratively assigned text
        self._hash, self._digest_size = _SHA[user.auth]
        self._auth_key = _localised(user.auth_key, self._hash, self._engine)
        self._privacy_key = _localised(user.privacy_key, self._hash, self._engine)[:16]
        self._begun_s = time.monotonic()

    def answer(self, datagram: bytes) -> bytes | None:
        """Answer a message of version 3, or None.

        Raises:
            Malformed: it is none.
        """
        message, _ = ber.read_as(ber.SEQUENCE, datagram, 0)
        _, at = ber.read_as(ber.INTEGER, message, 0)
        header, at = ber.read_as(ber.SEQUENCE, message, at)
        parameters, at = ber.read_as(ber.OCTETS, message, at)
        number, flags = _read_header(header)
        security = _read_security(parameters)
        fault = self._fault(datagram, security, flags)
        if fault is not None:
            return self._report(number, fault) if flags & 0x04 or fault == _WINDOW else None
        try:
            kind, pdu = _unscoped(self._crypt(ber.read_as(ber.OCTETS, message, at)[0], security))
        except Malformed:
            return self._report(number, _DECRYPTION)
        answered = self._respond(kind, pdu)
        return None if answered is None else self._write(number, ber.element(*answered), AUTHENTICATED | ENCRYPTED)

    def _fault(self, datagram: bytes, security: _Security, flags: int) -> int | None:
        """Judge in the order of RFC 3414 section 3.2."""
        if security.engine != self._engine:
            return _ENGINE
        if security.user != self._user.name.encode():
            return _USER
        if flags & (AUTHENTICATED | ENCRYPTED) != AUTHENTICATED | ENCRYPTED:
            return _LEVEL
        blank = datagram.replace(security.digest, bytes(len(security.digest)), 1) if security.digest else datagram
        if not hmac.compare_digest(self._digest(blank), security.digest):
            return _DIGEST
        is_in_time = security.boots == _BOOTS and abs(security.time_s - self._now_s()) <= WINDOW_S
        return None if is_in_time else _WINDOW

    def _report(self, number: int, stat: int) -> bytes:
        name = ber.object_id((*_STATS, stat, 0))
        varbind = ber.element(ber.SEQUENCE, name + ber.integer(1, ber.COUNTER))
        body = ber.integer(0) * 3 + ber.element(ber.SEQUENCE, varbind)
        flags = AUTHENTICATED if stat == _WINDOW else 0  # a client sets its clock by this one only
        return self._write(number, ber.element(REPORT, body), flags)

    def _write(self, number: int, pdu: bytes, flags: int) -> bytes:
        scoped = ber.element(ber.SEQUENCE, ber.element(ber.OCTETS, self._engine) + ber.element(ber.OCTETS, b"") + pdu)
        salt = os.urandom(8) if flags & ENCRYPTED else b""
        now_s = self._now_s()
        security = _Security(self._engine, _BOOTS, now_s, b"", b"", salt)
        content = ber.element(ber.OCTETS, self._crypt(scoped, security, encrypt=True)) if salt else scoped
        head = ber.integer(number) + ber.integer(_MAX_SIZE) + ber.element(ber.OCTETS, bytes([flags]))
        head = ber.integer(V3) + ber.element(ber.SEQUENCE, head + ber.integer(_USM))
        blank = bytes(self._digest_size) if flags & AUTHENTICATED else b""
        unsigned = ber.element(ber.SEQUENCE, head + self._parameters(now_s, blank, salt) + content)
        if not blank:
            return unsigned
        digest = self._digest(unsigned)
        return ber.element(ber.SEQUENCE, head + self._parameters(now_s, digest, salt) + content)

    def _parameters(self, now_s: int, digest: bytes, salt: bytes) -> bytes:
        user = self._user.name.encode() if digest else b""
        parts = ber.element(ber.OCTETS, self._engine) + ber.integer(_BOOTS) + ber.integer(now_s)
        parts += b"".join(ber.element(ber.OCTETS, part) for part in (user, digest, salt))
        return ber.element(ber.OCTETS, ber.element(ber.SEQUENCE, parts))

    def _crypt(self, content: bytes, security: _Security, *, encrypt: bool = False) -> bytes:
        vector = security.boots.to_bytes(4) + security.time_s.to_bytes(4) + security.salt
        if len(vector) != 16:  # noqa: PLR2004 - a block of AES
            raise Malformed("a salt of another length")
        cipher = Cipher(algorithms.AES(self._privacy_key), CFB(vector))
        worker = cipher.encryptor() if encrypt else cipher.decryptor()
        return worker.update(content) + worker.finalize()

    def _digest(self, message: bytes) -> bytes:
        return hmac.new(self._auth_key, message, self._hash).digest()[: self._digest_size]

    def _now_s(self) -> int:
        return int(time.monotonic() - self._begun_s)


def _read_header(header: bytes) -> tuple[int, int]:
    number, at = ber.read_as(ber.INTEGER, header, 0)
    _, at = ber.read_as(ber.INTEGER, header, at)
    flags, at = ber.read_as(ber.OCTETS, header, at)
    model, _ = ber.read_as(ber.INTEGER, header, at)
    if len(flags) != 1 or ber.to_integer(model) != _USM:
        raise Malformed("another security model")
    return ber.to_integer(number), flags[0]


def _read_security(parameters: bytes) -> _Security:
    content, _ = ber.read_as(ber.SEQUENCE, parameters, 0)
    engine, at = ber.read_as(ber.OCTETS, content, 0)
    boots, at = ber.read_as(ber.INTEGER, content, at)
    time_s, at = ber.read_as(ber.INTEGER, content, at)
    user, at = ber.read_as(ber.OCTETS, content, at)
    digest, at = ber.read_as(ber.OCTETS, content, at)
    salt, _ = ber.read_as(ber.OCTETS, content, at)
    numbers = ber.to_integer(boots), ber.to_integer(time_s)
    if not all(0 <= number < 1 << 31 for number in numbers):
        raise Malformed("a time that no engine has")
    return _Security(engine, *numbers, user, digest, salt)


def _unscoped(content: bytes) -> tuple[int, bytes]:
    scoped, _ = ber.read_as(ber.SEQUENCE, content, 0)
    _, at = ber.read_as(ber.OCTETS, scoped, 0)
    _, at = ber.read_as(ber.OCTETS, scoped, at)
    kind, pdu, _ = ber.read(scoped, at)
    return kind, pdu


@lru_cache(maxsize=64)
def _localised(password: str, algorithm: str, engine: bytes) -> bytes:
    text = password.encode()
    enlarged = (text * (_ENLARGED // len(text) + 1))[:_ENLARGED]
    key = hashlib.new(algorithm, enlarged).digest()
    return hashlib.new(algorithm, key + engine + key).digest()
