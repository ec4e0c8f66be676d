"""SNMP v1 and v2c messages: from questions to bytes, and from whatever came back to an answer.

Sources: RFC 1157 section 4.1 (v1, error-status 1 to 5), RFC 3416 sections 3 and 4.2 (v2c, error-status to 18 and the
exceptions noSuchObject, noSuchInstance, endOfMibView). Of pysnmp the codec is used here and the engine is not, which
version 3 needs (`ntcip_v3.py`). Measured 2026-11-22 with ten objects a request: the engine's high-level API manages
about 100 requests/s and a core is full; the codec alone encodes in 1 ms and decodes in 2 ms. An own BER would be
quicker still, and would be the first place to look for every fault of every controller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.proto.api import v1, v2c
from pysnmp.proto.error import ProtocolError

from edge.sensors.ntcip_objects import Oid, Value

Version = Literal["1", "2c"]
_MODULES: dict[Version, Any] = {"1": v1, "2c": v2c}
_EXCEPTIONS = ("NoSuchObject", "NoSuchInstance", "EndOfMibView")
_ERRORS = (  # by number, RFC 3416 section 3
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
)
# pyasn1 meets hostile bytes with more than its own errors
_UNREADABLE = (PyAsn1Error, ProtocolError, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an agent said.

    Attributes:
        request: the number of the request it answers.
        error: `noError`, or what was wrong, by its name in the standard.
        at: the object that was wrong; None when the agent did not say.
        values: by object; None where the agent has no such object or gives a type that is neither number nor octets.
    """

    request: int
    error: str
    at: Oid | None
    values: dict[Oid, Value | None]


def encode_get(version: Version, community: str, request: int, oids: Sequence[Oid]) -> bytes:
    """Write a GetRequest."""
    return _encode(version, community, request, "GetRequestPDU", [(oid, univ.Null("")) for oid in oids])


def encode_set(version: Version, community: str, request: int, values: Sequence[tuple[Oid, int]]) -> bytes:
    """Write a SetRequest of integers."""
    return _encode(version, community, request, "SetRequestPDU", [(oid, univ.Integer(value)) for oid, value in values])


def decode(version: Version, datagram: bytes) -> Answer | None:
    """Read a response; None when it is none."""
    module = _MODULES[version]
    try:
        message, rest = decoder.decode(datagram, asn1Spec=module.Message())
        pdu = module.apiMessage.get_pdu(message)
        if rest or not isinstance(pdu, module.GetResponsePDU):
            return None
        return _answer(module, pdu)
    except _UNREADABLE:
        return None


def _encode(version: Version, community: str, request: int, kind: str, varbinds: list[tuple[Oid, Any]]) -> bytes:
    module = _MODULES[version]
    pdu = getattr(module, kind)()
    module.apiPDU.set_defaults(pdu)
    module.apiPDU.set_request_id(pdu, request)
    module.apiPDU.set_varbinds(pdu, varbinds)
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, community)
    module.apiMessage.set_pdu(message, pdu)
    written: bytes = encoder.encode(message)
    return written


def _answer(module: Any, pdu: Any) -> Answer:
    status = int(module.apiPDU.get_error_status(pdu))
    index = int(module.apiPDU.get_error_index(pdu, muteErrors=True))
    varbinds = [(tuple(oid), value) for oid, value in module.apiPDU.get_varbinds(pdu)]
    return Answer(
        request=int(module.apiPDU.get_request_id(pdu)),
        error=_ERRORS[status] if 0 <= status < len(_ERRORS) else f"error {status}",
        at=varbinds[index - 1][0] if 0 < index <= len(varbinds) else None,
        values={oid: plain(value) for oid, value in varbinds},
    )


def plain(value: Any) -> Value | None:
    """Give a value as a number or octets; None for what is absent or of another type."""
    if type(value).__name__ in _EXCEPTIONS:
        return None
    while isinstance(value, univ.Choice):
        value = value.getComponent()
    if isinstance(value, univ.Integer):
        return int(value)
    # pyasn1's Null is an OctetString
    return bytes(value) if isinstance(value, univ.OctetString) and not isinstance(value, univ.Null) else None
