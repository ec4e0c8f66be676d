"""Register maps: grouped into few reads, cut and converted right, and in the catalogue's units."""

import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.catalogue import CATALOGUE
from edge.errors import Misconfigured
from edge.sensors.profile import load, load_all
from edge.sensors.registers import MAX_BITS, MAX_REGISTERS, BoundPoint, bind, group, is_plausible, value_of
from edge.settings import EdgeSettings

PROFILES = load_all(EdgeSettings().profiles_dir)


def point(address: int, table: str = "input", kind: str = "u16", **more: object) -> BoundPoint:
    fields = {
        "asset": "TD-01.x",
        "quantity": "voltage",
        "unit": "V",
        "table": table,
        "address": address,
        "type": kind,
        "bit": None,
        "word_order": "big",
        "scale": 1.0,
        "offset": 0.0,
        "interval_s": 1.0,
        "low": -math.inf,
        "high": math.inf,
        "dead_band": 0.0,
        "max_silence_s": 300.0,
        "writable": False,
    }
    return BoundPoint(**(fields | more))


def test_points_when_close_then_share_one_read() -> None:
    reads = group([point(4, kind="u32"), point(0), point(10)], max_gap=4)
    assert [(read.address, read.count, len(read.points)) for read in reads] == [(0, 11, 3)]


def test_points_when_far_apart_or_in_other_tables_then_are_read_apart() -> None:
    reads = group([point(0), point(6), point(0, "holding")], max_gap=4)
    assert [(read.table, read.address, read.count) for read in reads] == [
        ("holding", 0, 1),
        ("input", 0, 1),
        ("input", 6, 1),
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600), st.sampled_from(["input", "holding", "coil"]), st.sampled_from(["u16", "u32", "f32"])
        ),
        max_size=80,
    ),
    st.integers(0, 20),
)
def test_any_map_when_grouped_then_every_point_is_inside_exactly_one_legal_read(
    places: list[tuple[int, str, str]], max_gap: int
) -> None:
    points = [point(at, table, "bool" if table == "coil" else kind) for at, table, kind in places]
    reads = group(points, max_gap)
    assert sorted(id(found) for read in reads for found in read.points) == sorted(map(id, points))
    for read in reads:
        assert read.count <= (MAX_BITS if read.table == "coil" else MAX_REGISTERS)
        for found in read.points:
            assert read.table == found.table
            assert read.address <= found.address
            assert found.address + found.width <= read.address + read.count


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from(["big", "little"]))
def test_a_double_word_when_cut_then_follows_its_word_order(number: int, order: str) -> None:
    words = list(struct.unpack(">HH", struct.pack(">i", number)))
    held = point(3, kind="s32", word_order=order)
    (read,) = group([held], 0)
    assert value_of(held, read, words if order == "big" else words[::-1]) == pytest.approx(number, rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "words", "scale", "offset", "value"),
    [
        ("u16", [2301], 0.1, 0, 230.1),
        ("s16", [65_535 - 249], 0.001, 0, -0.25),
        ("s16", [250], 0.1, -40, -15.0),
        ("u32", [1, 0], 1, 0, 65_536),
        ("f32", [0x41C8, 0x0000], 1, 0, 25.0),
    ],
)
def test_a_raw_value_when_converted_then_is_in_the_unit(
    kind: str, words: list[int], scale: float, offset: float, value: float
) -> None:
    held = point(0, kind=kind, scale=scale, offset=offset)
    assert value_of(held, group([held], 0)[0], words) == value


def test_a_bit_of_a_register_when_cut_then_is_a_bool() -> None:
    held = point(0, kind="bool", bit=3)
    assert value_of(held, group([held], 0)[0], [0b1000]) is True
    assert value_of(held, group([held], 0)[0], [0b0111]) is False


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 10.1])
def test_a_value_when_nan_or_out_of_range_then_is_not_plausible(value: float) -> None:
    assert not is_plausible(point(0, low=0.0, high=10.0), value)


