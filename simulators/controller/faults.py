"""What can be wrong with a controller on order. The machine and its agent ask; nothing here acts."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Faults in force.

    Attributes:
        discards_sets: answers a set with noError and keeps the old value.
        holds_sets: takes a set and shows it, but runs on as before.
        refuses_sets: answers every set with genErr.
        silent: does not answer.
        answer_delay_s: answers this late.
        wrong_types: integers come as octet strings.
        missing: dotted object identifiers (prefixes) that are answered with noSuchName.
        duplicate_answers: sends each answer so many times more.
        clock_error_s: its clock is ahead by so much.
        stuck: detectors that are always on.
        chattering: detectors that flicker at 5 Hz.
        dead: detectors that are always off.
        shorted_green: a phase whose green lamp has current though it is not switched; 0: none.
    """

    discards_sets: bool = False
    holds_sets: bool = False
    refuses_sets: bool = False
    silent: bool = False
    answer_delay_s: float = 0.0
    wrong_types: bool = False
    missing: frozenset[str] = frozenset()
    duplicate_answers: int = 0
    clock_error_s: float = 0.0
    stuck: set[int] = field(default_factory=set)
    chattering: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    shorted_green: int = 0
