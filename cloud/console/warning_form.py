"""The form of a warning: what the API is told of it, and how one that is in force fills it for a change."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from shapely import MultiPoint

from cloud.console.typed import read_figure

# So far around its outermost places a district is warned: about 2 km.
AROUND_DEGREES = 0.018
LEAST_KM, MOST_KM = 0.5, 50.0
MOST_POLYGONS = 50  # the API's
MOST_CHARACTERS = 500  # of a headline
MOST_LATITUDE, MOST_LONGITUDE = 90, 180
_TEXTS = ("event", "headline", "description", "instruction")
_CHOICES = ("status", "urgency", "severity", "certainty")


class BadRadius(ValueError):
    """A place was chosen, and not how far around it: without, the warning would be drawn nowhere."""


class BadOutline(ValueError):
    """A line of an outline is no corner.

    Attributes:
        line: which, from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not latitude, longitude")
        self.line = line


def make_warning(form: Mapping[str, str], districts: Iterable[list[list[float]]] = ()) -> dict[str, Any]:
    """Make what the API is told from the form; what is missing it names itself.

    Args:
        form: as it was filled in.
        districts: outlines of those that were chosen.

    Raises:
        BadOutline: a line of the outline is no corner.
        BadRadius: a place was chosen, and not how far around it.
    """
    outline = find_outline(form.get("outline", ""))
    texts = {name: _both(form, name) for name in ("event", "headline", "description", "area")}
    instruction = _both(form, "instruction")
    hours = form.get("hours", "")
    return {
        **texts,
        **({"instruction": instruction} if any(instruction.values()) else {}),
        **{name: form.get(name, "") for name in ("status", "urgency", "severity", "certainty")},
        "responses": [form["response"]] if form.get("response") else [],
        "expires_in_s": (read_figure(hours) or 0) * 3_600,
        "circles": _around(form),
        "polygons": [ring for ring in (outline, *districts, *_kept(form)) if ring],
        "reason": form.get("reason", ""),
        "request_id": form.get("request_id") or str(uuid4()),
    }


def make_cancellation(known: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Make the cancellation of a warning from what it said."""
    reason = form.get("reason", "")
    return {
        **{name: known[name] for name in ("status", "urgency", "severity", "certainty")},
        "event": {"id": known["event_id"], "en": known["event_en"]},
        "headline": {
            "id": f"Dibatalkan: {known['headline_id']}"[:MOST_CHARACTERS],
            "en": f"Cancelled: {known['headline_en']}"[:MOST_CHARACTERS],
        },
        "description": {"id": f"Dibatalkan: {reason}", "en": f"Cancelled: {reason}"},
        "responses": ["AllClear"],
        "area": {"id": known["area"] or "-", "en": known["area"] or "-"},
        # Whoever hears by area must hear the end, too.
        "polygons": [polygon[0] for polygon in (known["geometry"] or {}).get("coordinates", [])][:MOST_POLYGONS],
        "expires_in_s": 3_600,
        "reason": reason,
        "request_id": form.get("request_id") or str(uuid4()),
    }


def _both(form: Mapping[str, str], name: str) -> dict[str, str]:
    return {language: form.get(f"{name}_{language}", "").strip() for language in ("id", "en")}


def _around(form: Mapping[str, str]) -> list[dict[str, float]]:
    """Read `latitude,longitude` of the chosen place, and the kilometres around it."""
    if not form.get("place"):
        return []
    latitude, longitude = (read_figure(part) for part in form["place"].partition(",")[::2])
    radius_km = read_figure(form.get("radius_km", ""))
    if latitude is None or longitude is None or radius_km is None or not LEAST_KM <= radius_km <= MOST_KM:
        raise BadRadius
    return [{"latitude": latitude, "longitude": longitude, "radius_km": radius_km}]


def _kept(form: Mapping[str, str]) -> list[list[list[float]]]:
    """Read the further outlines of a warning that is changed, as `fill_form` gave them to the form."""
    try:
        rings = json.loads(form.get("kept") or "[]")
    except (ValueError, RecursionError) as error:
        raise BadOutline(1) from error
    return list(rings) if isinstance(rings, list) else []


def find_outline(text: str) -> list[list[float]]:
    """Read `latitude, longitude` a line as a ring of (longitude, latitude) that ends where it begins.

    Args:
        text: as it was typed or drawn; empty: nothing is drawn.

    Raises:
        BadOutline: a line is something else.
    """
    ring = [_read_corner(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return [*ring, ring[0]] if ring and ring[0] != ring[-1] else ring


def _read_corner(number: int, line: str) -> list[float]:
    parts = line.replace(";", " ").replace(",", " ").split()
    try:
        latitude, longitude = map(float, parts)
    except ValueError as error:
        raise BadOutline(number) from error
    if not (abs(latitude) <= MOST_LATITUDE and abs(longitude) <= MOST_LONGITUDE):
        raise BadOutline(number)
    return [longitude, latitude]


def find_districts(sites: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the districts that have places of ours on the map."""
    return sorted({site["district"] for site in sites if site["district"] and site["latitude"] is not None})


def draw_district(name: str, sites: Iterable[Mapping[str, Any]]) -> list[list[float]]:
    """Draw a district as far as our places in it reach: the hull of these, and a little around it."""
    points = [
        (site["longitude"], site["latitude"])
        for site in sites
        if site["district"] == name and site["latitude"] is not None
    ]
    hull = MultiPoint(points).convex_hull.buffer(AROUND_DEGREES, quad_segs=2)
    return [[round(x, 5), round(y, 5)] for x, y in hull.exterior.coords] if points else []


def fill_form(known: Mapping[str, Any], *, hours: str) -> dict[str, str]:
    """Fill the form from a warning that is in force, for a change of it."""
    form = {f"{name}_{language}": str(known[f"{name}_{language}"]) for name in _TEXTS for language in ("id", "en")}
    form |= {name: str(known[name] or "") for name in _CHOICES}
    form |= {"area_id": known["area"], "area_en": known["area"], "hours": hours, "place": ""}
    polygons = (known["geometry"] or {}).get("coordinates") or [[[]]]
    corners = [f"{latitude:.5f}, {longitude:.5f}" for longitude, latitude in polygons[0][0][:-1]]
    further = [polygon[0] for polygon in polygons[1:]]
    return form | {"outline": "\n".join(corners), "kept": json.dumps(further) if further else ""}
