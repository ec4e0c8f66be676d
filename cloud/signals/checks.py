"""What the room itself refuses before anything is sent. Pure: facts in, a broken rule out.

The box checks everything again, against the controller. These checks only spare a round trip and hold what the box
cannot know: who an account is, and whose the junction is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from uuid import UUID

from cloud.db.tokens import Role
from cloud.signals.rules import refusal

WIB = timezone(timedelta(hours=7), "WIB")
RANKS: dict[Role, int] = {"operator": 1, "head_of_shift": 1, "admin": 2}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, from which address (empty where none is known), and which actions he may order."""

    account: str
    role: Role
    address: str = ""
    rights: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        """Operators and heads of shift 1, administrators 2, all others 0; only a higher rank supersedes.

        Leases are stored with it, so a new role must not move the others. A head of shift ranks with operators
        because boxes, whose site files know the two roles only, would not let him supersede one.
        """
        return RANKS.get(self.role, 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for at one junction.

    Attributes:
        request_id: chosen by whoever asks; the same again is the same request.
    """

    site: str
    phase: int
    extra_green_s: int
    duration_s: int
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Junction:
    """A junction as a request meets it; the limits are those of the role that asks, None where it has none."""

    site_id: int
    site: str
    authority: str
    controller: str
    box: str
    phases: list[int]
    extra_green_limit_s: int | None
    duration_limit_s: int | None
    is_delegated: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a junction."""

    lease_id: UUID
    requester: str
    rank: int
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a junction's box and controller.

    Attributes:
        box: its name.
        box_state: whether it is heard.
        controller_state: the same of the controller.
        displayed: the newest letters of its phases; None when there are none of late.
        rests_until: until when its own plan has its turn after a lease; None: no lease of the last hour has said so.
    """

    box: str
    box_state: str
    controller_state: str
    displayed: str | None
    rests_until: datetime | None


def check(junction: Junction, wanted: Wanted, asker: Asker) -> None:
    """Check a request against what the room knows.

    Raises:
        Ruled: the rule that it breaks.
    """
    check_rights(junction, asker)
    if wanted.phase not in junction.phases:
        phases = ", ".join(map(str, junction.phases)) or "-"
        raise refusal("unknown_phase", site=junction.site, phase=wanted.phase, phases=phases)
    if wanted.extra_green_s <= 0:
        raise refusal("extra_green")
    if wanted.duration_s <= 0:
        raise refusal("duration")
    if not wanted.reason.strip():
        raise refusal("reason")
    _check_limits(junction, wanted, asker)


def check_rights(junction: Junction, asker: Asker) -> None:
    """Check whether somebody may retime a junction at all.

    Raises:
        Ruled: the rule against it.
    """
    if junction.extra_green_limit_s is None or junction.duration_limit_s is None:
        raise refusal("role", role=asker.role)
    if junction.authority != "regency" and not junction.is_delegated:
        raise refusal("authority", site=junction.site, account=asker.account)


def check_free(junction: Junction, holder: Holder | None, asker: Asker) -> None:
    """Check that nobody holds the junction, or only somebody of a lower rank.

    Raises:
        Ruled: it is held.
    """
    if holder is not None and holder.rank >= asker.rank:
        until = f"{holder.ends_at.astimezone(WIB):%H.%M.%S WIB}" if holder.ends_at else "?"
        raise refusal("held", site=junction.site, holder=holder.requester, until=until)


def check_state(site: str, state: State, now: datetime) -> None:
    """Check that nothing that is known of a junction's box and controller speaks against a new lease.

    Raises:
        Ruled: the rule by which the box would refuse it, or never hear of it.
    """
    if state.box_state != "online":
        raise refusal("box_away", box=state.box)
    if state.controller_state in ("silent", "never"):
        raise refusal("controller_away", site=site)
    if "F" in (state.displayed or ""):
        raise refusal("flashing", site=site)
    if state.rests_until is not None and state.rests_until > now:
        raise refusal("resting", site=site, until=f"{state.rests_until.astimezone(WIB):%H.%M.%S WIB}")


def _check_limits(junction: Junction, wanted: Wanted, asker: Asker) -> None:
    place = {"site": junction.site, "role": asker.role}
    if junction.extra_green_limit_s is not None and wanted.extra_green_s > junction.extra_green_limit_s:
        raise refusal("role_extra_green", limit=junction.extra_green_limit_s, asked=wanted.extra_green_s, **place)
    if junction.duration_limit_s is not None and wanted.duration_s > junction.duration_limit_s:
        raise refusal("role_duration", limit=junction.duration_limit_s, asked=wanted.duration_s, **place)
