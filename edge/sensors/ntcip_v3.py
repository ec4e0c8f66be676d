"""A signal controller over SNMPv3, authenticated and encrypted, for those that have it.

Source: RFC 3414 (user-based security model), RFC 3826 (AES-128), RFC 7860 (SHA-256). Here pysnmp's engine does the
work, which `snmp.py` does without: discovery, keys and clocks of the other side are not worth writing twice, and a
cabinet has one controller. Measured 2026-11-22 on two busy cores: see `tests/bench/ntcip.py` for versions 1 and 2c.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import Integer32

from edge.errors import Refused, Unavailable
from edge.sensors import snmp
from edge.sensors.ntcip import Whitelist, dotted
from edge.sensors.ntcip_objects import Oid, Value

AuthProtocol = Literal["sha1", "sha256"]
_PROTOCOLS: dict[AuthProtocol, Any] = {
    "sha1": hlapi.USM_AUTH_HMAC96_SHA,
    "sha256": hlapi.USM_AUTH_HMAC192_SHA256,
}
_AWAY = (errind.RequestTimedOut, errind.NotInTimeWindow, errind.UnknownEngineID)


@dataclass(frozen=True, slots=True)
class User:
    """Who the box is for the controller.

    Attributes:
        name: the user's, as set in the controller.
        auth_key: password of its authentication.
        privacy_key: password of its encryption, AES-128.
        auth: how it is authenticated.
    """

    name: str
    auth_key: str
    privacy_key: str
    auth: AuthProtocol = "sha256"


class NtcipV3Controller:
    """One controller on one UDP port; `edge.sensors.ntcip.SignalController`."""

    def __init__(self, host: str, port: int, *, user: User, timeout_s: float, retries: int) -> None:
        """Prepare; the first request opens the socket.

        Args:
            host: name or address.
            port: usually 161.
            user: with its keys.
            timeout_s: deadline of one request with all its retries.
            retries: how often it is sent again within the deadline.
        """
        self._host, self._port = host, port
        self._timeout_s, self._retries = timeout_s, retries
        self._name = user.name
        self._user = hlapi.UsmUserData(
            user.name,
            authKey=user.auth_key,
            privKey=user.privacy_key,
            authProtocol=_PROTOCOLS[user.auth],
            privProtocol=hlapi.USM_PRIV_CFB128_AES,
        )
        self._whitelist = Whitelist()
        self._engine: Any = None

    def reserve(self, pattern: int, split: int) -> None:
        """Say once which pattern and split are ours to write; raises `Refused` for another pair later."""
        self._whitelist.reserve(pattern, split)

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:
        """Read objects in one request.

        Raises:
            Unavailable: no answer before the deadline.
            Refused: a key or the user is wrong, or the controller lacks an object.
        """
        asked = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
        answered = await self._ask(hlapi.get_cmd, asked)
        found: dict[Oid, Value] = {}
        for oid in oids:
            value = answered.get(oid)
            if value is None:
                raise Refused(f"{dotted(oid)} is not there or is of a wrong type")
            found[oid] = value
        return found

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:
        """Write objects, all or none; that they took effect is for the caller to read back.

        Raises:
            Unavailable: no answer before the deadline; whether it was written is unknown.
            Refused: not on the whitelist, a key or the user is wrong, or the controller said no.
        """
        for oid, value in values:
            self._whitelist.check(oid, value)
        asked = [hlapi.ObjectType(hlapi.ObjectIdentity(oid), Integer32(value)) for oid, value in values]
        await self._ask(hlapi.set_cmd, asked)

    def close(self) -> None:
        """Close the socket."""
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = None

    async def _ask(self, command: Any, asked: Sequence[Any]) -> dict[Oid, Value | None]:
        self._engine = self._engine or hlapi.SnmpEngine()
        each_s = self._timeout_s / (self._retries + 1)
        try:
            target = await hlapi.UdpTransportTarget.create((self._host, self._port), each_s, self._retries)
            failure, status, index, varbinds = await command(
                self._engine, self._user, target, hlapi.ContextData(), *asked, lookupMib=False
            )
        except (PySnmpError, OSError) as error:
            self.close()
            raise Unavailable(f"{self._where()} cannot be reached: {error}") from error
        if failure is not None:
            raise self._failed(failure)
        if status:
            at = varbinds[int(index) - 1][0] if 0 < int(index) <= len(varbinds) else "no object it names"
            raise Refused(f"{self._where()} answered {status.prettyPrint()} at {at}")
        return {tuple(oid): snmp.plain(value) for oid, value in varbinds}

    def _failed(self, failure: Any) -> Exception:
        """Say what is wrong in words that name the remedy."""
        if isinstance(failure, errind.WrongDigest | errind.AuthenticationFailure | errind.AuthenticationError):
            return Refused(f"{self._where()} does not accept the authentication key of user {self._name}")
        if isinstance(failure, errind.UnknownUserName | errind.UnknownSecurityName):
            return Refused(f"{self._where()} knows no user {self._name}")
        if isinstance(failure, errind.DecryptionError | errind.EncryptionError):
            return Refused(f"{self._where()} does not accept the privacy key of user {self._name}")
        if isinstance(failure, _AWAY):
            return Unavailable(f"{self._where()} did not answer within {self._timeout_s:g} s")
        return Refused(f"{self._where()} refused: {failure}")

    def _where(self) -> str:
        return f"controller {self._host}:{self._port}"
