"""What BMKG publishes: weather warnings (RSS, then CAP) and earthquakes (JSON). Pure: bytes in, facts out.

Source: BMKG, "Data Peringatan Dini Cuaca Terbuka" and "Data Gempabumi Terbuka" (data.bmkg.go.id), read 2026-11-22: at
most 60 requests a minute; BMKG must be named as the source wherever its data is shown.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cloud.warning.errors import CapFault

ATTRIBUTION = "Sumber: BMKG (Badan Meteorologi, Klimatologi, dan Geofisika)"
EARTH_RADIUS_KM = 6_371.0088  # mean radius, IUGG
_MOST_ITEMS = 500
_FIRST_YEAR = 2000
_MOST_AHEAD = timedelta(minutes=5)
_DEEPEST_KM = 1_000.0  # none was ever deeper than about 750 km


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the list of warnings.

    Attributes:
        identifier: of the CAP message.
        link: where its document is.
    """

    identifier: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Earthquake:
    """An earthquake as BMKG tells of it."""

    id: str
    at: datetime
    magnitude: float
    depth_km: float
    latitude: float
    longitude: float
    place: str
    felt: str
    potential: str


def read_list(document: bytes) -> list[Item]:
    """Read the RSS list of warnings that are in force.

    Raises:
        CapFault: it is no RSS.
    """
    try:
        root: ET.Element = fromstring(document, forbid_dtd=True)
    except DefusedXmlException as error:
        raise CapFault("the list declares entities or a DTD, which it never needs: refused") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise CapFault(f"the list of warnings is not XML, or only a part of it: {error}") from error
    if root.tag != "rss":
        raise CapFault(f"the list of warnings is <{root.tag[:200]}>, not RSS: has its address changed?")
    entries = root.findall("channel/item")[:_MOST_ITEMS]
    items = [Item(_text(one, "guid") or _text(one, "link"), _text(one, "title"), _text(one, "link")) for one in entries]
    return [item for item in items if item.link]


def read_earthquakes(document: bytes, now: datetime) -> list[Earthquake]:
    """Read one earthquake (`autogempa.json`) or a list (`gempadirasakan.json`); what cannot be read is left out.

    Args:
        document: UTF-8 JSON.
        now: aware; what is told of later instants is left out.

    Raises:
        CapFault: nothing in it can be read.
    """
    try:
        told = json.loads(document)["Infogempa"]["gempa"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CapFault("there is no Infogempa.gempa in the answer: has its form changed?") from error
    rows = told if isinstance(told, list) else [told]
    found = [quake for row in rows[:_MOST_ITEMS] if isinstance(row, dict) and (quake := _earthquake(row, now))]
    if rows and not found:
        raise CapFault("no earthquake in the answer has time, place and magnitude: has its form changed?")
    return found


def distance_km(latitude: float, longitude: float, other: tuple[float, float]) -> float:
    """Give the way over the ground between two points in degrees (haversine)."""
    a, b = math.radians(latitude), math.radians(other[0])
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other[1] - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _text(parent: ET.Element, name: str) -> str:
    return (parent.findtext(name) or "").strip()


def _earthquake(row: dict[str, Any], now: datetime) -> Earthquake | None:
    texts = {name: _storable(value) for name, value in row.items() if isinstance(value, str)}
    numbers = [*_numbers(texts.get("Coordinates", "")), *_numbers(texts.get("Magnitude", ""))]
    depth_km = min([*_numbers(texts.get("Kedalaman", "")), 0.0][0], _DEEPEST_KM)
    try:
        at = datetime.fromisoformat(texts["DateTime"])
        latitude, longitude, magnitude = numbers
    except (KeyError, ValueError):
        return None
    if at.tzinfo is None or at.year < _FIRST_YEAR or at > now + _MOST_AHEAD:
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or not 0 <= magnitude <= 10:  # noqa: PLR2004 - degrees; the scale
        return None
    identity = f"{at.isoformat()}_{latitude:.2f}_{longitude:.2f}"
    place, felt, potential = (texts.get(name, "")[:500] for name in ("Wilayah", "Dirasakan", "Potensi"))
    return Earthquake(identity, at, magnitude, depth_km, latitude, longitude, place, felt, potential)


def _storable(text: str) -> str:
    """Free a text of what no UTF-8 and no database can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()


def _numbers(text: str) -> Iterator[float]:
    """Give the numbers of a text such as `-6.89,109.67`, `10 km`, `5.4`."""
    return (float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", text))
