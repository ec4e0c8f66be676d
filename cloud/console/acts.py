"""What people do about incidents: which right each act needs, and what the API is told."""

from collections.abc import Mapping
from typing import Any

from cloud.console.typed import read_whole

# Acts by their names in the API, with the right that each needs; the API judges again.
RIGHTS = {
    "acknowledge": "incident.acknowledge",
    "take-over": "incident.acknowledge",
    "dispatch": "incident.dispatch",
    "resolve": "incident.resolve",
    "verify": "incident.verify",
    "reopen": "incident.verify",
    "cancel": "incident.cancel",
    "merge": "incident.merge",
    "unmerge": "incident.merge",
    "note": "incident.acknowledge",
}
_FIELDS = ("text", "crew", "into")


def find_acts(incident: Mapping[str, Any], rights: list[str]) -> list[str]:
    """List what somebody may do about an incident as it is; a note can always be written."""
    return [act for act in (*incident["may"], "note") if RIGHTS.get(act) in rights]


def make_body(act: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Make what the API is told.

    Args:
        act: which. A note holds whatever else has happened; the others name the version that they were filled from.
        form: as it was filled in; its `act_id` was made with it, so that what is sent twice is done once.
    """
    body: dict[str, Any] = {name: form[name].strip() for name in _FIELDS if name in form}
    if form.get("act_id"):
        body["act_id"] = form["act_id"]
    version = read_whole(form.get("version", ""))
    if act != "note" and version is not None:
        body["version"] = version
    return body
