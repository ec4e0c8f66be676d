"""Faults: what is broken, how, and for how long; drawn from a seed."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from simulators.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be broken and mended.

    Attributes:
        name: for a person.
        weight: how often it is drawn, against the others.
        begin: breaks it.
        end: mends it.
        longest_s: for how long at most.
    """

    name: str
    weight: float
    begin: Callable[[], None]
    end: Callable[[], None]
    longest_s: float


def line_faults(name: str, line: Proxy, weight: float, *, corruptible: bool) -> list[Fault]:
    """List what can happen to a line; a line without TLS must not be corrupted, nobody could tell."""
    faults = [
        Fault(f"{name} cut", weight, line.cut, line.heal, 3.0),
        Fault(f"{name} stalled", weight, line.stall, line.heal, 4.0),
        Fault(f"{name} delayed by 300 ms", weight / 2, lambda: line.delay(300), line.heal, 3.0),
        Fault(f"{name} connections dropped", weight / 2, line.drop_connections, lambda: None, 0.1),
    ]
    if corruptible:
        faults.append(Fault(f"{name} corrupted", weight / 2, lambda: line.corrupt(0.2), line.heal, 2.0))
    return faults


def wreak(faults: list[Fault], count: int, dice: random.Random, say: Callable[[str], None], every_s: float) -> None:
    """Break and mend things `count` times; one time in five two things at once.

    Args:
        faults: what may happen.
        count: how many.
        dice: seeded.
        say: told of each.
        every_s: mean time between two faults.
    """
    pause = threading.Event()
    done = 0
    while done < count:
        together = min(count - done, 2 if dice.random() < 0.2 else 1)
        chosen: list[Fault] = []
        while len(chosen) < together:
            fault = dice.choices(faults, [fault.weight for fault in faults])[0]
            if all(fault.name.split()[0] != other.name.split()[0] for other in chosen):
                chosen.append(fault)
        lasts_s = min(dice.uniform(0.1, fault.longest_s) for fault in chosen)
        for fault in chosen:
            done += 1
            say(f"{done:>4}/{count} {fault.name}, {lasts_s:.1f} s")
            fault.begin()
        pause.wait(lasts_s)
        for fault in chosen:
            fault.end()
        pause.wait(max(0.0, dice.uniform(0.5, 1.5) * every_s * together - lasts_s))
