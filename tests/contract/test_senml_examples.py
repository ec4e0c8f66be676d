"""Every JSON example of RFC 8428 section 5.1 is accepted and resolves by the rules of section 4.6."""

import json

import pytest

from edge.contract import senml
from edge.contract.rejected import Rejected

NOW_S = 1_800_000_000.0
DEVICE = "urn:dev:ow:10e2073a01080063"

SINGLE = [{"n": DEVICE, "u": "Cel", "v": 23.1}]
TWO_NOW = [{"bn": DEVICE + ":", "n": "voltage", "u": "V", "v": 120.1}, {"n": "current", "u": "A", "v": 1.2}]
SIX_SECONDS = [
    {"bn": "urn:dev:ow:10e2073a0108006:", "bt": 1.276020076001e9, "bu": "A", "bver": 5, "n": "voltage", "u": "V",
     "v": 120.1},
    *({"n": "current", "t": -5 + step, "v": 1.2 + step / 10} for step in range(5)),
    {"n": "current", "v": 1.7},
]  # fmt: skip
STREAM = [
    {"bn": DEVICE, "bt": 1.320067464e9, "bu": "%RH", "v": 21.2},
    *(
        {"t": 10 * (index + 1), "v": value}
        for index, value in enumerate((21.3, 21.4, 21.4, 21.5, 21.5, 21.5, 21.6, 21.7))
    ),
]
WALK = [
    {"bn": DEVICE, "bt": 1.320067464e9, "bu": "%RH", "v": 20}, {"u": "lon", "v": 24.30621},
    {"u": "lat", "v": 60.07965},
    {"t": 60, "v": 20.3}, {"u": "lon", "t": 60, "v": 24.30622}, {"u": "lat", "t": 60, "v": 60.07965},
    {"t": 120, "v": 20.7}, {"u": "lon", "t": 120, "v": 24.30623}, {"u": "lat", "t": 120, "v": 60.07966},
    {"u": "%EL", "t": 150, "v": 98},
    {"t": 180, "v": 21.2}, {"u": "lon", "t": 180, "v": 24.30628}, {"u": "lat", "t": 180, "v": 60.07967},
]  # fmt: skip
# Section 5.1.4, written as (unit, seconds after the first, value).
WALK_RESOLVED = [
    ("%RH", 0, 20), ("lon", 0, 24.30621), ("lat", 0, 60.07965), ("%RH", 60, 20.3), ("lon", 60, 24.30622),
    ("lat", 60, 60.07965), ("%RH", 120, 20.7), ("lon", 120, 24.30623), ("lat", 120, 60.07966), ("%EL", 150, 98),
    ("%RH", 180, 21.2), ("lon", 180, 24.30628), ("lat", 180, 60.07967),
]  # fmt: skip
KINDS = [
    {"bn": DEVICE + ":", "n": "temp", "u": "Cel", "v": 23.1}, {"n": "label", "vs": "Machine Room"},
    {"n": "open", "vb": False}, {"n": "nfv-reader", "vd": "aGkgCg"},
]  # fmt: skip
GATHERED = [
    {"bn": "2001:db8::2/", "bt": 1.320078429e9, "n": "temperature", "u": "Cel", "v": 25.2},
    {"n": "humidity", "u": "%RH", "v": 30},
    {"bn": "2001:db8::1/", "n": "temperature", "u": "Cel", "v": 12.3}, {"n": "humidity", "u": "%RH", "v": 67},
]  # fmt: skip
SET_POINT = [
    {"bn": DEVICE + ":"}, {"n": "temp", "u": "Cel", "v": 23.1}, {"n": "heat", "u": "/", "v": 1},
    {"n": "fan", "u": "/", "v": 0},
]  # fmt: skip
LIGHTS_ON = [{"bt": 1.320078429e9, "bu": "/", "n": "2001:db8::3", "v": 1}, {"n": "2001:db8::4", "v": 1}]
LIGHTS_DIM = [
    {"bt": 1.320078429e9, "bu": "/", "n": "2001:db8::3", "v": 0.5}, {"n": "2001:db8::4", "v": 0.5},
    {"n": "2001:db8::3", "t": 0.1, "v": 0}, {"n": "2001:db8::4", "t": 0.1, "v": 0},
]  # fmt: skip
EXAMPLES = {
    "5.1.1": SINGLE, "5.1.2 now": TWO_NOW, "5.1.2 six seconds": SIX_SECONDS, "5.1.2 stream": STREAM, "5.1.3": WALK,
    "5.1.5": KINDS, "5.1.6": GATHERED, "5.1.7 set point": SET_POINT, "5.1.7 on": LIGHTS_ON, "5.1.7 dim": LIGHTS_DIM,
}  # fmt: skip


def _resolve(example: list) -> list[senml.Record]:
    records = senml.decode(json.dumps(example).encode())
    assert not isinstance(records, Rejected)
    columns = senml.resolve(records, NOW_S)
    assert not isinstance(columns, Rejected)
    return senml.resolved_records(columns)


@pytest.mark.parametrize("section", EXAMPLES)
def test_example_when_resolved_then_carries_no_base_and_is_in_order_of_time(section):
    found = _resolve(EXAMPLES[section])
    assert len(found) == sum(any(key in row for key in ("v", "vs", "vb", "vd")) for row in EXAMPLES[section])
    assert all(row.bn is row.bt is row.bu is row.bv is row.bs is row.bver is None for row in found)
    times_s = [row.t for row in found]
    assert times_s == sorted(times_s)
    assert all(time_s >= senml.RELATIVE_BELOW_S for time_s in times_s)


def test_walk_when_resolved_then_is_the_resolved_form_that_the_standard_gives():
    found = [(row.n, row.u, row.t, row.v) for row in _resolve(WALK)]
    assert found == [(DEVICE, unit, 1.320067464e9 + after_s, value) for unit, after_s, value in WALK_RESOLVED]


def test_single_reading_without_time_when_resolved_then_is_of_now():
    assert _resolve(SINGLE)[0].t == NOW_S


def test_six_seconds_when_resolved_then_the_past_comes_before_the_base_time_and_own_units_stay():
    found = _resolve(SIX_SECONDS)
    assert [row.t for row in found[:2]] == [1.276020076001e9 - 5, 1.276020076001e9 - 4]
    assert [(row.n.rpartition(":")[2], row.u) for row in found[-2:]] == [("voltage", "V"), ("current", "A")]


def test_kinds_when_resolved_then_each_value_keeps_its_kind():
    found = _resolve(KINDS)
    assert (found[0].v, found[1].vs, found[2].vb, found[3].vd) == (23.1, "Machine Room", False, "aGkgCg")


def test_gathered_when_resolved_then_base_name_is_the_third_records_and_base_time_the_firsts():
    found = _resolve(GATHERED)
    assert [row.n for row in found] == [
        "2001:db8::2/temperature", "2001:db8::2/humidity", "2001:db8::1/temperature", "2001:db8::1/humidity",
    ]  # fmt: skip
    assert {row.t for row in found} == {1.320078429e9}


def test_set_point_when_resolved_then_a_record_of_base_fields_alone_is_no_measurement():
    assert [row.n for row in _resolve(SET_POINT)] == [f"{DEVICE}:{name}" for name in ("temp", "heat", "fan")]


def test_lights_when_resolved_then_a_tenth_of_a_second_stays_one():
    assert [row.t for row in _resolve(LIGHTS_DIM)][2:] == [1.320078429e9 + 0.1] * 2
