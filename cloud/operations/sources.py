"""Entries of the inbox as signs: what a box's event, Grafana's alarm or a notice of our own programs says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.kinds import SEVERITIES, Severity
from cloud.operations.rules import AlertWhen, EventWhen, Rule
from cloud.operations.sign import NOWHERE, Sign
from cloud.operations.spans import is_between
from cloud.operations.store import Line
from cloud.said import told


class Unusable(ValueError):
    """Nothing can be made of an entry; the message says why."""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """What waits for the engine."""

    id: int
    source: str
    ref: str
    content: dict[str, Any] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Event:
    id: UUID
    type: str
    time: datetime
    received_at: datetime
    severity: str
    asset_id: int | None
    box_id: int
    text_id: str
    text_en: str
    is_end: bool
    begun: str | None


@dataclass(frozen=True, slots=True)
class _Alert:
    id: int
    fingerprint: str
    status: str
    starts_at: datetime
    ends_at: datetime | None
    received_at: datetime
    labels: dict[str, str]
    annotations: dict[str, str]


class Notice(BaseModel):
    """What a program of ours tells the engine: the content of an inbox entry `notice`.

    Attributes:
        kind: of `kinds.yaml`.
        at: when it was so.
        place: code of an asset, box or site; empty where there is none.
        subject: what it is about, where that has no code.
        severity: None: the kind's.
        text_id: a sentence in Indonesian.
        text_en: the same in English.
        begun: the ref of an earlier notice that is over now.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    at: AwareDatetime
    place: str = Field(default="", max_length=120)
    subject: str = Field(default="", max_length=120)
    severity: Severity | None = None
    text_id: str = Field(default="", max_length=500)
    text_en: str = Field(default="", max_length=500)
    begun: str | None = Field(default=None, max_length=200)


async def read_sign(line: Line, book: Book, entry: InboxEntry) -> Sign | None:
    """Read what an entry says; None where no rule makes an incident of it.

    Raises:
        Unusable: nobody can make anything of it.
    """
    if entry.source == "event":
        return await _read_event(line, book, entry)
    if entry.source == "alert":
        return await _read_alert(line, book, entry)
    return await _read_notice(line, book, entry)


async def _read_event(line: Line, book: Book, entry: InboxEntry) -> Sign | None:
    found = await store.fetch(line, _Event, "read_event", id=UUID(entry.ref))
    if not found:
        return None  # it was deleted meanwhile
    event = found[0]
    rule = next(_event_rules(book, event), None)
    if rule is None:
        return None
    place = await store.find_place(line, asset_id=event.asset_id, box_id=event.box_id)
    return Sign(
        "event", entry.ref, rule.incident, event.time, place, rule.severity or _severity(event.severity),
        told(event.text_id, event.text_en), event_type=event.type, is_end=event.is_end, begun=event.begun,
        came_at=event.received_at,
    )  # fmt: skip


def _event_rules(book: Book, event: _Event) -> Iterator[Rule]:
    for rule in book.rules.values():
        when = rule.when
        if not isinstance(when, EventWhen) or not any(fnmatchcase(event.type, each) for each in when.type):
            continue
        # Whatever began within the hours may end outside of them.
        if event.is_end or when.between is None or is_between(event.time, *when.between):
            yield rule


async def _read_alert(line: Line, book: Book, entry: InboxEntry) -> Sign | None:
    found = await store.fetch(line, _Alert, "read_alert", id=int(entry.ref))
    if not found:
        return None
    alert = found[0]
    for rule in book.rules.values():
        if isinstance(rule.when, AlertWhen) and _has_labels(alert.labels, rule.when):
            return await _alert_sign(line, alert, rule, rule.when)
    return None


def _has_labels(labels: dict[str, str], when: AlertWhen) -> bool:
    return all(fnmatchcase(labels.get(name, ""), pattern) for name, pattern in when.labels.items())


async def _alert_sign(line: Line, alert: _Alert, rule: Rule, when: AlertWhen) -> Sign:
    subject = next((alert.labels[name] for name in when.subject if alert.labels.get(name)), "")
    place = await store.find_code(line, subject) if subject else None
    name = f"{alert.fingerprint}@{alert.starts_at.timestamp():.3f}"
    is_end = alert.status == "resolved"
    summary = alert.annotations.get("summary", "")
    return Sign(
        "alert", f"{name}/end" if is_end else name, rule.incident,
        (alert.ends_at or alert.received_at) if is_end else alert.starts_at, place or NOWHERE,
        rule.severity or _severity(alert.labels.get("severity", "")),
        told(summary, alert.annotations.get("summary_en", summary)),
        subject=subject or alert.labels.get("alertname", "") or alert.fingerprint,
        is_end=is_end, begun=name if is_end else None,
    )  # fmt: skip


async def _read_notice(line: Line, book: Book, entry: InboxEntry) -> Sign:
    try:
        notice = Notice.model_validate(entry.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Unusable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if notice.kind not in book.kinds:
        raise Unusable(f"there is no kind {notice.kind!r}")
    place = await store.find_code(line, notice.place) if notice.place else None
    return Sign(
        "notice", entry.ref, notice.kind, notice.at, place or NOWHERE, notice.severity,
        told(notice.text_id, notice.text_en), subject=notice.subject or notice.place,
        is_end=notice.begun is not None, begun=notice.begun, content=entry.content,
    )  # fmt: skip


def _severity(text: str) -> Severity | None:
    return next((each for each in SEVERITIES if each == text), None)