def test_parts_of_a_panel_when_bound_then_are_assets_of_their_own_read_together() -> None:
    points = bind(PROFILES["lamp-panel"], "TD-01.lamp-1", ["c1", "c3"], {"c3/current": {"interval_s": 1.0}})
    places = {(found.asset, found.quantity): (found.address, found.interval_s) for found in points}
    assert places[("TD-01.lamp-1-c1", "current")] == (1, 5)
    assert places[("TD-01.lamp-1-c3", "current")] == (21, 1)
    assert places[("TD-01.lamp-1-c3", "commanded_on")] == (2, 5)
    everything = bind(PROFILES["lamp-panel"], "TD-01.lamp-1", None, {})
    assert len(group(everything, PROFILES["lamp-panel"].max_gap)) == 2  # one of coils, one of registers


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_profile_when_shipped_then_keeps_to_the_catalogue_and_names_its_source(name: str) -> None:
    profile = PROFILES[name]
    points = bind(profile, "TD-01.x-1", None, {})
    assert profile.source
    for found in points:
        row = CATALOGUE[found.quantity]
        assert found.unit == row.unit
        assert row.low is None or found.low >= row.low
        assert row.high is None or found.high <= row.high
        assert found.max_silence_s is None or found.max_silence_s >= found.interval_s
    assert len({(found.asset, found.quantity) for found in points}) == len(points)


def test_the_units_of_all_shipped_series_are_these() -> None:
    units = {
        f"{name} {found.quantity}": found.unit
        for name, profile in PROFILES.items()
        for found in (*profile.points, *(profile.parts.points if profile.parts else ()))
    }
    assert units == {
        "cabinet door_open": "1",
        "cabinet mains_present": "1",
        "cabinet temperature": "Cel",
        "cabinet ups_charge": "%",
        "cabinet voltage": "V",
        "lamp-panel commanded_on": "1",
        "lamp-panel current": "A",
        "lamp-panel energy": "kW.h",
        "lamp-panel voltage": "V",
        "river-gauge rain_rate": "mm/h",
        "river-gauge rain_total": "mm",
        "river-gauge siren_on": "1",
        "river-gauge water_level": "m",
        "weather-mast air_pressure": "hPa",
        "weather-mast air_temperature": "Cel",
        "weather-mast illuminance": "lx",
        "weather-mast irradiance": "W/m2",
        "weather-mast rain_rate": "mm/h",
        "weather-mast rain_total": "mm",
        "weather-mast relative_humidity": "%",
        "weather-mast wind_direction": "deg",
        "weather-mast wind_speed": "m/s",
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("quantity: curent, unit: A, table: input, address: 0, type: u16", "did you mean 'current'?"),
        ("quantity: current, unit: mA, table: input, address: 0, type: u16", "current is in 'A', not 'mA'"),
        ("quantity: current, unit: A, table: coil, address: 0, type: u16", "type must be bool"),
        ("quantity: current, unit: A, table: input, address: 0, type: bool, bit: 1", "does not carry that"),
        ("quantity: current, unit: A, table: input, address: 70000, type: u16", "less than or equal to 65535"),
        ("quantity: current, unit: A, table: input, address: 0, type: u16, plausible: [5, 1]", "5.0 is not below 1.0"),
        ("quantity: current, unit: A, table: input, address: 0, type: u16, plausible: [0, 9999]", "beyond the catalog"),
        ("quantity: siren_on, unit: '1', table: discrete, address: 0, type: bool, writable: true", "only a coil"),
    ],
)
def test_a_profile_when_wrong_then_says_where_and_what_would_be_right(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"profile: x\ntitle: x\nsource: nothing but a test\npoints:\n  - {{{wrong}, interval_s: 1}}\n")
    with pytest.raises(Misconfigured) as refused:
        load(path)
    assert "x.yaml:5: points[0]" in str(refused.value)
    assert said in str(refused.value)
