"""A CAP message as a row of the database: what is looked for, in two languages, beside the document itself."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from psycopg.types.json import Jsonb
from shapely import MultiPolygon, Point, Polygon, affinity
from shapely.geometry import mapping

from cloud.signals.identity import new_id
from cloud.warning.cap import Alert, Circle, Info

Source = Literal["regency", "bmkg"]
_SAID = ("event", "headline", "description", "instruction")
# GeoJSON with the warned districts of a province, in districts' outlines, goes to every map: no more than it can draw.
_DRAWN_POINTS = 5_000
_KM_PER_DEGREE = 111.195  # of a great circle; mean radius of the earth, IUGG
_COARSE_DEGREES = 0.002  # about 200 m


def make_row(alert: Alert, document: bytes, source: Source, **more: Any) -> dict[str, Any]:
    """Make the parameters of `add_warning`.

    Args:
        alert: the message.
        document: its XML.
        source: whose it is.
        more: `account`, `reason`, `request_id` of our own.
    """
    said_id, said_en = alert.info_in("id"), alert.info_in("en")
    first = said_id or said_en or (alert.infos[0] if alert.infos else None)
    head: dict[str, Any] = {"id": new_id(), "source": source, "sender": alert.sender, "identifier": alert.identifier}
    head |= {"sent_at": alert.sent, "status": alert.status, "message_type": alert.message_type, "scope": alert.scope}
    texts = _texts("id", said_id) | _texts("en", said_en)
    ours = {"account": None, "reason": None, "request_id": None} | more
    return head | texts | _figures(first) | ours | {"document": document}


def geometry_of(info: Info | None) -> Mapping[str, Any] | None:
    """Give what a message warns of as GeoJSON (RFC 7946: longitude first); None where it draws nothing."""
    rings = [ring for area in info.areas for ring in area.polygons] if info else []
    shapes = [Polygon([(longitude, latitude) for latitude, longitude in ring]) for ring in rings]
    shapes += (
        [draw_circle(circle) for area in info.areas for circle in area.circles if circle.radius_km] if info else []
    )
    if not shapes:
        return None
    drawn = MultiPolygon(shapes)
    if sum(len(ring) for ring in rings) > _DRAWN_POINTS:
        coarse = drawn.simplify(_COARSE_DEGREES)
        drawn = coarse if isinstance(coarse, MultiPolygon) else MultiPolygon([coarse])
    shown: Mapping[str, Any] = mapping(drawn)
    return shown


def draw_circle(circle: Circle) -> Polygon:
    """Draw a circle of kilometres on a map of degrees."""
    latitude, longitude = circle.centre
    round_degrees = Point(0, 0).buffer(circle.radius_km / _KM_PER_DEGREE)
    wide = affinity.scale(round_degrees, xfact=1 / max(0.01, math.cos(math.radians(latitude))), origin=(0, 0))
    drawn: Polygon = affinity.translate(wide, longitude, latitude)
    return drawn


def _texts(language: str, info: Info | None) -> dict[str, str]:
    return {f"{name}_{language}": getattr(info, name) if info else "" for name in _SAID}


def _figures(info: Info | None) -> dict[str, Any]:
    geometry = geometry_of(info)
    return {
        "severity": info.severity if info else None,
        "urgency": info.urgency if info else None,
        "certainty": info.certainty if info else None,
        "area": "; ".join(area.description for area in info.areas) if info else "",
        "geometry": Jsonb(geometry) if geometry else None,
        "web": info.web if info else "",
        "effective_at": info.effective if info else None,
        "onset_at": info.onset if info else None,
        "expires_at": info.expires if info else None,
    }
