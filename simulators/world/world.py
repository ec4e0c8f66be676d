"""The whole regency in motion: every model stepped by one clock. What instruments read of it: `instruments.py`."""

from dataclasses import dataclass

from simulators.faults import Fault, FaultBook
from simulators.regency.model import Asset, LampPanel, Regency, RiverGauge, Site
from simulators.world import cabinet, lamps, river, weather
from simulators.world.cabinet import CabinetState, Ups
from simulators.world.lamps import Circuit, CircuitFault, PanelState
from simulators.world.noise import draw
from simulators.world.rain import Shower, rain_rate_mm_h
from simulators.world.river import Reach, RiverState
from simulators.world.sky import illuminance_lx, irradiance_w_m2
from simulators.world.state import WorldState
from simulators.world.sun import elevation_deg

MAX_STEP_S = 60.0
WARM_UP_S = 24 * 3_600.0  # rivers, batteries and cabinets have settled after a day
CATCH_UP_S = 24 * 3_600.0  # a longer pause is not lived through: its meters go on from where they stood


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a site's assets have in common at one instant."""

    rain_mm_h: float
    irradiance_w_m2: float
    illuminance_lx: float
    air_cel: float
    mains: bool
    voltage_v: float


class World:
    """The regency's physics.

    Args:
        regency: what there is.
        now_s: the world's time to begin at, seconds since 1970.
        saved: state of an earlier run; the time since then is lived through, up to `CATCH_UP_S`.
    """

    def __init__(self, regency: Regency, now_s: float, saved: WorldState | None = None) -> None:
        self.regency = regency
        self._assets = regency.assets()
        targets: dict[str, str] = {code: asset.kind for code, (_, asset) in self._assets.items()}
        targets |= dict.fromkeys(regency.signals(), "signal_controller") | dict.fromkeys(regency.cameras(), "camera")
        targets |= dict.fromkeys(regency.loudspeakers(), "loudspeaker")
        targets |= {site.code: "site" for site in regency.sites} | dict.fromkeys(regency.rain_areas, "area")
        self.faults = FaultBook(targets, saved.faults if saved else ())
        self.now = _begin(regency, saved, now_s)
        self._sites = {site.code: self._surroundings(site, self.now.at_s) for site in regency.sites}
        self.advance(now_s)

    @property
    def at_s(self) -> float:
        """The world's time up to which it has been stepped."""
        return self.now.at_s

    def advance(self, to_s: float) -> None:
        """Step all models up to an instant."""
        while self.now.at_s < to_s:
            self._step(min(MAX_STEP_S, to_s - self.now.at_s))
        self.faults.forget_ended(self.now.at_s)

    def state(self) -> WorldState:
        """Give what must be remembered."""
        return self.now.model_copy(update={"faults": self.faults.all()})

    def find(self, code: str) -> tuple[Site, Asset]:
        """Find an asset and its site."""
        return self._assets[code]

    def surroundings(self, site: Site) -> Surroundings:
        """Give what a site's assets have in common now."""
        return self._sites[site.code]

    def is_powered(self, code: str) -> bool:
        """Tell whether an asset has power: from the mains, or from its site's UPS while that lasts."""
        site, _ = self._assets[code]
        if self._sites[site.code].mains:
            return True
        return any(self.now.cabinets[asset.code].ups_charge_pct > 0 for asset in site.assets if asset.kind == "cabinet")

    def set_siren(self, code: str, *, on: bool) -> None:
        """Switch a gauge's siren, as its coil was written."""
        self.now.sirens[code] = on

    def active(self, code: str, what: str) -> Fault | None:
        """Find the fault of a kind in force on an asset now."""
        return self.faults.active(code, what, self.at_s)

    def _step(self, step_s: float) -> None:
        at_s = self.now.at_s = self.now.at_s + step_s
        rain = {area: self._rain_mm_h(area, at_s) for area in self.regency.rain_areas}
        for area, rate in rain.items():
            self.now.rain_total_mm[area] = self.now.rain_total_mm.get(area, 0.0) + rate * step_s / 3_600.0
        for site in self.regency.sites:
            now = self._sites[site.code] = self._surroundings(site, at_s)
            for asset in site.assets:
                self._step_asset(asset, now, rain, step_s)

    def _step_asset(self, asset: Asset, now: Surroundings, rain: dict[str, float], step_s: float) -> None:
        state = self.now
        if asset.kind == "river_gauge":
            state.rivers[asset.code] = river.step(
                reach_of(asset), state.rivers[asset.code], rain[asset.upstream], step_s
            )
        elif asset.kind == "lamp_panel":
            before = state.panels[asset.code]
            on = lamps.is_commanded(before.commanded_on, now.illuminance_lx)
            after = PanelState(commanded_on=on, energy_kwh=before.energy_kwh)
            state.panels[asset.code] = lamps.meter(after, self.circuit_powers_w(asset, after, now), step_s)
        elif asset.kind == "cabinet":
            state.cabinets[asset.code] = cabinet.step(
                Ups(asset.ups_capacity_wh, asset.ups_load_w),
                state.cabinets[asset.code],
                outside_cel=now.air_cel,
                irradiance_w_m2=now.irradiance_w_m2,
                door_open=self.active(asset.code, "door_open") is not None,
                mains=now.mains,
                step_s=step_s,
            )

    def _surroundings(self, site: Site, at_s: float) -> Surroundings:
        seed = self.regency.seed
        rain = self._rain_mm_h(site.rain_area, at_s)
        cloud = weather.cloud_share(seed, site.rain_area, at_s, rain)
        height = elevation_deg(at_s, site.latitude, site.longitude)
        mains = not any(self.faults.active(on, "mains_failure", at_s) for on in _mains_targets(site))
        return Surroundings(
            rain_mm_h=rain,
            irradiance_w_m2=irradiance_w_m2(height, cloud),
            illuminance_lx=illuminance_lx(height, cloud),
            air_cel=weather.air_temperature_cel(seed, site.code, at_s, site.height_m, rain),
            mains=mains,
            voltage_v=cabinet.mains_voltage_v(seed, site.code, at_s, mains=mains),
        )

    def _rain_mm_h(self, area: str, at_s: float) -> float:
        ordered = [
            Shower(replay.at.timestamp(), replay.duration, replay.peak_mm_h)
            for replay in self.regency.replays
            if replay.area == area
        ]
        places = {area} | {site.code for site in self.regency.sites if site.rain_area == area}
        ordered.extend(
            Shower(fault.from_s, fault.until_s - fault.from_s, fault.amount)
            for fault in self.faults.of_kind("rain_burst")
            if fault.on in places
        )
        return rain_rate_mm_h(self.regency.seed, area, at_s, ordered)

    def circuit_powers_w(self, panel: LampPanel, state: PanelState, now: Surroundings) -> tuple[float, ...]:
        """Compute what each circuit of a panel takes, in W, its faults included."""
        burnt, tripped = self.active(panel.code, "burn_out"), self.active(panel.code, "breaker_trip")
        return tuple(
            lamps.circuit_power_w(
                Circuit(circuit.lamps, circuit.lamp_w),
                CircuitFault(
                    burnt_share=burnt.amount if burnt and number == 1 else 0.0,
                    breaker_open=bool(tripped and round(tripped.amount) == number),
                ),
                on=state.commanded_on,
                voltage_v=now.voltage_v,
            )
            for number, circuit in enumerate(panel.circuits, start=1)
        )


