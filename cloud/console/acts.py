"""What people do about incidents: which act, who may, in which states, and what the API is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done about an incident.

    Attributes:
        path: below /v1/incidents/{incident}/.
        right: what is needed, see the table role_right.
        states: in which it makes sense.
    """

    path: str
    right: str
    states: frozenset[str]


BEING_DONE = frozenset(("acknowledged", "dispatched", "on_site"))
NOT_OVER = BEING_DONE | {"open", "resolved"}
ACTS = {
    "acknowledge": Act("acknowledge", "incident.acknowledge", frozenset(("open",))),
    "take_over": Act("take-over", "incident.acknowledge", BEING_DONE),
    "dispatch": Act("dispatch", "incident.dispatch", BEING_DONE | {"open"}),
    "recall": Act("recall", "incident.dispatch", frozenset(("dispatched", "on_site"))),
    "resolve": Act("resolve", "incident.resolve", BEING_DONE),
    "verify": Act("verify", "incident.verify", frozenset(("resolved",))),
    "reopen": Act("reopen", "incident.verify", frozenset(("resolved", "closed"))),
    "cancel": Act("cancel", "incident.cancel", NOT_OVER),
    "merge": Act("merge", "incident.merge", NOT_OVER),
    "note": Act("note", "incident.acknowledge", NOT_OVER),
}
FIELDS = ("text", "reason", "note", "crew", "into")


def make_body(act: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Make what the API is told.

    Args:
        act: which.
        form: as it was filled in; `act_id` was made with the form, so that a form sent twice is done once.
    """
    body: dict[str, Any] = {name: form[name].strip() for name in FIELDS if form.get(name, "").strip()}
    return body | {"act_id": form.get("act_id") or str(uuid4())}


def find_acts(incident: Mapping[str, Any], rights: list[str]) -> list[str]:
    """List what somebody may do about an incident as it is."""
    return [name for name, act in ACTS.items() if incident["state"] in act.states and act.right in rights]
