"""What codes of the API are called by people, as keys of the catalogues."""


def _(text: str) -> str:
    """Mark a sentence for the catalogues."""
    return text


NAMES = {
    "role": {
        "crew": _("Crew"),
        "viewer": _("Viewer"),
        "module_owner": _("Owner of a service"),
        "operator": _("Operator"),
        "head_of_shift": _("Head of shift"),
        "admin": _("Administrator"),
    },
    "agency": {
        "transport": _("Transport"),
        "disaster": _("Disaster management"),
        "public_order": _("Public order"),
        "health": _("Health"),
        "112": _("112 emergency line"),
        "platform": _("Platform"),
    },
    "state": {
        "open": _("open"),
        "acknowledged": _("acknowledged"),
        "dispatched": _("crew on its way"),
        "on_site": _("crew on site"),
        "resolved": _("to be verified"),
        "closed": _("closed"),
        "cancelled": _("cancelled"),
        "merged": _("merged"),
    },
    "step": {
        "opened": _("Noticed"),
        "acknowledged": _("Acknowledged"),
        "dispatched": _("Crew sent"),
        "on_site": _("On site"),
        "resolved": _("Resolved"),
        "closed": _("Verified"),
        "cancelled": _("Cancelled"),
        "merged": _("Merged"),
    },
    "clock": {
        "acknowledge": _("to acknowledge"),
        "arrive": _("to arrive"),
        "resolve": _("to resolve"),
        "verify": _("to verify"),
    },
    "severity": {"info": _("information"), "minor": _("minor"), "major": _("major"), "critical": _("critical")},
    "act": {
        "opened": _("noticed it"),
        "folded": _("noticed it again"),
        "raised": _("raised its priority"),
        "condition_ended": _("no longer sees it"),
        "closed_itself": _("closed it: it ended by itself"),
        "escalated": _("escalated it"),
        "acknowledged": _("acknowledged it"),
        "taken_over": _("took it over"),
        "dispatched": _("sent a crew"),
        "recalled": _("called a crew back"),
        "accepted": _("accepted"),
        "declined": _("declined"),
        "on_way": _("is on the way"),
        "arrived": _("arrived"),
        "photographed": _("took a picture"),
        "done": _("is done"),
        "resolved": _("resolved it"),
        "verified": _("verified that it is over"),
        "reopened": _("reopened it"),
        "cancelled": _("cancelled it"),
        "merged": _("merged it"),
        "noted": _("noted"),
    },
    "skill": {
        "tree": _("trees"),
        "flood": _("floods"),
        "medical": _("first aid"),
        "patrol": _("patrol"),
        "electric": _("electricity"),
        "signal": _("traffic signals"),
        "network": _("networks"),
        "fire": _("fire"),
    },
}


def find_name(kind: str, code: str) -> str:
    """Find what a code is called; one that is new here is shown as it is."""
    return NAMES[kind].get(code, code.replace("_", " "))
