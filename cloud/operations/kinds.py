"""What kinds of incidents there are: title, who handles it, how soon, who can, and what folds into what. Data, no code.

The files are `kinds.yaml` and `rules.yaml` of a folder; `shipped/` has those of a regency.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud.operations.spans import Span

Severity = Literal["info", "minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "minor", "major", "critical")
Agency = Literal["transport", "disaster", "public_order", "health", "112", "platform"]
Category = Literal[
    "road", "water", "traffic", "signal", "lamp", "camera", "box", "security", "health", "service", "platform", "other"
]
Scope = Literal["asset", "box", "site", "district", "regency", "call"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=200)]

LEAST_PRIORITY = 4


class Strict(BaseModel):
    """A part of a file: a misspelt key is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Titles(Strict):
    """A text in both languages."""

    id: Line
    en: Line


class Clocks(Strict):
    """How long each step may take, from the opening on.

    Attributes:
        acknowledge: until somebody has taken it up.
        arrive: until a crew is there; None where nobody has to go.
        resolve: until it is over.
    """

    acknowledge: Span = timedelta(hours=6)
    arrive: Span | None = None
    resolve: Span = timedelta(days=7)

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.acknowledge <= (self.arrive or self.resolve) <= self.resolve:
            raise ValueError("acknowledge, arrive and resolve must not be shorter than the one before")
        return self


class Kind(Strict):
    """One kind of incident.

    Attributes:
        title: as the queue shows it.
        category: by which it is filtered, and its priority is found.
        agency: whose it is.
        severity: where its source says none.
        clocks: Jakarta's 6 hours and 7 days where nothing is said.
        skills: that a crew must have.
        fold: within which place the same trouble is one incident.
        within: kinds that explain this one: while one of them is open at the same place, this folds into it.
        proof: whether its end needs a photo with a position.
        closes_itself: after its condition has been over for so long and nobody has taken it up; None: never.
        reopen_within: what comes again so soon after its end is the same incident.
    """

    title: Titles
    category: Category
    agency: Agency
    severity: Severity = "minor"
    clocks: Clocks = Clocks()
    skills: tuple[Name, ...] = ()
    fold: Scope = "asset"
    within: tuple[Name, ...] = ()
    proof: bool = False
    closes_itself: Span | None = None
    reopen_within: Span = timedelta(minutes=30)


Priority = Annotated[int, Field(ge=1, le=LEAST_PRIORITY)]


class Priorities(Strict):
    """Which priority (1 first) each severity has."""

    info: Priority
    minor: Priority
    major: Priority
    critical: Priority


class KindsFile(Strict):
    """`kinds.yaml`.

    Attributes:
        priorities: by category; `default` for those that are not named.
        late_after: a source that tells of something older begins at the least priority and with the default clocks.
        kinds: by name.
    """

    priorities: dict[Category | Literal["default"], Priorities]
    late_after: Span = timedelta(hours=1)
    kinds: Annotated[dict[Name, Kind], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _has_default(self) -> Self:
        if "default" not in self.priorities:
            raise ValueError("priorities.default: is missing: add it")
        for name, kind in self.kinds.items():
            for parent in kind.within:
                if parent not in self.kinds or parent == name:
                    raise ValueError(f"kinds.{name}.within: {parent!r} is no other kind of this file")
        return self

    def priority_of(self, kind: Kind, severity: Severity) -> int:
        """Find the priority of a severity in a kind's category."""
        found: int = getattr(self.priorities.get(kind.category) or self.priorities["default"], severity)
        return found
