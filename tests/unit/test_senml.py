"""SenML beyond the standard's examples: what is refused, and what nobody thought of."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import senml
from edge.contract.limits import MAX_PACK_BYTES, MAX_SAMPLES_PER_PACK
from edge.contract.rejected import Reason, Rejected

NOW_S = 1_800_000_000.0
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
LABELS = st.sampled_from(
    ["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut", "x", "y_"]
)
NAMES = st.from_regex(r"[A-Z]{2}-[0-9]{2}\.[a-z]{1,5}-[0-9]:[a-z_]{1,12}", fullmatch=True)
TIMES_S = st.floats(1e9, 4e9).map(lambda time_s: round(time_s, 6))
VALUES = st.floats(-1e12, 1e12) | st.booleans() | st.text(max_size=20)


def _outcome(payload: bytes) -> Reason | None:
    records = senml.decode(payload)
    found = records if isinstance(records, Rejected) else senml.resolve(records, NOW_S)
    return found.reason if isinstance(found, Rejected) else None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"{", Reason.NOT_SENML),
        (b"null", Reason.NOT_SENML),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b'[{"n":"a","v":NaN}]', Reason.NOT_JSON),
        (b'[{"n":"a","v":Infinity}]', Reason.NOT_JSON),
        (b'[{"n":"a","v":1e999}]', Reason.NOT_SENML),
        (b'[{"n":"a","v":"1"}]', Reason.NOT_SENML),
        (b'[{"n":"a","x":' + b"[" * 60_000 + b"]" * 60_000 + b',"v":1}]', Reason.NOT_JSON),
        (b'[{"n":"a","must_":1,"v":1}]', Reason.UNKNOWN_MANDATORY_FIELD),
        (b'[{"bver":11,"n":"a","v":1}]', Reason.UNKNOWN_VERSION),
        (b'[{"n":"a"}]', Reason.NO_VALUE),
        (b'[{"n":"a","vs":"x","vb":true}]', Reason.NOT_SENML),
        (b'[{"n":"a","v":1,"vs":"x"}]', Reason.NOT_SENML),
        (b'[{"n":"a","v":1},{"n":"b","v":1,"vb":false}]', Reason.NOT_SENML),
        (b'[{"bn":"a","bv":1,"v":1,"vd":"YQ"}]', Reason.NOT_SENML),
        (b'[{"n":"a","v":1,"vs":"x","x":1}]', Reason.NOT_SENML),
        (b'[{"n":"a","vd":"?"}]', Reason.NOT_SENML),
        (b"[" + b'{"n":"a","v":1},' * MAX_SAMPLES_PER_PACK + b'{"n":"a","v":1}]', Reason.TOO_MANY_SAMPLES),
        (b'[{"n":"' + b"a" * MAX_PACK_BYTES + b'","v":1}]', Reason.TOO_LARGE),
    ],
)
def test_bad_pack_when_decoded_then_is_a_value_with_its_reason(payload, reason):
    assert _outcome(payload) is reason


def test_unknown_field_without_underscore_when_decoded_then_is_ignored():
    assert _outcome(b'[{"n":"a","v":1,"vendor":{"x":[1,2]}}]') is None


def test_base_value_and_sum_when_resolved_then_are_added():
    pack = b'[{"bn":"a","bv":10,"bs":100,"t":1,"v":1,"s":5},{"t":2,"v":2},{"t":3}]'
    columns = senml.resolve(senml.decode(pack), NOW_S)
    assert columns.values == [11.0, 12.0, 10.0]
    assert columns.sums == {0: 105.0, 1: 100.0, 2: 100.0}


@given(
    st.sets(st.sampled_from(["v", "vs", "vb", "vd"])),
    st.sets(st.sampled_from(["bv", "bs", "s", "t", "x"])),
    st.booleans(),
)
def test_record_when_it_has_several_values_then_is_refused_whatever_stands_beside_them(given_values, others, is_last):
    content = {"v": 1.5, "vs": "YQ", "vb": True, "vd": "YQ", "bv": 1, "bs": 2, "s": 3, "t": 4, "x": 5}
    record = {"n": "a"} | {label: content[label] for label in given_values | others}
    plain = {"n": "b", "v": 1}
    outcome = _outcome(json.dumps([plain, record] if is_last else [record, plain]).encode())
    if len(given_values) > 1:
        assert outcome is Reason.NOT_SENML
    elif given_values:
        assert outcome is None


@given(st.binary(max_size=300))
def test_decoder_when_given_any_bytes_then_never_raises(payload):
    _outcome(payload)


@given(st.lists(st.dictionaries(LABELS, JSON, max_size=6), max_size=6) | JSON)
def test_decoder_when_given_any_json_then_never_raises(document):
    _outcome(json.dumps(document).encode())


@given(
    st.lists(
        st.dictionaries(
            LABELS, st.floats() | st.integers() | st.booleans() | st.text(max_size=5) | st.none(), max_size=8
        )
    )
)
def test_decoder_when_labels_carry_anything_then_never_raises(records):
    _outcome(json.dumps(records).encode())  # with NaN, infinities and integers of any length, as Python writes them


@given(st.lists(st.tuples(NAMES, TIMES_S, st.sampled_from(["V", "%", None]), VALUES), min_size=1, max_size=20))
def test_samples_when_encoded_and_resolved_then_come_back(samples):
    columns = senml.resolve(senml.decode(senml.encode_samples(samples)), NOW_S)
    assert columns.names == [name for name, *_ in samples]
    assert columns.units == [unit for _, _, unit, _ in samples]
    assert columns.values == [value for *_, value in samples]
    assert all(
        math.isclose(found_s, time_s, abs_tol=1e-6, rel_tol=0)
        for found_s, (_, time_s, *_) in zip(columns.times_s, samples, strict=True)
    )


@given(
    st.lists(st.lists(st.tuples(NAMES, TIMES_S, st.just("V"), VALUES), min_size=1, max_size=5), min_size=1, max_size=5)
)
def test_packs_when_joined_then_resolve_as_each_did(packs):
    encoded = [senml.encode_samples(pack) for pack in packs]
    joined = senml.resolve(senml.decode(senml.join(encoded)), NOW_S)
    single = [senml.resolve(senml.decode(pack), NOW_S) for pack in encoded]
    assert joined.names == [name for columns in single for name in columns.names]
    assert joined.times_s == [time_s for columns in single for time_s in columns.times_s]
    assert joined.values == [value for columns in single for value in columns.values]
