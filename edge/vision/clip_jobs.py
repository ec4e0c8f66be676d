"""Requests for clips that wait for their end, in a note: a restart forgets none of them, and answers none twice."""

import contextlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from edge.contract.commands import Command
from edge.errors import Unavailable
from edge.vision.memory import Memory

NOTE = "clip job"


@dataclass(slots=True)
class Job:
    """A clip that is being made and sent; noted between its steps.

    Attributes:
        command: as it came.
        event: payload of the event that accounts for it; empty until it is cut. Told again it is the same event.
        parts: files that are to be sent, in order.
        next: number of the first that is not yet in the outbox.
        waiting: number in the outbox of the one before, until it has its receipt; 0 where it has.
        masked_since_ms: from when on what it was cut from had its camera's masks, milliseconds since 1970.
        detail: what is answered at the end, where all goes well.
        answer: the last word to the room, a result's payload; empty until there is one. Told again it is the same.
    """

    command: str
    event: str = ""
    parts: list[str] = field(default_factory=list)
    next: int = 0
    waiting: int = 0
    masked_since_ms: int = 0
    detail: str = ""
    answer: str = ""


class ClipJobs:
    """Those of one box, in the order in which they came.

    Every method raises `Unavailable` while the outbox refuses.
    """

    def __init__(self, memory: Memory) -> None:
        """Begin with none read.

        Args:
            memory: where they are noted.
        """
        self._memory = memory
        self._jobs: list[Job] = []
        self._is_read = False

    async def all(self) -> list[Job]:
        """Give them; they are read once."""
        if not self._is_read:
            noted = _read(await self._memory.note(NOTE))
            if not self._is_read:  # else another task has read them meanwhile
                self._jobs, self._is_read = noted, True
        return self._jobs

    async def add(self, job: Job) -> None:
        """Take one up; where that cannot be noted there is none."""
        jobs = await self.all()
        jobs.append(job)
        try:
            await self.note()
        except Unavailable:
            jobs.remove(job)
            raise

    async def note(self) -> None:
        """Remember how far they have come."""
        await self._memory.set_note(NOTE, json.dumps([asdict(job) for job in self._jobs]))

    async def end(self, job: Job) -> None:
        """Remember that one has ended; where that cannot be noted it is still there."""
        at = self._jobs.index(job)
        self._jobs.remove(job)
        try:
            await self.note()
        except Unavailable:
            self._jobs.insert(at, job)
            raise


def _read(noted: str | None) -> list[Job]:
    """Read jobs; what is none is nobody's. Boxes of before 2026-11-22 have noted one by itself, or `{}`."""
    try:
        found: Any = json.loads(noted or "[]")
    except ValueError:
        return []
    jobs = []
    for one in found if isinstance(found, list) else [found]:
        with contextlib.suppress(TypeError, ValueError):
            job = Job(**one)
            Command.model_validate_json(job.command)
            jobs.append(job)
    return jobs
