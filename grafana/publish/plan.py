"""What would be done, and doing it, one object after the other: a second run finishes what a first one began."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from grafana.errors import Refused, Unavailable
from grafana.publish.api import SIGNS_FROM, Grafana
from grafana.publish.thing import Thing
from grafana.publish.wanted import wanted
from grafana.settings import WallSettings

Action = Literal["create", "change", "keep", "blocked"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one object.

    Attributes:
        thing: the object.
        action: create, change, keep, or blocked by somebody else's.
        reasons: what differs, or who is in the way.
        found: as Grafana has it.
    """

    thing: Thing
    action: Action
    reasons: list[str] = field(default_factory=list)
    found: Any = None

    def __str__(self) -> str:
        """Write a line for a person."""
        return f"{self.action:<7} {self.thing.kind} {self.thing.name}"


def make_plan(grafana: Grafana, settings: WallSettings, *, with_secrets: bool = False) -> list[Step]:
    """Compare everything with a running Grafana. Changes nothing.

    Raises:
        Unavailable: Grafana does not answer.
        Misconfigured: the token is refused, or Grafana is too old.
    """
    signs = grafana.version()[:2] >= SIGNS_FROM
    return [_step(grafana, thing) for thing in wanted(settings, signs=signs, with_secrets=with_secrets)]


def carry_out(grafana: Grafana, steps: list[Step], tell: Callable[[str], None]) -> int:
    """Do what a plan says; blocked objects are left alone.

    Returns:
        how many objects were written.

    Raises:
        Unavailable: Grafana stumbled; the message says how far it came.
    """
    todo = [step for step in steps if step.action in ("create", "change")]
    for done, step in enumerate(todo):
        try:
            step.thing.write(grafana, step.found)
        except Unavailable as error:
            raise Unavailable(
                f"{error}\n{done} of {len(todo)} objects are written; run the same command again for the rest"
            ) from error
        tell(str(step))
    return len(todo)


def lines(steps: list[Step]) -> Iterator[str]:
    """Write a plan for a person: what differs under each object, at most five lines of it."""
    for step in steps:
        if step.action != "keep":
            yield str(step)
            shown = step.reasons[:5]
            yield from (f"          {reason}" for reason in shown)
            if len(step.reasons) > len(shown):
                yield f"          and {len(step.reasons) - len(shown)} more"


def _step(grafana: Grafana, thing: Thing) -> Step:
    try:
        found = thing.find(grafana)
    except Refused as error:
        return Step(thing, "blocked", [str(error)])
    if found is None:
        return Step(thing, "create")
    reasons = thing.drift(found)
    return Step(thing, "change" if reasons else "keep", reasons, found)
