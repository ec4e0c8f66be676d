"""What a simulated BMKG publishes, as the bytes of its documents. Pure: warnings and earthquakes in, documents out.

Source: BMKG, "Data Peringatan Dini Cuaca Terbuka" and "Data Gempabumi Terbuka" (data.bmkg.go.id): an RSS list per
language, a CAP 1.2 document per warning and language, JSON for earthquakes. The words are ours.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from xml.sax.saxutils import escape

WIB = timezone(timedelta(hours=7), "WIB")
SENDER = "cuaca.ekstrem@bmkg.go.id"
_CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_NAMES = {
    "id": "Badan Meteorologi Klimatologi dan Geofisika",
    "en": "Agency for Meteorology Climatology and Geophysics",
}
_EVENTS = {"id": "Hujan Lebat dan Petir", "en": "Heavy Rain and Lightning"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


@dataclass(frozen=True, slots=True)
class Weather:
    """A warning of heavy rain.

    Attributes:
        code: of its document: three letters of the province, the day, a number.
        polygon: (latitude, longitude), the last the first again.
        places: districts that are named.
    """

    code: str
    province_id: str
    province_en: str
    places: tuple[str, ...]
    polygon: tuple[tuple[float, float], ...]
    sent_at: datetime
    ends_at: datetime

    @property
    def identifier(self) -> str:
        """An identifier as the World Meteorological Organization's members have: 2.49.0.1.360 is Indonesia."""
        return f"2.49.0.1.360.0.{self.sent_at.astimezone(UTC):%Y.%m.%d.%H.%M}.{self.code[-3:]}"

    def province(self, language: str) -> str:
        """Name the province."""
        return self.province_id if language == "id" else self.province_en


@dataclass(frozen=True, slots=True)
class Quake:
    """An earthquake."""

    at: datetime
    latitude: float
    longitude: float
    magnitude: float
    depth_km: int
    place: str
    felt: str = ""


def write_list(warnings: Sequence[Weather], language: str, base_url: str, built_at: datetime) -> bytes:
    """Write the RSS list of warnings in force."""
    items = "".join(_item(one, language, base_url) for one in warnings)
    title = {"id": "Peringatan Dini Cuaca", "en": "Weather Early Warning"}[language]
    head = (
        f"<title>{title} (simulasi)</title><link>{base_url}/alerts/nowcast/{language}</link>"
        f"<description>{title}</description><language>{language}</language>"
        f"<lastBuildDate>{format_datetime(built_at.astimezone(UTC))}</lastBuildDate>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{head}{items}</channel></rss>\n'.encode()
    )


def write_warning(one: Weather, language: str) -> bytes:
    """Write the CAP document of a warning in one language."""
    ring = " ".join(f"{latitude:.2f},{longitude:.2f}" for latitude, longitude in one.polygon)
    fields = {
        "language": language,
        "category": "Met",
        "event": _EVENTS[language],
        "urgency": "Expected",
        "severity": "Moderate",
        "certainty": "Likely",
        "effective": _instant(one.sent_at),
        "expires": _instant(one.ends_at),
        "senderName": _NAMES[language],
        "headline": _headline(one, language),
        "description": _describe(one, language),
        "web": "https://nowcasting.bmkg.go.id/",
    }
    info = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    area = f"<area><areaDesc>{escape(one.province(language))}</areaDesc><polygon>{ring}</polygon></area>"
    head = (
        f"<identifier>{one.identifier}</identifier><sender>{SENDER}</sender><sent>{_instant(one.sent_at)}</sent>"
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
    )
    body = f'<alert xmlns="{_CAP}">{head}<info>{info}{area}</info></alert>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def write_quake(one: Quake) -> bytes:
    """Write `autogempa.json`: the newest earthquake."""
    return json.dumps({"Infogempa": {"gempa": _row(one) | {"Shakemap": ""}}}).encode()


def write_felt(quakes: Sequence[Quake]) -> bytes:
    """Write `gempadirasakan.json`: those that were felt."""
    return json.dumps({"Infogempa": {"gempa": [_row(one) for one in quakes if one.felt]}}).encode()


def _item(one: Weather, language: str, base_url: str) -> str:
    link = f"{base_url}/alerts/nowcast/{language}/{one.code}_alert.xml"
    return (
        f"<item><title>{escape(_headline(one, language))}</title><link>{link}</link>"
        f"<description>{escape(_describe(one, language))}</description><author>{SENDER} (BMKG)</author>"
        f'<category>Met</category><guid isPermaLink="false">{one.identifier}</guid>'
        f"<pubDate>{format_datetime(one.sent_at.astimezone(WIB))}</pubDate></item>"
    )


def _headline(one: Weather, language: str) -> str:
    join = {"id": "di", "en": "in"}[language]
    return f"{_EVENTS[language]} {join} {one.province(language)}"


def _describe(one: Weather, language: str) -> str:
    until = f"{one.ends_at.astimezone(WIB):%H:%M} WIB"
    places = ", ".join(one.places)
    if language == "id":
        return f"Simulasi: hujan lebat diperkirakan di {places}, hingga pukul {until}."
    return f"Simulation: heavy rain is expected in {places}, until {until}."


def _instant(at: datetime) -> str:
    return at.astimezone(WIB).replace(microsecond=0).isoformat()


def _row(one: Quake) -> dict[str, str]:
    local = one.at.astimezone(WIB)
    north, east = ("LS" if one.latitude < 0 else "LU"), ("BB" if one.longitude < 0 else "BT")
    return {
        "Tanggal": f"{local.day:02d} {_MONTHS[local.month - 1]} {local.year}",
        "Jam": f"{local:%H:%M:%S} WIB",
        "DateTime": one.at.astimezone(UTC).replace(microsecond=0).isoformat(),
        "Coordinates": f"{one.latitude:.2f},{one.longitude:.2f}",
        "Lintang": f"{abs(one.latitude):.2f} {north}",
        "Bujur": f"{abs(one.longitude):.2f} {east}",
        "Magnitude": f"{one.magnitude:.1f}",
        "Kedalaman": f"{one.depth_km} km",
        "Wilayah": one.place,
        "Potensi": "Tidak berpotensi tsunami",
        "Dirasakan": one.felt,
    }
