"""What the box remembers of its leases, on disk before anything is written to the controller."""

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from edge.signals.limits import Request
from edge.signals.timing import Plan

State = Literal["prepared", "accepted", "applied", "confirmed", "ended", "reverted"]
EndReason = Literal["expired", "withdrawn", "superseded", "link_lost", "local_override", "failed"]
FINISHED_KEPT = 100
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease.

    Attributes:
        request: what was asked.
        own: the plan that ran when it was accepted.
        leased: the plan in the reserved rows.
        state: how far it is.
        granted_s: when it was accepted, wall clock; only to measure a time without power.
        spent_s: how much of its duration is gone, by the monotonic clock.
        is_touched: something may have been written for it.
        end: why it ended; empty before.
        detail: the fault behind an end, by its name.
        withdraw_command: the command that asked to end it; empty when none did.
        was_confirmed: it had been confirmed when it ended.
    """

    request: Request
    own: Plan
    leased: Plan
    state: State
    granted_s: float
    spent_s: float = 0.0
    is_touched: bool = False
    end: str = ""
    detail: str = ""
    withdraw_command: str = ""
    was_confirmed: bool = False

    @property
    def left_s(self) -> float:
        """How much of its duration is left."""
        return max(0.0, self.request.duration_s - self.spent_s)


@dataclass(frozen=True, slots=True)
class Told:
    """A transition that somebody must hear of.

    Attributes:
        state: reached.
        lease: as it then was.
        note: more about it, by name.
    """

    state: str
    lease: Lease
    note: dict[str, float | bool | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that outlives the process.

    Attributes:
        current: the lease that holds the junction, or is being reverted.
        following: the lease that superseded it and waits for the controller to be back on its own plan.
        finished: ids of leases that are over, with their end; the oldest are forgotten.
        untold: transitions that were saved and perhaps not yet told.
    """

    current: Lease | None = None
    following: Lease | None = None
    finished: tuple[tuple[str, str], ...] = ()
    untold: tuple[Told, ...] = ()

    def over(self, lease: Lease) -> "Book":
        """Move a lease to those that are over."""
        kept = (*self.finished, (lease.request.lease, lease.end))[-FINISHED_KEPT:]
        return replace(self, finished=kept)

    def end_of(self, lease: str) -> str | None:
        """Give why a lease ended; None when it is not known as over."""
        return next((end for known, end in self.finished if known == lease), None)


class Notebook(Protocol):
    """Where a book is kept; `Outbox` is one."""

    async def note(self, key: str) -> str | None:
        """Give a note."""

    async def set_note(self, key: str, value: str) -> None:
        """Keep a note; it is on the disk when this returns. Raises `Unavailable`."""


_book = TypeAdapter(Book)


def write(book: Book) -> str:
    """Write a book as text."""
    return _book.dump_json(book).decode()


def read(text: str | None) -> Book:
    """Read a book; what cannot be read counts as none, and the controller is then brought back to its own plan."""
    try:
        return _book.validate_json(text) if text else Book()
    except ValidationError as error:
        _log.error("lease_book_unreadable", reason=str(error)[:300])
        return Book()
