"""The physics of the simulated regency: rain, rivers, lamps, batteries, weather."""

import itertools
from dataclasses import replace
from datetime import datetime

import pytest

from simulators.regency.load import load_regency
from simulators.regency.model import RiverGauge
from simulators.world import cabinet, lamps, river
from simulators.world.cabinet import CabinetState, Ups
from simulators.world.instruments import readings
from simulators.world.lamps import Circuit, CircuitFault, PanelState
from simulators.world.noise import drift
from simulators.world.rain import Shower, rain_rate_mm_h, showers_of_day
from simulators.world.river import Reach, RiverState
from simulators.world.state import WorldState
from simulators.world.world import World, reach_of

REACH = Reach(catchment_km2=100, runoff=0.5, reservoir_h=1.0, base_flow_m3_s=5.0, rating_m=0.4, rating_power=0.42)
UPS = Ups(capacity_wh=480, load_w=45)
HOUR_S = 3_600.0


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _flood(step_s: float) -> list[float]:
    """Give the stage each ten minutes: one hour of 40 mm/h, then dry."""
    state, stages, at_s = RiverState(), [], 0.0
    while at_s < 24 * HOUR_S:
        state = river.step(REACH, state, 40.0 if at_s < HOUR_S else 0.0, step_s)
        at_s += step_s
        if at_s % 600 == 0:
            stages.append(river.stage_m(REACH, state))
    return stages


def test_noise_when_asked_twice_then_the_same_and_smooth() -> None:
    values = [drift(1, "wind", at_s, 600.0) for at_s in range(6_000)]
    assert values == [drift(1, "wind", at_s, 600.0) for at_s in range(6_000)]
    assert max(abs(later - earlier) for earlier, later in itertools.pairwise(values)) < 0.01
    assert values != [drift(2, "wind", at_s, 600.0) for at_s in range(6_000)]


