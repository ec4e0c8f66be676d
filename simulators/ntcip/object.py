"""One object of a controller: its name, how it is read, and what may be written to it."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.controller.controller import Controller
from simulators.ntcip import ber
from simulators.ntcip.ber import Oid

NEMA: Oid = (1, 3, 6, 1, 4, 1, 1206, 4, 2)
ASC: Oid = (*NEMA, 1)
_OCTET = 255

Value = int | bytes


@dataclass(frozen=True, slots=True)
class Object:
    """One instance.

    Attributes:
        oid: its name.
        read: gives its value.
        write: takes a value within low and high; None where it cannot be written.
        tag: BER type.
    """

    oid: Oid
    read: Callable[[], Value]
    write: Callable[[int], None] | None = None
    low: int = 0
    high: int = _OCTET
    tag: int = ber.INTEGER


def stored(controller: Controller, oid: Oid, attribute: str, low: int = 0, high: int = _OCTET) -> Object:
    """Make an object that is an attribute of the controller."""
    return Object(
        (*ASC, *oid),
        lambda: int(getattr(controller, attribute)),
        lambda value: setattr(controller, attribute, value),
        low,
        high,
    )


def fixed(oid: Oid, value: Value, tag: int = ber.INTEGER) -> Object:
    """Make an object that never changes."""
    return Object((*ASC, *oid), lambda: value, tag=tag)
