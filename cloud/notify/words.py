"""What a message says. Pure: what is due in, a title and a text out; in Indonesian unless its way wants English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloud.said import WIB, tell

# A chat cuts what is longer; the console has the rest.
MOST_LINES = 15
_ACTIONS = {
    "opened": ("baru", "new"),
    "reopened": ("dibuka lagi", "reopened"),
    "raised": ("MEMBURUK", "WORSE"),
    "escalated": ("BELUM DITANGANI", "NOT TAKEN UP"),
    "dispatched": ("BERANGKAT", "GO"),
    "recalled": ("ditarik kembali", "called back"),
}
_CLOCKS = {
    "acknowledge": ("belum ada yang menangani", "nobody has taken it up"),
    "arrive": ("belum ada yang tiba", "nobody has arrived"),
    "resolve": ("belum selesai", "it is not resolved"),
    "verify": ("belum diverifikasi", "it is not verified"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A notification that is due, with what it is about."""

    id: int
    owner: str
    address: str
    language: str
    urgent: bool
    attempts: int
    made_at: datetime
    number: int
    kind: str
    title_id: str
    title_en: str
    severity: str
    state: str
    count: int
    action: str
    text: str
    said: dict[str, Any] | None
    detail: dict[str, Any]
    at: datetime
    site: str | None
    site_name: str | None
    district: str | None


def write(due: Sequence[Due], console_url: str) -> tuple[str, str]:
    """Write one message of all that is due for one way.

    Args:
        due: for one address, oldest first; at least one.
        console_url: for links; empty for none.
    """
    language = due[0].language
    newest = due[-1]
    if len(due) == 1:
        title = f"{_action(newest, language)}: {_title(newest, language)}"
    else:
        title = f"{len(due)} {_choose(language, 'pemberitahuan', 'notifications')}"
    lines = [_line(one, language, alone=len(due) == 1) for one in due[-MOST_LINES:]]
    left = len(due) - len(lines)
    if left > 0:
        lines.append(_choose(language, f"… dan {left} lagi", f"… and {left} more"))
    if console_url:
        path = f"/incidents/{newest.number}" if len(due) == 1 else "/incidents"
        lines.append(console_url.rstrip("/") + path)
    return title, "\n".join(lines)


def _line(one: Due, language: str, *, alone: bool) -> str:
    place = ", ".join(part for part in (one.site_name, one.district) if part) or one.site or ""
    at = f"{one.at.astimezone(WIB):%d-%m %H:%M} WIB"
    head = at if alone else f"{at} {_action(one, language)}: {_title(one, language)}"
    parts = [head, place, _clock(one, language) or _said(one, language), one.text]
    return ". ".join(part for part in parts if part)


def _title(one: Due, language: str) -> str:
    return f"INS-{one.number:04d} {_choose(language, one.title_id, one.title_en)}"


def _action(one: Due, language: str) -> str:
    return _choose(language, *_ACTIONS.get(one.action, (one.action, one.action)))


def _clock(one: Due, language: str) -> str:
    clock = one.detail.get("clock")
    return _choose(language, *_CLOCKS[clock]) if clock in _CLOCKS else ""


def _said(one: Due, language: str) -> str:
    return tell(one.said["code"], one.said["values"], language) if one.said else ""


def _choose(language: str, text_id: str, text_en: str) -> str:
    return text_en if language == "en" else text_id
