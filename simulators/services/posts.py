"""The disaster agency's posts, which push what they have with their module's token."""

import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

import structlog

from simulators.services.chance import chance
from simulators.services.places import DISTRICTS, FLOOD_PRONE

_TIMEOUT_S = 10.0
_WET = 0.93  # of a day and district: the chance that no post is open

log = structlog.get_logger()


def posts(now: datetime) -> list[dict[str, Any]]:
    """Give what each district's posts have now.

    Args:
        now: aware, in the regency's time.
    """
    names = {district.name: district.code for district in DISTRICTS}
    return [_of(names[name], name, now) for name in FLOOD_PRONE]


def _of(code: str, name: str, now: datetime) -> dict[str, Any]:
    is_wet = chance("basah", code, now.date()) > _WET
    people = round(40 + 160 * chance("orang", code, now.date(), now.hour)) if is_wet else 0
    return {
        "kecamatan": name,
        "posko_buka": 1 + round(chance("posko", code, now.date()) * 2) if is_wet else 0,
        "pengungsi": people,
        "tempat_kosong": 400 - people,
        "perahu": 2 + round(3 * chance("perahu", code)),
        "pada": now.isoformat(timespec="seconds"),
    }


def push(url: str, token: str, now: datetime) -> bool:
    """Send it; False when nobody takes it, which is tried again with the next."""
    request = urllib.request.Request(  # noqa: S310 - the address is this stack's own API
        url,
        json.dumps(posts(now)).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - see above
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError) as error:
        log.warning("push_failed", error=str(error))
        return False