def test_showers_when_a_wet_month_is_compared_with_a_dry_one_then_wetter_and_in_the_afternoon() -> None:
    days = {"wet": _at("2026-01-01T00:00:00+07:00"), "dry": _at("2026-08-01T00:00:00+07:00")}
    falls = {
        season: [
            shower for day in range(31) for shower in showers_of_day(7, "prigen", int(start_s // 86_400) + 1 + day)
        ]
        for season, start_s in days.items()
    }
    assert len(falls["wet"]) > 3 * len(falls["dry"])
    assert all(13 <= (shower.start_s + 7 * HOUR_S) % 86_400 / HOUR_S < 18.01 for shower in falls["wet"])


def test_rivers_when_no_rain_is_ordered_then_none_reaches_a_stage_in_a_whole_year() -> None:
    regency = load_regency()
    gauges = [asset for site in regency.sites for asset in site.assets if isinstance(asset, RiverGauge)]
    begin_s, step_s = _at("2026-01-01T00:00:00+07:00"), 1_800.0
    for gauge in gauges:
        reach, state, highest_m = reach_of(gauge), RiverState(), 0.0
        for number in range(365 * 48):
            rain = rain_rate_mm_h(regency.seed, gauge.upstream, begin_s + number * step_s)
            state = river.step(reach, state, rain, step_s)
            highest_m = max(highest_m, river.stage_m(reach, state))
        assert highest_m < gauge.siaga_m[0], gauge.code


def test_rain_when_a_shower_is_ordered_then_it_falls_during_it_and_not_after() -> None:
    dry_s = _at("2026-08-03T03:00:00+07:00")
    shower = Shower(dry_s, HOUR_S, 60.0)
    assert rain_rate_mm_h(1, "prigen", dry_s + HOUR_S / 2, [shower]) > 40
    assert rain_rate_mm_h(1, "prigen", dry_s + 2 * HOUR_S, [shower]) == 0.0


def test_river_when_it_has_rained_then_it_peaks_hours_later_and_falls_back() -> None:
    stages = _flood(step_s=60.0)
    peak_at_h = (stages.index(max(stages)) + 1) / 6
    assert 2.0 <= peak_at_h <= 4.0
    assert max(stages) > stages[0] + 1.0
    assert stages[-1] == pytest.approx(river.stage_m(REACH, RiverState()), abs=0.01)


def test_river_when_stepped_by_the_second_then_as_when_stepped_by_the_minute() -> None:
    assert _flood(step_s=1.0) == pytest.approx(_flood(step_s=60.0), abs=0.02)


def test_river_when_water_has_passed_then_what_fell_has_flowed_off() -> None:
    state, volume_m3 = RiverState(), 0.0
    for minute in range(48 * 60):
        state = river.step(REACH, state, 36.0 if minute < 60 else 0.0, 60.0)
        volume_m3 += state.flows_m3_s[-1] * 60.0
    fallen_m3 = 0.036 * REACH.catchment_km2 * 1e6 * REACH.runoff
    assert volume_m3 == pytest.approx(fallen_m3, rel=0.01)


def test_welang_when_24_november_2025_is_replayed_then_over_its_banks_about_half_past_six() -> None:
    regency = load_regency().first_boxes(4)
    world = World(regency, _at("2025-11-24T12:00:00+07:00"))
    bank_m = next(asset.siaga_m[2] for code, (_, asset) in regency.assets().items() if code == "KRT-01.gauge-1")
    crossed_at_s = {}
    for minute in range(0, 14 * 60, 5):
        world.advance(_at("2025-11-24T12:00:00+07:00") + minute * 60)
        for code in ("PWD-01.gauge-1", "KRT-01.gauge-1"):
            level_m = readings(world, code)["water_level"]
            limit_m = bank_m if code == "KRT-01.gauge-1" else 2.9
            if level_m > limit_m:
                crossed_at_s.setdefault(code, world.at_s)
    assert crossed_at_s["KRT-01.gauge-1"] == pytest.approx(_at("2025-11-24T18:30:00+07:00"), abs=1_800)
    lead_s = crossed_at_s["KRT-01.gauge-1"] - crossed_at_s["PWD-01.gauge-1"]
    assert lead_s > 2 * HOUR_S  # an upstream gauge buys hours


def test_lamps_when_dusk_falls_and_passes_then_switched_with_hysteresis() -> None:
    assert not lamps.is_commanded(was_on=False, illuminance_lx=20)
    assert lamps.is_commanded(was_on=False, illuminance_lx=10)
    assert lamps.is_commanded(was_on=True, illuminance_lx=20)
    assert not lamps.is_commanded(was_on=True, illuminance_lx=40)


def test_lamp_circuit_when_half_of_it_burns_out_then_half_of_the_power() -> None:
    circuit = Circuit(lamps=20, lamp_w=100)
    whole = lamps.circuit_power_w(circuit, CircuitFault(), on=True, voltage_v=220)
    half = lamps.circuit_power_w(circuit, CircuitFault(burnt_share=0.5), on=True, voltage_v=220)
    tripped = lamps.circuit_power_w(circuit, CircuitFault(breaker_open=True), on=True, voltage_v=220)
    assert (whole, half, tripped) == (2_000, 1_000, 0)
    assert lamps.current_a(whole, 220.0) == pytest.approx(2_000 / 220 / 0.95)


def test_lamp_meter_when_an_hour_passes_then_it_has_counted_it() -> None:
    state = PanelState(commanded_on=True, energy_kwh=(10.0, 20.0))
    assert lamps.meter(state, (500.0, 0.0), HOUR_S).energy_kwh == pytest.approx((10.5, 20.0))


def test_world_when_two_days_pass_then_meters_only_rise_and_lamps_burn_by_night() -> None:
    world = World(load_regency().first_boxes(1), _at("2026-08-10T00:00:00+07:00"))
    seen = []
    for _ in range(48):
        world.advance(world.at_s + HOUR_S)
        seen.append((int((world.at_s / HOUR_S + 7) % 24), readings(world, "TD-01.lamp-1")))
    energies = [read["energy"] for _, read in seen]
    assert energies == sorted(energies)
    assert energies[-1] > energies[0]
    assert all(read["commanded_on"] == (hour < 6 or hour >= 18) for hour, read in seen if hour not in (5, 17))
    assert all(read["current/1"] > 5 for hour, read in seen if hour == 22)
    assert all(read["current/1"] == 0 for hour, read in seen if hour == 12)


def test_ups_when_mains_fail_then_empty_after_its_runtime_and_slower_at_half_the_load() -> None:
    runtime_h = cabinet.runtime_h(UPS)
    assert 5 < runtime_h < 480 / 45  # Peukert: less than capacity over load
    assert cabinet.charge_pct(UPS, 100.0, mains=False, step_s=runtime_h * HOUR_S / 2) == pytest.approx(50.0)
    assert cabinet.charge_pct(UPS, 100.0, mains=False, step_s=2 * runtime_h * HOUR_S) == 0.0
    assert cabinet.runtime_h(replace(UPS, load_w=22.5)) > 2 * runtime_h


def test_ups_when_mains_return_then_fast_to_four_fifths_and_slow_to_the_top() -> None:
    charge_pct, curve = 0.0, []
    for _ in range(20 * 60):
        charge_pct = cabinet.charge_pct(UPS, charge_pct, mains=True, step_s=60.0)
        curve.append(charge_pct)
    gains = [later - earlier for earlier, later in itertools.pairwise(curve)]
    assert curve == sorted(curve)
    assert gains[10] == pytest.approx(gains[100])
    assert gains[-1] < 0.1 * gains[0]
    assert 99 < curve[-1] <= 100


def test_cabinet_when_the_door_opens_in_the_sun_then_it_cools() -> None:
    hot = CabinetState(temperature_cel=48.0, ups_charge_pct=100.0)
    after = {
        door_open: cabinet.step(
            UPS, hot, outside_cel=31, irradiance_w_m2=900, door_open=door_open, mains=True, step_s=1_200
        )
        for door_open in (False, True)
    }
    assert after[True].temperature_cel < 37 < after[False].temperature_cel


def test_world_when_mains_fail_for_a_day_then_devices_fall_silent_once_the_battery_is_empty() -> None:
    world = World(load_regency().first_boxes(1), _at("2026-08-10T08:00:00+07:00"))
    world.faults.order("mains_failure", "TD-01", world.at_s, 24 * HOUR_S)
    world.advance(world.at_s + HOUR_S)
    assert readings(world, "TD-01.cabinet-1")["mains_present"] is False
    assert readings(world, "TD-01.lamp-1")["voltage"] == 0.0
    assert world.is_powered("TD-01.lamp-1")
    world.advance(world.at_s + 12 * HOUR_S)
    assert readings(world, "TD-01.cabinet-1")["ups_charge"] == 0.0
    assert not world.is_powered("TD-01.lamp-1")


def test_weather_when_a_mast_stands_high_then_cooler_and_thinner_air() -> None:
    world = World(load_regency(), _at("2026-08-10T12:00:00+07:00"))
    low, high = readings(world, "BGL-01.mast-1"), readings(world, "TSR-01.mast-1")
    assert high["air_temperature"] < low["air_temperature"] - 8
    assert high["air_pressure"] < 850
    assert low["air_pressure"] > 1_000
    assert all(20 < read["relative_humidity"] <= 100 for read in (low, high))


def test_world_when_saved_and_resumed_then_it_goes_on_as_if_it_had_never_stopped() -> None:
    regency, start_s = load_regency().first_boxes(2), _at("2026-01-10T16:00:00+07:00")
    whole, first = World(regency, start_s), World(regency, start_s)
    saved = WorldState.model_validate_json(first.state().model_dump_json())
    whole.advance(start_s + 6 * HOUR_S)
    resumed = World(regency, start_s + 6 * HOUR_S, saved)
    for code in regency.assets():
        assert readings(resumed, code) == pytest.approx(readings(whole, code))
