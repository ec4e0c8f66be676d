"""Junctions as they are now, and advice: /v1/junctions."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import fastapi
from fastapi import APIRouter

from cloud.api.access import UsedDatabase, UsedRoom, Viewer
from cloud.api.database import Database
from cloud.api.models import Page
from cloud.api.paging import Query, Text, make_page
from cloud.api.signal_models import (
    Advice,
    AdvisedLease,
    Grant,
    Junction,
    JunctionNow,
    Lease,
    Outlook,
    PhaseNow,
    RoleLimit,
)
from cloud.signals import advice as formulas
from cloud.signals.checks import Asker
from cloud.signals.displayed import Display, Spoken, read_displays
from cloud.signals.figures import QUANTITIES, Figures, PhaseFacts, read_approaches, read_phase
from cloud.signals.rules import Rule, refusal

router = APIRouter(prefix="/v1", tags=["signals"])

LOOK_BACK_S = 360.0  # two of the longest cycles
FRESH_S = 120.0
DEFAULT_OBSERVED_S = 300.0
DEFAULT_DURATION_S = 900
_NO_FIGURES = (
    "Belum cukup diketahui: perlu volume dan hijau setiap fase.",
    "Too little is known: advice needs volume and green of every phase.",
)
# A box knows the cycle once it has seen it from one local zero to the next.
_NO_CYCLE = (
    "Panjang siklus belum diketahui: kotak baru menyala atau simpang tidak bersiklus; tunggu dua siklus.",
    "The cycle is not known yet: the box has just started, or the junction runs without one; wait for two cycles.",
)


class JunctionQuery(Query):
    """Filters of /v1/junctions; `after` is a site code."""

    corridor: Text | None = None


class SiteFigure:
    """The newest figure, or the mean, of a series of a site."""

    def __init__(self, asset: str, quantity: str, value: float | None, **_: object) -> None:
        self.key = (asset, quantity)
        self.value = value


@router.get("/junctions")
async def list_junctions(
    _: Viewer, database: UsedDatabase, query: Annotated[JunctionQuery, fastapi.Query()]
) -> Page[Junction]:
    """List signalised junctions by site."""
    filters = {"after": query.after, "corridor": query.corridor, "limit": query.limit + 1}
    rows = await database.fetch(Junction, "signals", "junctions", **filters)
    return make_page(rows, query.limit, lambda junction: junction.site)


@router.get("/junctions/{site}")
async def read_junction(_: Viewer, database: UsedDatabase, room: UsedRoom, site: str) -> JunctionNow:
    """Read a junction as it is now: what every phase displays, queues, and who holds it."""
    junction = await _find(database, site)
    phases = await database.fetch(PhaseFacts, "signals", "junction_phases", site=site)
    figures = _as_figures(await database.fetch(SiteFigure, "signals", "site_figures", site=site, at_most_s=FRESH_S))
    spoken = await database.fetch(Spoken, "signals", "displayed", controller=junction.controller, seconds=LOOK_BACK_S)
    held = await database.fetch(Lease, "signals", "open_lease", site=site)
    displays = read_displays(spoken, datetime.now(UTC)) if spoken else []
    controller = junction.controller
    return JunctionNow(
        **junction.model_dump(),
        can_be_asked=room.is_connected and junction.box_state == "online",
        displayed_at=spoken[-1].time if spoken else None,
        pattern=figures.get((controller, "pattern")),
        cycle_s=figures.get((controller, "cycle_length")),
        cycle_second=figures.get((controller, "cycle_second")),
        phases=_show_phases(site, phases, figures, displays),
        limits=await database.fetch(RoleLimit, "signals", "junction_limits", site=site),
        lease=held[0] if held else None,
    )


@router.get("/junctions/{site}/advice")
async def read_advice(
    viewer: Viewer,
    database: UsedDatabase,
    room: UsedRoom,
    site: str,
    duration_s: Annotated[int, fastapi.Query(ge=60, le=14_400)] = DEFAULT_DURATION_S,
    observed_s: Annotated[float, fastapi.Query(ge=30, le=3_600)] = DEFAULT_OBSERVED_S,
) -> Advice:
    """Say which lease would help, what it is expected to do, how it is asked for, and whether it could be granted now.

    Nothing is changed by this.
    """
    junction = await _find(database, site)
    grant = _write_grant(await room.desk.why_not(site, Asker(viewer.account, viewer.role)))
    phases = await database.fetch(PhaseFacts, "signals", "junction_phases", site=site)
    means = await database.fetch(
        SiteFigure, "signals", "site_means", site=site, seconds=observed_s, quantities=list(QUANTITIES)
    )
    limits = await database.fetch(RoleLimit, "signals", "junction_limits", site=site)
    figures = _as_figures(means)
    approaches = read_approaches(site, phases, figures)
    cycle_s = figures.get((junction.controller, "cycle_length"))
    most = _find_limit(limits, viewer.role)
    if most is None or len(approaches) < len(phases) or not approaches:
        return _know_too_little(site, observed_s, grant, *_NO_FIGURES)
    if cycle_s is None:
        return _know_too_little(site, observed_s, grant, *_NO_CYCLE)
    lasts_s = min(duration_s, most.duration_s)
    found = formulas.advise(approaches, cycle_s, most.extra_green_s, lasts_s)
    return _write(site, observed_s, grant, found, phases)


async def _find(database: Database, site: str) -> Junction:
    found = await database.fetch(Junction, "signals", "junction_by_site", site=site)
    if not found:
        raise refusal("unknown_junction", site=site)
    return found[0]


def _as_figures(rows: list[SiteFigure]) -> Figures:
    return {row.key: row.value for row in rows if row.value is not None}


def _show_phases(site: str, phases: list[PhaseFacts], figures: Figures, displays: list[Display]) -> list[PhaseNow]:
    shown = []
    for facts in phases:
        read = read_phase(site, facts, figures)
        display = displays[facts.phase - 1] if facts.phase <= len(displays) else None
        shown.append(
            PhaseNow(
                phase=facts.phase,
                name=facts.name,
                ring=facts.ring,
                barrier=facts.barrier,
                letter=display.letter if display else None,
                since_s=display.since_s if display else None,
                expected_s=display.expected_s if display else None,
                green_s=read.green_s or (display.last_green_s if display else None),
                queue_m=read.queue_m,
                volume_per_h=read.volume_per_h,
                occupancy_pct=read.occupancy_pct,
            )
        )
    return shown


def _find_limit(limits: list[RoleLimit], role: str) -> RoleLimit | None:
    """Take the limits of a role; viewers see what an operator could do."""
    wanted = "operator" if role in ("viewer", "module_owner") else role
    return next((limit for limit in limits if limit.role == wanted), None)


def _know_too_little(site: str, observed_s: float, grant: Grant, text_id: str, text_en: str) -> Advice:
    return Advice(
        site=site,
        at=datetime.now(UTC),
        observed_s=observed_s,
        text_id=text_id,
        text_en=text_en,
        grant=grant,
        lease=None,
        gain_pct=0.0,
        critical_flow=None,
        present=None,
        leased=None,
        webster=None,
        webster_greens_s={},
        max_pressure_greens_s={},
        pressures={},
    )


def _write(site: str, observed_s: float, grant: Grant, found: formulas.Advice, phases: list[PhaseFacts]) -> Advice:
    text_id, text_en = _say(found, phases)
    return Advice(
        site=site,
        at=datetime.now(UTC),
        observed_s=observed_s,
        text_id=text_id,
        text_en=text_en,
        grant=grant,
        lease=_write_lease(site, found, text_id),
        gain_pct=round(found.gain_pct, 1),
        critical_flow=round(found.critical_flow, 3),
        present=_write_outlook(found.present),
        leased=_write_outlook(found.leased),
        webster=_write_outlook(found.webster),
        webster_greens_s=_rounded(found.webster_greens_s),
        max_pressure_greens_s=_rounded(found.max_pressure_greens_s),
        pressures=_rounded(found.pressures),
    )


def _say(found: formulas.Advice, phases: list[PhaseFacts]) -> tuple[str, str]:
    if found.phase is None:
        return (
            "Tidak ada perpanjangan hijau yang cukup membantu saat ini.",
            "No longer green would help enough at present.",
        )
    name = next(facts.name for facts in phases if facts.phase == found.phase)
    minutes, extra_s, gain_pct = found.duration_s / 60, found.extra_green_s, found.gain_pct
    along = ", ".join(map(str, found.along))
    with_id, with_en = (f" (fase {along} ikut lebih lama)", f" (phase {along} longer, too)") if along else ("", "")
    text_id = f"Fase {found.phase} ({name}): +{extra_s} detik hijau selama {minutes:g} menit{with_id}; "
    text_en = f"Phase {found.phase} ({name}): {extra_s} s more green for {minutes:g} minutes{with_en}; "
    return (
        text_id + f"tundaan simpang diperkirakan turun {gain_pct:.0f} %.",
        text_en + f"the junction's delay is expected to fall by {gain_pct:.0f} %.",
    )


def _write_grant(rule: Rule | None) -> Grant:
    if rule is None:
        return Grant(possible=True, rule=None, text_id=None, text_en=None)
    return Grant(possible=False, rule=rule.code, text_id=rule.text_id, text_en=rule.text_en)


def _write_lease(site: str, found: formulas.Advice, reason: str) -> AdvisedLease | None:
    if found.phase is None:
        return None
    body = {
        "phase": found.phase,
        "extra_green_s": found.extra_green_s,
        "duration_s": found.duration_s,
        "reason": f"Saran: {reason}"[:300],
        # Made here, so that granting the same advice twice is granting it once.
        "request_id": uuid4().hex,
    }
    return AdvisedLease(path=f"/v1/junctions/{site}/leases", body=body)


def _write_outlook(outlook: formulas.Outlook) -> Outlook:
    return Outlook.model_validate(asdict(outlook))


def _rounded(values: dict[int, float]) -> dict[int, float]:
    return {key: round(value, 1) for key, value in values.items()}
