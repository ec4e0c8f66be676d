"""CAP messages as XML. Read with defusedxml: a document from outside may name no entity and no other document."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import ValidationError

from cloud.warning.cap import NAMESPACE, Alert, Area, Info, Named, Point, Ring, write_instant
from cloud.warning.errors import CapFault

# A warning over a whole province in districts' outlines has about a megabyte.
MAX_BYTES = 4_194_304

_FAMILY = "urn:oasis:names:tc:emergency:cap:"
_ALERT_TEXTS = {
    "identifier": "identifier",
    "sender": "sender",
    "sent": "sent",
    "status": "status",
    "msgType": "message_type",
    "scope": "scope",
    "source": "source",
    "restriction": "restriction",
    "addresses": "addresses",
    "note": "note",
    "incidents": "incidents",
}
_INFO_TEXTS = {
    "language": "language",
    "event": "event",
    "urgency": "urgency",
    "severity": "severity",
    "certainty": "certainty",
    "effective": "effective",
    "onset": "onset",
    "expires": "expires",
    "senderName": "sender_name",
    "headline": "headline",
    "description": "description",
    "instruction": "instruction",
    "web": "web",
    "contact": "contact",
}
_REFERENCE = ("sender", "identifier", "sent")
_AFTER_EXPIRES = ("senderName", "headline", "description", "instruction", "web", "contact")


def read_alert(document: bytes) -> Alert:
    """Read a CAP 1.2 message.

    Raises:
        CapFault: it is none, or of another version, or larger than `MAX_BYTES`.
    """
    if len(document) > MAX_BYTES:
        raise CapFault(f"the document has {len(document)} bytes; a warning has at most {MAX_BYTES}")
    root = _parse(document)
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise CapFault(_other(root.tag))
    try:
        return Alert.model_validate(_alert(root))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "alert"
        raise CapFault(f"{where}: {first['msg']}") from error


def write_alert(alert: Alert) -> bytes:
    """Write a message as an XML document in UTF-8, its elements in the order of the schema."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}alert")
    for name in ("identifier", "sender", "sent", "status"):
        _put(root, name, getattr(alert, _ALERT_TEXTS[name]))
    _put(root, "msgType", alert.message_type)
    _put(root, "source", alert.source)
    _put(root, "scope", alert.scope)
    _put(root, "restriction", alert.restriction)
    _put(root, "addresses", alert.addresses)
    for code in alert.codes:
        _put(root, "code", code)
    _put(root, "note", alert.note)
    told = (f"{one.sender},{one.identifier},{write_instant(one.sent)}" for one in alert.references)
    _put(root, "references", " ".join(told))
    _put(root, "incidents", alert.incidents)
    for info in alert.infos:
        _put_info(root, info)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _parse(document: bytes) -> ET.Element:
    try:
        root: ET.Element = fromstring(document, forbid_dtd=True)
    except DefusedXmlException as error:
        raise CapFault("the document declares entities or a DTD, which a warning never needs: refused") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise CapFault(f"this is not XML, or only a part of it: {error}") from error
    return root


def _other(tag: str) -> str:
    if tag.startswith(f"{{{_FAMILY}"):
        version = tag.removeprefix(f"{{{_FAMILY}").split("}", 1)[0]
        return f"this is CAP {version}; only 1.2 is read: ask the sender for CAP 1.2"
    return f"the document's element is <{tag[:200]}>, not <alert> of CAP 1.2"


def _text(parent: ET.Element, name: str) -> str | None:
    found = parent.find(f"{{{NAMESPACE}}}{name}")
    return None if found is None else (found.text or "").strip()


def _all(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in parent if child.tag == f"{{{NAMESPACE}}}{name}")


def _texts(parent: ET.Element, names: dict[str, str]) -> dict[str, Any]:
    """Take what is there and says something: an empty element is one that is left out."""
    found = {field: _text(parent, name) for name, field in names.items()}
    return {field: text for field, text in found.items() if text}


def _list(parent: ET.Element, name: str) -> list[str]:
    return [text for child in _all(parent, name) if (text := (child.text or "").strip())]


def _alert(root: ET.Element) -> dict[str, Any]:
    references = [_reference(told) for told in (_text(root, "references") or "").split()]
    infos = [_info(child) for child in _all(root, "info")]
    return {**_texts(root, _ALERT_TEXTS), "codes": _list(root, "code"), "references": references, "infos": infos}


def _reference(told: str) -> dict[str, str]:
    parts = told.split(",")
    if len(parts) != len(_REFERENCE):
        raise CapFault(f"references: {told[:200]!r} is not sender,identifier,sent")
    return dict(zip(_REFERENCE, parts, strict=True))


def _info(part: ET.Element) -> dict[str, Any]:
    return {
        **_texts(part, _INFO_TEXTS),
        "categories": _list(part, "category"),
        "responses": _list(part, "responseType"),
        "event_codes": _named(part, "eventCode"),
        "parameters": _named(part, "parameter"),
        "areas": [_area(child) for child in _all(part, "area")],
    }


def _area(part: ET.Element) -> dict[str, Any]:
    return {
        "description": _text(part, "areaDesc"),
        "polygons": [_ring(text) for text in _list(part, "polygon")],
        "circles": [_circle(text) for text in _list(part, "circle")],
        "geocodes": _named(part, "geocode"),
    }


def _named(part: ET.Element, name: str) -> list[dict[str, Any]]:
    return [{"name": _text(child, "valueName"), "value": _text(child, "value")} for child in _all(part, name)]


def _ring(text: str) -> list[list[str]]:
    return [pair.split(",") for pair in text.split()]


def _circle(text: str) -> dict[str, Any]:
    centre, _, radius = text.partition(" ")
    return {"centre": centre.split(","), "radius_km": radius}


def _put(parent: ET.Element, name: str, value: str | datetime) -> None:
    if value:
        written = value if isinstance(value, str) else write_instant(value)
        ET.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = written


def _put_info(root: ET.Element, info: Info) -> None:
    part = ET.SubElement(root, f"{{{NAMESPACE}}}info")
    _put(part, "language", info.language)
    for category in info.categories:
        _put(part, "category", category)
    _put(part, "event", info.event)
    for response in info.responses:
        _put(part, "responseType", response)
    for name in ("urgency", "severity", "certainty"):
        _put(part, name, getattr(info, name))
    _put_named(part, "eventCode", info.event_codes)
    for name in ("effective", "onset", "expires", *_AFTER_EXPIRES):
        value = getattr(info, _INFO_TEXTS[name])
        if value is not None:
            _put(part, name, value)
    _put_named(part, "parameter", info.parameters)
    for area in info.areas:
        _put_area(part, area)


def _put_named(parent: ET.Element, name: str, values: tuple[Named, ...]) -> None:
    for value in values:
        part = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        _put(part, "valueName", value.name)
        _put(part, "value", value.value)


def _put_area(parent: ET.Element, area: Area) -> None:
    part = ET.SubElement(parent, f"{{{NAMESPACE}}}area")
    _put(part, "areaDesc", area.description)
    for ring in area.polygons:
        _put(part, "polygon", _write_ring(ring))
    for circle in area.circles:
        _put(part, "circle", f"{_write_point(circle.centre)} {circle.radius_km:.3f}")
    _put_named(part, "geocode", area.geocodes)


def _write_ring(ring: Ring) -> str:
    return " ".join(_write_point(point) for point in ring)


def _write_point(point: Point) -> str:
    """Write a point with about ten centimetres."""
    return f"{point[0]:.6f},{point[1]:.6f}"
