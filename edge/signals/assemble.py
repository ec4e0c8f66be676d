"""From a site file to running junctions: driver, keeper, measures and desk of each controller of a box."""

from collections.abc import Callable
from pathlib import Path

from edge.clock import Clock
from edge.health_book import HealthBook
from edge.notices import NoticeBoard
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.signals.desk import SignalDesk
from edge.signals.driver import make_driver
from edge.signals.event_log import EventLog
from edge.signals.junction import Junction, Sink
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Limits, RoleLimit
from edge.signals.measures import Measures
from edge.site import SiteFile
from edge.site_signals import ControllerPlace, LeasePlace


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
    """Make the junctions of a box; one whose secrets are not set is failing from the start, and the rest works on."""
    junctions = []
    for place in site.controllers_of(box):
        controller = make_driver(site.buses[place.bus], place.code, clock)
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
    roles = {name: RoleLimit(role.extra_green_s, role.duration_s, role.rank) for name, role in place.roles.items()}
    if "operator" in roles:  # site files that know no head of shift mean him as well
        roles.setdefault("head_of_shift", roles["operator"])
    return Limits(
        roles=roles,
        phases=None if place.phases is None else frozenset(place.phases),
        max_cycle_s=place.max_cycle_s,
        is_cycle_fixed=place.cycle_fixed,
        borrow_pct=place.borrow_pct,
        least_split_s=place.least_split_s,
        max_backup_s=place.max_backup_s,
        link_loss_s=place.link_loss_s,
        rest_s=place.rest_s,
    )


def _reserved(place: LeasePlace | None) -> tuple[int, int] | None:
    if place is None or (place.pattern is None and place.split is None):
        return None
    return place.pattern or 0, place.split or 0
