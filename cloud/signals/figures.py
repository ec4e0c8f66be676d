"""From the series of a site to what a phase is: its volume, occupancy, queue and green. Pure.

A figure of a phase is that of the asset `{site}.phase-{n}` where there is one, else what its detectors come to:
volumes add up, of occupancies and queues the greatest counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud.signals.advice import Approach
from cloud.signals.splits import Slot

QUANTITIES = ("volume", "occupancy", "queue_length", "green_time", "cycle_length")
MINUTES_PER_H = 60.0

Figures = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class PhaseFacts:
    """A phase as the registry knows it."""

    phase: int
    name: str
    ring: int
    barrier: int
    saturation_per_h: float
    lost_s: float
    least_green_s: float
    detectors: Sequence[str]


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """A phase as it is measured; None: not known."""

    volume_per_h: float | None
    occupancy_pct: float | None
    queue_m: float | None
    green_s: float | None


def read_phase(site: str, facts: PhaseFacts, figures: Figures) -> PhaseFigures:
    """Take a phase's figures out of a site's, by (asset, quantity)."""
    own = f"{site}.phase-{facts.phase}"
    volumes = _of(figures, own, facts.detectors, "volume")
    occupancies = _of(figures, own, facts.detectors, "occupancy")
    queues = _of(figures, own, facts.detectors, "queue_length")
    return PhaseFigures(
        volume_per_h=sum(volumes) * MINUTES_PER_H if volumes else None,
        occupancy_pct=max(occupancies, default=None),
        queue_m=max(queues, default=None),
        green_s=figures.get((own, "green_time")),
    )


def read_approaches(site: str, phases: Iterable[PhaseFacts], figures: Figures) -> list[Approach]:
    """Make approaches of all phases of which green and volume are known; advice needs both."""
    approaches = []
    for facts in phases:
        read = read_phase(site, facts, figures)
        if read.green_s is None or read.volume_per_h is None:
            continue
        slot = Slot(facts.phase, facts.ring, facts.barrier, facts.lost_s, facts.least_green_s)
        approaches.append(
            Approach(
                slot, facts.saturation_per_h, read.green_s, read.volume_per_h, read.occupancy_pct, read.queue_m or 0.0
            )
        )
    return approaches


def _of(figures: Figures, own: str, detectors: Sequence[str], quantity: str) -> list[float]:
    if (own, quantity) in figures:
        return [figures[own, quantity]]
    return [figures[code, quantity] for code in detectors if (code, quantity) in figures]
