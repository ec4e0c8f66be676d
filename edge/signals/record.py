"""What the box remembers of its leases, on disk before anything is written to the controller."""

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from edge.signals.limits import Request
from edge.signals.timing import Plan

State = Literal["prepared", "waiting", "accepted", "applied", "confirmed", "ended", "reverted"]
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
        state: how far it is; `waiting` until the controller is back on its own plan from an earlier one.
        spent_s: how much of its duration is gone, by the monotonic clock.
        is_touched: something may have been written for it.
        has_run: its pattern has been in effect.
        end: why it ended; empty before.
        detail: the fault or the rule behind an end, by its name; of a superseded one the other's id.
        sentences: of the rule behind an end, in Indonesian and English; empty where the end has words of its own.
        withdraw_command: the command that asked to end it; empty when none did.
        was_confirmed: it had been confirmed when it ended.
    """

    request: Request
    own: Plan
    leased: Plan
    state: State
    spent_s: float = 0.0
    is_touched: bool = False
    has_run: bool = False
    end: str = ""
    detail: str = ""
    sentences: tuple[str, str] = ("", "")
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
        following: the lease that supersedes it, or is prepared to, and waits for the controller to be back on its
            own plan.
        finished: ids of leases that are over or were withdrawn before they came, with their end; the oldest are
            forgotten.
        is_resting: the reserved pattern has run, or may have, and no other lease has been granted since.
        untold: transitions that were saved and perhaps not yet told.
    """

    current: Lease | None = None
    following: Lease | None = None
    finished: tuple[tuple[str, str], ...] = ()
    is_resting: bool = False
    untold: tuple[Told, ...] = ()

    def held(self, lease: str) -> Lease | None:
        """Give the lease of an id that holds the junction, or follows."""
        return next((one for one in (self.current, self.following) if one and one.request.lease == lease), None)

    def over(self, lease: Lease) -> "Book":
        """Move a lease to those that are over."""
        return self.never(lease.request.lease, lease.end)

    def never(self, lease: str, end: str) -> "Book":
        """Remember that a lease of this id is over, or must not begin."""
        return replace(self, finished=(*self.finished, (lease, end))[-FINISHED_KEPT:])

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
