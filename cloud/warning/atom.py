"""Our own warnings as an Atom feed: one for what is real, one for exercises, one for tests.

Source: RFC 4287 (Atom); OASIS "CAP Feeds Version 1.0" committee note: an entry for each message, newest first, with a
link to the document as `application/cap+xml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from cloud.warning.cap import MEDIA_TYPE, Status, write_instant

ATOM = "http://www.w3.org/2005/Atom"
FEED_MEDIA_TYPE = "application/atom+xml"
_TITLES = {
    "Actual": "Peringatan dini",
    "Exercise": "LATIHAN, bukan kejadian nyata / EXERCISE, not real",
    "Test": "UJI COBA, abaikan / TEST, ignore",
}

_NEVER = datetime.fromisoformat("2026-01-01T00:00:00+07:00")  # Atom wants an instant even of an empty feed


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of ours."""

    id: UUID
    identifier: str
    sent_at: datetime
    message_type: str
    headline_id: str
    headline_en: str
    description_id: str
    area: str
    expires_at: datetime | None


def write_feed(entries: Sequence[Entry], status: Status, sender: str, sender_name: str, base_url: str) -> bytes:
    """Write a feed.

    Args:
        entries: newest first.
        status: of all of them.
        sender: our name as a sender of CAP.
        sender_name: the same for people.
        base_url: of the folder of this feed, with a slash at its end.
    """
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "id"})
    own = f"{base_url}{status.lower()}.atom"
    _put(root, "id", own)
    _put(root, "title", f"{_TITLES[status]} - {sender_name}")
    _put(root, "updated", write_instant(entries[0].sent_at if entries else _NEVER))
    author = ET.SubElement(root, f"{{{ATOM}}}author")
    _put(author, "name", sender_name)
    _put(author, "email", sender)
    _link(root, "self", own, FEED_MEDIA_TYPE)
    for entry in entries:
        _put_entry(root, entry, status, base_url)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _put_entry(root: ET.Element, entry: Entry, status: str, base_url: str) -> None:
    part = ET.SubElement(root, f"{{{ATOM}}}entry")
    _put(part, "id", f"urn:uuid:{entry.id}")
    mark = "" if status == "Actual" else f"[{status.upper()}] "
    over = "DIBATALKAN: " if entry.message_type == "Cancel" else ""
    _put(part, "title", f"{mark}{over}{entry.headline_id}")
    _put(part, "updated", write_instant(entry.sent_at))
    _put(part, "published", write_instant(entry.sent_at))
    ET.SubElement(part, f"{{{ATOM}}}category", {"term": entry.message_type})
    _link(part, "alternate", f"{base_url}{entry.id}.xml", MEDIA_TYPE)
    _put(part, "summary", " ".join(filter(None, [entry.area + ":" if entry.area else "", entry.description_id])))


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: ET.Element, relation: str, url: str, kind: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}link", {"rel": relation, "href": url, "type": kind})