def reach_of(gauge: RiverGauge) -> Reach:
    """Give the reach above a gauge."""
    return Reach(
        catchment_km2=gauge.catchment_km2,
        runoff=gauge.runoff,
        reservoir_h=gauge.reservoir_h,
        base_flow_m3_s=gauge.base_flow_m3_s,
        rating_m=gauge.rating_m,
        rating_power=gauge.rating_power,
    )


def _mains_targets(site: Site) -> list[str]:
    return [site.code, *(asset.code for asset in site.assets if asset.kind == "cabinet")]


def _begin(regency: Regency, saved: WorldState | None, now_s: float) -> WorldState:
    """Make the state to step from: the saved one, with a beginning for every asset that is new."""
    if saved and saved.at_s <= now_s:
        state = saved.model_copy(deep=True)
        state.at_s = max(saved.at_s, now_s - CATCH_UP_S)
    else:
        state = saved.model_copy(deep=True) if saved else WorldState(at_s=0.0)
        state.at_s = now_s - WARM_UP_S
    for code, (_, asset) in regency.assets().items():
        if asset.kind == "lamp_panel" and len(state.panels.get(code, _NO_PANEL).energy_kwh) != len(asset.circuits):
            state.panels[code] = PanelState(commanded_on=False, energy_kwh=_old_meters(regency.seed, asset))
        elif asset.kind == "river_gauge":
            state.rivers.setdefault(code, RiverState())
        elif asset.kind == "cabinet":
            state.cabinets.setdefault(code, CabinetState(temperature_cel=30.0, ups_charge_pct=100.0))
    return state


_NO_PANEL = PanelState(commanded_on=False, energy_kwh=())


def _old_meters(seed: int, panel: LampPanel) -> tuple[float, ...]:
    """Draw meters of a panel that has been there for one to three years, on for twelve hours a night."""
    nights = 365 + int(730 * draw(seed, panel.code, "nights"))
    return tuple(round(nights * 12.0 * circuit.lamps * circuit.lamp_w / 1_000.0, 1) for circuit in panel.circuits)
