"""What the room is told of others' warnings: entries in the inbox of operations, in the transaction of their cause."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.connection import Connection
from cloud.db.queries import load
from cloud.warning.bmkg import Earthquake

# An earthquake that people here may have felt; a weaker or farther one is on the wall, and no work for the room.
FELT_MAGNITUDE, FELT_KM = 4.5, 150.0
OLDEST_S = 6 * 3_600
_SEVERITIES = {"Extreme": "critical", "Severe": "critical", "Moderate": "major", "Minor": "minor"}


def tell_warning(connection: Connection, row: dict[str, Any], first: str) -> None:
    """Tell that a warning has come; exercises and tests of others are no work for the room.

    Args:
        connection: in the transaction that keeps it.
        row: the message.
        first: identifier of the first message of the same matter: all of them are one incident.
    """
    if row["status"] != "Actual" or row["message_type"] not in {"Alert", "Update"}:
        return
    content = {
        "kind": "weather_warning",
        "at": row["sent_at"].isoformat(),
        "subject": first[:120],
        "severity": _SEVERITIES.get(row["severity"] or "", "minor"),
        "text_id": f"BMKG: {row['description_id'] or row['headline_id']}"[:500],
        "text_en": f"BMKG: {row['description_en'] or row['headline_en'] or row['headline_id']}"[:500],
    }
    _tell(connection, f"warning:{row['id']}", content)


def tell_over(connection: Connection) -> None:
    """Tell of the warnings that are over since the last look."""
    with connection.transaction():
        for identity, headline_id, headline_en in connection.execute(load("warnings")["over"]).fetchall():
            content = {
                "kind": "weather_warning",
                "at": datetime.now(UTC).isoformat(),
                "text_id": f"Berakhir: {headline_id}"[:500],
                "text_en": f"Over: {headline_en or headline_id}"[:500],
                "begun": _ref(identity),
            }
            _tell(connection, f"{_ref(identity)}/end", content)


def tell_earthquake(connection: Connection, quake: Earthquake, distance_km: float | None) -> None:
    """Tell of an earthquake that people here may have felt, if it is not long ago."""
    is_near = quake.magnitude >= FELT_MAGNITUDE and distance_km is not None and distance_km <= FELT_KM
    is_felt = "pasuruan" in quake.felt.lower()
    if not (is_near or is_felt) or (datetime.now(UTC) - quake.at).total_seconds() > OLDEST_S:
        return
    away = f"{distance_km:.0f} km" if distance_km is not None else "?"
    told = f"M {quake.magnitude:.1f}, {quake.place}, {quake.depth_km:.0f} km"
    content = {
        "kind": "earthquake",
        "at": quake.at.isoformat(),
        "subject": quake.id[:120],
        "text_id": f"BMKG: gempa {told} ({away} dari sini). Dirasakan: {quake.felt or '-'}"[:500],
        "text_en": f"BMKG: earthquake {told} deep ({away} from here). Felt: {quake.felt or '-'}"[:500],
    }
    _tell(connection, f"earthquake:{quake.id}", content)


def _ref(identity: UUID) -> str:
    return f"warning:{identity}"


def _tell(connection: Connection, ref: str, content: dict[str, Any]) -> None:
    connection.execute(load("warnings")["tell_room"], {"ref": ref, "content": Jsonb(content)})
