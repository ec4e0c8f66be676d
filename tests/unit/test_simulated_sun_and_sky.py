"""Where the sun stands over Pasuruan, and how bright it is."""

import itertools
from datetime import UTC, datetime

import pytest

from simulators.world.sky import illuminance_lx, irradiance_w_m2
from simulators.world.sun import crossings, elevation_deg

PASURUAN = (-7.6, 112.9)
WIB_S = 7 * 3_600


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _clock(at_s: float) -> str:
    return datetime.fromtimestamp(at_s + WIB_S, UTC).strftime("%H:%M")


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def test_elevation_at_the_reference_of_nrel_then_within_a_twentieth_of_a_degree() -> None:
    # NREL/TP-560-34302, appendix A.5: 39.742476 N, 105.1786 W, 2003-10-17 12:30:30 UTC-7; topocentric, unrefracted.
    elevation = elevation_deg(_at("2003-10-17T12:30:30-07:00"), 39.742476, -105.1786)
    assert elevation == pytest.approx(39.872046, abs=0.05)


def test_sunrise_and_sunset_at_the_reference_of_nrel_then_within_two_minutes() -> None:
    rise_s, set_s = crossings(_at("2003-10-17T00:00:00-07:00"), 39.742476, -105.1786)
    assert rise_s == pytest.approx(_at("2003-10-17T06:12:43-07:00"), abs=120)
    assert set_s == pytest.approx(_at("2003-10-17T17:20:19-07:00"), abs=120)


@pytest.mark.parametrize(
    ("day", "sunrise", "sunset"),
    [
        # By hand from the Almanac: noon at 11:28:24 WIB less the equation of time, half days of 5.84 h and 6.29 h.
        ("2025-06-21", "05:40", "17:21"),
        ("2025-12-21", "05:09", "17:44"),
        # aa.quae.nl, table 1, latitude -8: 05:46 local mean time, 31.6 min before WIB's at 112.9 E.
        ("2025-01-01", "05:15", "17:49"),
    ],
)
def test_sunrise_and_sunset_in_pasuruan_then_within_three_minutes_of_tables(
    day: str, sunrise: str, sunset: str
) -> None:
    rise_s, set_s = crossings(_at(f"{day}T00:00:00+07:00"), *PASURUAN)
    assert abs(_minutes(_clock(rise_s)) - _minutes(sunrise)) <= 3
    assert abs(_minutes(_clock(set_s)) - _minutes(sunset)) <= 3


def test_irradiance_when_the_sun_is_down_then_nothing() -> None:
    assert irradiance_w_m2(-0.1, cloud=0.0) == 0.0


def test_irradiance_when_the_sun_is_overhead_then_about_a_kilowatt_and_less_under_cloud() -> None:
    assert 1_000 < irradiance_w_m2(90, cloud=0.0) < 1_080
    assert irradiance_w_m2(90, cloud=1.0) == pytest.approx(0.25 * irradiance_w_m2(90, cloud=0.0))


def test_illuminance_when_twilight_deepens_then_falls_without_a_jump() -> None:
    levels = [illuminance_lx(tenth / 10, cloud=0.0) for tenth in range(20, -200, -1)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(levels))
    assert illuminance_lx(-6, cloud=0.0) == pytest.approx(3.4)
    assert illuminance_lx(-30, cloud=0.0) < 0.001
