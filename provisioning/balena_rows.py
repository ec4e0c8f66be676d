"""Reads balena's rows into what provisioning compares: pure functions, without the SDK."""

from typing import Any

from provisioning.actual import Device
from provisioning.fields import APPLIED_TAG, LOCATION_TAG, QUARANTINE_TAG, read_note
from provisioning.target import write_location

PLACE = ("custom_latitude", "custom_longitude")
"""Fields of a device at balenaCloud; an openBalena has none of them, and a tag of ours stands for them."""


def read_device(row: dict[str, Any]) -> Device:
    """Read a device with everything that was expanded."""
    tags = read_pairs(row["device_tag"], "tag_key")
    note, quarantined_on = tags.pop(APPLIED_TAG, None), tags.pop(QUARANTINE_TAG, "")
    location = _location(row) or tags.pop(LOCATION_TAG, "")
    fields = {"name": row["device_name"] or "", "location": location}
    fields["release"] = next((release["commit"] for release in row["is_pinned_on__release"]), "")
    fields |= {f"tag:{name}": value for name, value in tags.items()}
    fields |= {f"variable:{name}": value for name, value in read_pairs(row["device_environment_variable"]).items()}
    for install in row["service_install"]:
        service = install["installs__service"][0]["service_name"]
        variables = read_pairs(install["device_service_environment_variable"])
        fields |= {f"service:{service}:{name}": value for name, value in variables.items()}
    return Device(row["id"], row["uuid"], fields, read_note(note), quarantined_on, bool(row["is_online"]))


def _location(row: dict[str, Any]) -> str:
    try:
        return write_location(*(float(row[name]) for name in PLACE))
    except (KeyError, TypeError, ValueError):  # none is set, or none can be
        return ""


def read_pairs(rows: list[dict[str, Any]], name: str = "name") -> dict[str, str]:
    """Read names with their values."""
    return {row[name]: str(row["value"]) for row in rows}
