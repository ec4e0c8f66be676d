"""From a site file to running junctions: driver, keeper, measures and desk of each controller of a box."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from edge.clock import Clock
from edge.errors import Unavailable
from edge.health_book import HealthBook
from edge.notices import NoticeBoard
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.sensors.ntcip import NtcipController, SignalController
from edge.sensors.ntcip_objects import Oid, Value
from edge.signals.desk import SignalDesk
from edge.signals.event_log import EventLog
from edge.signals.junction import Junction, Sink
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Limits, RoleLimit
from edge.signals.measures import Measures
from edge.site import SiteFile
from edge.site_assets import Bus
from edge.site_signals import ControllerPlace, LeasePlace

_log = structlog.get_logger()


def make_junctions(
    site: SiteFile,
    box: str,
    desk: SignalDesk,
    *,
    outbox: Outbox,
    board: NoticeBoard,
    events_dir: Path,
    is_linked: Callable[[], bool],
    sink: Sink,
    health: HealthBook,
    clock: Clock,
    pulse: Pulse,
) -> list[Junction]:
    """Make the junctions of a box; one whose community is not set is failing from the start, and the rest works on."""
    junctions = []
    for place in site.controllers_of(box):
        controller = _driver(site.buses[place.bus], place, clock)
        keeper = LeaseKeeper(
            controller,
            limits_of(place.lease),
            outbox,
            f"lease {place.code}",
            tell=desk.teller(place.code),
            clock=clock,
            reserved=_reserved(place.lease),
        )
        desk.keepers[place.code] = keeper
        junctions.append(
            Junction(
                place,
                controller,
                keeper,
                observers=[Measures(place, controller, _event_log(events_dir, place), board, clock)],
                is_linked=is_linked,
                sink=sink,
                health=health,
                clock=clock,
                pulse=pulse,
            )
        )
    return junctions


def _event_log(directory: Path, place: ControllerPlace) -> EventLog:
    return EventLog(directory / f"hires-{place.code}.db")


def limits_of(place: LeasePlace | None) -> Limits:
    """Give a site's limits; a controller without them can be leased by nobody."""
    if place is None:
        return Limits(roles={})
    return Limits(
        roles={name: RoleLimit(role.extra_green_s, role.duration_s) for name, role in place.roles.items()},
        phases=None if place.phases is None else frozenset(place.phases),
        max_cycle_s=place.max_cycle_s,
        is_cycle_fixed=place.cycle_fixed,
        borrow_pct=place.borrow_pct,
        least_split_s=place.least_split_s,
        max_backup_s=place.max_backup_s,
        link_loss_s=place.link_loss_s,
    )


class _Unnamed:
    """Stands for a controller whose community nobody has set: every request says so, and the rest of the box works."""

    def __init__(self, variable: str) -> None:
        self._reason = f"the variable {variable} is not set: it holds the community"

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:  # noqa: ARG002 - the driver's interface
        raise Unavailable(self._reason)

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:  # noqa: ARG002 - the driver's interface
        raise Unavailable(self._reason)

    def reserve(self, pattern: int, split: int) -> None:
        """Reserve nothing."""

    def close(self) -> None:
        """Close nothing."""


def _driver(bus: Bus, place: ControllerPlace, clock: Clock) -> SignalController:
    community = os.environ.get(bus.community_variable, "")
    if not community:
        _log.error("community_missing", asset=place.code, variable=bus.community_variable)
        return _Unnamed(bus.community_variable)
    return NtcipController(
        bus.host,
        bus.port,
        version=bus.version,
        community=community,
        timeout_s=bus.timeout_s,
        retries=bus.retries,
        clock=clock,
    )


def _reserved(place: LeasePlace | None) -> tuple[int, int] | None:
    if place is None or (place.pattern is None and place.split is None):
        return None
    return place.pattern or 0, place.split or 0
