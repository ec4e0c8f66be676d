"""A roadside cabinet: its warmth, its door, the mains and the battery behind the UPS.

Source: discharge after Peukert's law (exponent 1.2, a sealed lead-acid battery); charging in two stages, constant
current to 80 % and then an exponential tail (IEEE 1188, section on recharge). Thermal constants are chosen.
"""

import math
from dataclasses import dataclass

from simulators.world.noise import drift, jitter

_SOLAR_RISE_CEL = 12.0  # a closed cabinet in full sun, over the air
_LOAD_RISE_CEL = 5.0
_CLOSED_S = 2_700.0
_OPEN_S = 300.0
_PEUKERT = 1.2
_RATED_H = 20.0  # batteries are rated at the 20-hour rate
_BULK_PCT = 80.0
_BULK_H = 5.0  # from empty to 80 %
_TAIL_H = 2.0


@dataclass(frozen=True, slots=True)
class Ups:
    """A battery of `capacity_wh` behind a load of `load_w`."""

    capacity_wh: float
    load_w: float


@dataclass(frozen=True, slots=True)
class CabinetState:
    """Inside temperature in Cel, battery charge in %."""

    temperature_cel: float
    ups_charge_pct: float


def step(
    ups: Ups,
    state: CabinetState,
    *,
    outside_cel: float,
    irradiance_w_m2: float,
    door_open: bool,
    mains: bool,
    step_s: float,
) -> CabinetState:
    """Move warmth and charge on by a step."""
    rise = _LOAD_RISE_CEL + _SOLAR_RISE_CEL * irradiance_w_m2 / 1_000.0
    target = outside_cel + (0.2 * rise if door_open else rise)
    keep = math.exp(-step_s / (_OPEN_S if door_open else _CLOSED_S))
    return CabinetState(
        temperature_cel=target + (state.temperature_cel - target) * keep,
        ups_charge_pct=charge_pct(ups, state.ups_charge_pct, mains=mains, step_s=step_s),
    )


def charge_pct(ups: Ups, before_pct: float, *, mains: bool, step_s: float) -> float:
    """Move the battery's charge on, between 0 and 100 %."""
    if not mains:
        return max(0.0, before_pct - step_s / (runtime_h(ups) * 3_600.0) * 100.0)
    bulk = min(before_pct + step_s / (_BULK_H * 3_600.0) * _BULK_PCT, _BULK_PCT)
    if before_pct < _BULK_PCT:
        return bulk
    return 100.0 - (100.0 - before_pct) * math.exp(-step_s / (_TAIL_H * 3_600.0))


def runtime_h(ups: Ups) -> float:
    """Give the hours from full to empty: fewer than capacity over load, the more so the higher the load."""
    rated_w = ups.capacity_wh / _RATED_H
    return _RATED_H * math.pow(rated_w / ups.load_w, _PEUKERT)


def mains_voltage_v(seed: int, site: str, at_s: float, *, mains: bool) -> float:
    """Give the mains voltage: nominal 220 V with the evening's sag and an instrument's last digit."""
    if not mains:
        return 0.0
    return 220.0 + 6.0 * drift(seed, f"mains:{site}", at_s, 1_800.0) + 0.6 * jitter(seed, f"mains:{site}", at_s)
