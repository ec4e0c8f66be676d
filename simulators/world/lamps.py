"""A street-lamp panel: switched by a photocell, circuits that draw current, a meter that only counts up.

Source: photocell levels after ANSI C136.10 (on below about 16 lx, off at 1.5 times that or later).
"""

from dataclasses import dataclass, replace

ON_BELOW_LX = 16.0
OFF_ABOVE_LX = 30.0
POWER_FACTOR = 0.95
_PANEL_W = 12.0  # contactor coil, meter and modem


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit: `lamps` luminaires of `lamp_w` watts each."""

    lamps: int
    lamp_w: float


@dataclass(frozen=True, slots=True)
class CircuitFault:
    """What is wrong with a circuit: share of lamps burnt out (0 to 1), breaker open."""

    burnt_share: float = 0.0
    breaker_open: bool = False


@dataclass(frozen=True, slots=True)
class PanelState:
    """Whether the lamps are commanded on, and each circuit's meter in kWh."""

    commanded_on: bool
    energy_kwh: tuple[float, ...]


def is_commanded(was_on: bool, illuminance_lx: float) -> bool:  # noqa: FBT001 - a state, not a switch
    """Decide as the photocell does, with its hysteresis against flicker at dusk."""
    return illuminance_lx < (OFF_ABOVE_LX if was_on else ON_BELOW_LX)


def circuit_power_w(circuit: Circuit, fault: CircuitFault, *, on: bool, voltage_v: float) -> float:
    """Compute what a circuit takes; LED drivers hold their power while the voltage wanders."""
    if not on or fault.breaker_open or voltage_v < 1.0:
        return 0.0
    lit = circuit.lamps - round(circuit.lamps * fault.burnt_share)
    return lit * circuit.lamp_w


def current_a(power_w: float, voltage_v: float) -> float:
    """Compute the current of a load of `power_w`."""
    return power_w / (voltage_v * POWER_FACTOR) if voltage_v >= 1.0 else 0.0


def panel_power_w(circuits_w: float, voltage_v: float) -> float:
    """Compute what the panel takes in all: its circuits and its own parts."""
    return circuits_w + _PANEL_W if voltage_v >= 1.0 else 0.0


def meter(state: PanelState, powers_w: tuple[float, ...], step_s: float) -> PanelState:
    """Count the energy of a step on each circuit's meter."""
    counted = tuple(
        energy + power * step_s / 3_600_000.0 for energy, power in zip(state.energy_kwh, powers_w, strict=True)
    )
    return replace(state, energy_kwh=counted)
