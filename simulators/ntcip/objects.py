"""The objects of a controller: which there are, how each is read, and what may be written to it.

Source: NTCIP 1202 v02.19, sections 2.2 to 2.6; globalTime from NTCIP 1201, 2.4.1. This list is written here once
more, and not taken from the edge: what is tested must not test itself.
"""

from itertools import chain

from simulators.controller.controller import Controller
from simulators.ntcip import ber, control_objects, traffic_objects
from simulators.ntcip.ber import Oid
from simulators.ntcip.object import NEMA, Object

GLOBAL_TIME: Oid = (*NEMA, 6, 3, 1, 0)
_PARTS = (
    traffic_objects.phases,
    traffic_objects.status_groups,
    traffic_objects.detectors,
    traffic_objects.reports,
    control_objects.unit,
    control_objects.coordination,
    control_objects.patterns,
    control_objects.splits,
    control_objects.time_base,
)


def objects_of(controller: Controller) -> list[Object]:
    """List all instances in the order of their names."""
    found = chain.from_iterable(part(controller) for part in _PARTS)
    clock = Object(
        GLOBAL_TIME,
        lambda: int(controller.clock_s),
        lambda value: controller.set_clock(float(value)),
        high=2**32 - 1,
        tag=ber.COUNTER,
    )
    return sorted([*found, clock], key=lambda one: one.oid)
