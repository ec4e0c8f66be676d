"""What each asset's instrument reads of the world, in the catalogue's units.

Readings are keyed by quantity; those of a part of an asset by `current/1`, `energy/1` and so on.
"""

from simulators.regency.model import Cabinet, LampPanel, RiverGauge, Site, WeatherMast
from simulators.world import lamps, river, weather
from simulators.world.noise import jitter
from simulators.world.world import World, reach_of

Reading = float | bool
_TIP_MM = 0.2  # a tipping-bucket rain gauge counts in tips


def readings(world: World, code: str) -> dict[str, Reading]:
    """Give what an asset's instrument reads now."""
    site, asset = world.find(code)
    match asset:
        case LampPanel():
            return _panel(world, site, asset)
        case RiverGauge():
            return _gauge(world, site, asset)
        case WeatherMast():
            return _mast(world, site)
        case Cabinet():
            return _cabinet(world, site, asset)


def _panel(world: World, site: Site, panel: LampPanel) -> dict[str, Reading]:
    state, now = world.now.panels[panel.code], world.surroundings(site)
    powers_w = world.circuit_powers_w(panel, state, now)
    total_w = lamps.panel_power_w(sum(powers_w), now.voltage_v)
    read: dict[str, Reading] = {
        "voltage": now.voltage_v,
        "commanded_on": state.commanded_on,
        "energy": sum(state.energy_kwh),
        "active_power": total_w,
        "power_factor": lamps.POWER_FACTOR if total_w else 0.0,
        "current": lamps.current_a(total_w, now.voltage_v),
        "frequency": 50.0 + 0.04 * jitter(world.regency.seed, "grid", world.at_s) if now.mains else 0.0,
        "illuminance": now.illuminance_lx,
    }
    for number, power_w in enumerate(powers_w, start=1):
        noise = 1.0 + 0.01 * jitter(world.regency.seed, f"{panel.code}:{number}", world.at_s)
        read[f"current/{number}"] = lamps.current_a(power_w, now.voltage_v) * noise
        read[f"active_power/{number}"] = power_w * noise
        read[f"power_factor/{number}"] = lamps.POWER_FACTOR if power_w else 0.0
        read[f"energy/{number}"] = state.energy_kwh[number - 1]
        read[f"lamp_fault/{number}"] = (
            state.commanded_on and now.mains and power_w < panel.circuits[number - 1].expected_w
        )
    return read


def _gauge(world: World, site: Site, gauge: RiverGauge) -> dict[str, Reading]:
    reach, state = reach_of(gauge), world.now.rivers[gauge.code]
    surge = world.active(gauge.code, "surge")
    ripple_m = 0.004 * jitter(world.regency.seed, gauge.code, world.at_s)
    return {
        "water_level": river.stage_m(reach, state) + ripple_m + (surge.amount if surge else 0.0),
        "discharge": river.discharge_m3_s(reach, state),
        "siren_on": world.now.sirens.get(gauge.code, False),
    } | _rain(world, site)


def _mast(world: World, site: Site) -> dict[str, Reading]:
    now = world.surroundings(site)
    air = weather.weather(world.regency.seed, site.code, world.at_s, site.height_m, now.rain_mm_h)
    return {
        "air_temperature": air.air_temperature_cel,
        "relative_humidity": air.relative_humidity_pct,
        "air_pressure": air.air_pressure_hpa,
        "wind_speed": air.wind_speed_m_s,
        "wind_direction": air.wind_direction_deg,
        "irradiance": now.irradiance_w_m2,
        "illuminance": now.illuminance_lx,
    } | _rain(world, site)


def _cabinet(world: World, site: Site, asset: Cabinet) -> dict[str, Reading]:
    state, now = world.now.cabinets[asset.code], world.surroundings(site)
    return {
        "door_open": world.active(asset.code, "door_open") is not None,
        "mains_present": now.mains,
        "voltage": now.voltage_v,
        "ups_charge": state.ups_charge_pct,
        "temperature": state.temperature_cel + 0.05 * jitter(world.regency.seed, asset.code, world.at_s),
    }


def _rain(world: World, site: Site) -> dict[str, Reading]:
    fallen_mm = world.now.rain_total_mm.get(site.rain_area, 0.0)
    return {
        "rain_rate": world.surroundings(site).rain_mm_h,
        "rain_total": round(fallen_mm // _TIP_MM * _TIP_MM, 1),
    }
