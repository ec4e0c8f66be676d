"""Sensor Measurement Lists in JSON: what a box sends and the ingester reads.

Source: RFC 8428, sections 4 (semantics), 4.6 (resolved records) and 5 (JSON). Decoding never raises: it returns
records, or a `Rejected` that says why not. The decoder sits here, beside the encoder, so that box and cloud
cannot read one pack differently.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import msgspec

from edge.contract.limits import MAX_PACK_BYTES, MAX_SAMPLES_PER_PACK
from edge.contract.rejected import Reason, Rejected

VERSION = 10  # RFC 8428 section 4.4; lower numbers were drafts and read alike
RELATIVE_BELOW_S = 2.0**28  # section 4.5.3: smaller times are relative to "now"

Value = float | bool | str | bytes | None


class Record(msgspec.Struct, omit_defaults=True, gc=False):
    """One SenML record as it is on the wire (RFC 8428 table 2); times in seconds."""

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: int | None = None
    n: str | None = None
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: str | None = None
    s: float | None = None
    t: float | None = None
    ut: float | None = None


class StrictRecord(Record, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A record without extension fields: nearly every record there is, decoded without a second look."""


class Columns(msgspec.Struct, gc=False):
    """Resolved records as columns of equal length, in the pack's order.

    Attributes:
        names: resolved names.
        times_s: seconds since 1970 in UTC.
        values: float, bool, text, octets; None where a record carries only a sum.
        units: the unit, or None where the pack names none.
        sums: integrated values by index, for the few records that carry one.
    """

    names: list[str]
    times_s: list[float]
    values: list[Value]
    units: list[str | None]
    sums: dict[int, float]


_strict = msgspec.json.Decoder(list[StrictRecord])
_objects = msgspec.json.Decoder(list[dict[str, Any]])


def decode(payload: bytes) -> list[Record] | Rejected:
    """Read a pack.

    Args:
        payload: UTF-8 JSON, at most `MAX_PACK_BYTES`.

    Returns:
        The records as sent, or why the pack as a whole is refused.
    """
    if len(payload) > MAX_PACK_BYTES:
        return Rejected(Reason.TOO_LARGE, f"{len(payload)} bytes; a pack has at most {MAX_PACK_BYTES}")
    try:
        records: list[Record] = _strict.decode(payload)  # type: ignore[assignment]
    except msgspec.ValidationError:
        found = _decode_extended(payload)
        if isinstance(found, Rejected):
            return found
        records = found
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(Reason.NOT_JSON, f"{error}; send UTF-8 JSON")
    if len(records) > MAX_SAMPLES_PER_PACK:
        return Rejected(Reason.TOO_MANY_SAMPLES, f"{len(records)} records; a pack has at most {MAX_SAMPLES_PER_PACK}")
    return records


def resolve(records: Iterable[Record], now_s: float) -> Columns | Rejected:  # noqa: C901 - the hot loop: one pass, no calls
    """Apply base values and make times absolute (RFC 8428 section 4.6), keeping the pack's order.

    Args:
        records: one pack.
        now_s: what relative times refer to, seconds since 1970.
    """
    names: list[str] = []
    times_s: list[float] = []
    values: list[Value] = []
    units: list[str | None] = []
    sums: dict[int, float] = {}
    base_name, base_time_s, base_unit = "", 0.0, None
    base_value: float | None = None
    base_sum: float | None = None
    for record in records:
        if record.bn is not None:
            base_name = record.bn
        if record.bt is not None:
            base_time_s = record.bt
        if record.bu is not None:
            base_unit = record.bu
        if record.bv is not None:
            base_value = record.bv
        if record.bs is not None:
            base_sum = record.bs
        if record.bver is not None and record.bver > VERSION:
            return Rejected(Reason.UNKNOWN_VERSION, f"bver {record.bver}; this side speaks up to {VERSION}")
        value: Value = record.v
        has_other = record.vs is not None or record.vb is not None or record.vd is not None
        if value is None or base_value is not None or has_other:
            found = _other_value(record, base_value)
            if isinstance(found, Rejected):
                return found
            value = found
        if record.s is not None or (base_sum is not None and value is not None):
            sums[len(names)] = (base_sum or 0.0) + (record.s or 0.0)
        elif value is None:
            if record.n is None and record.t is None:
                continue  # only base fields: it sets the scene for those that follow (section 5.1.7)
            return Rejected(Reason.NO_VALUE, f"record {len(names)} ({base_name}{record.n or ''}) has no value")
        time_s = base_time_s if record.t is None else base_time_s + record.t
        names.append(base_name if record.n is None else base_name + record.n)
        times_s.append(time_s if time_s >= RELATIVE_BELOW_S else now_s + time_s)
        values.append(value)
        units.append(base_unit if record.u is None else record.u)
    return Columns(names, times_s, values, units, sums)


def resolved_records(columns: Columns) -> list[Record]:
    """Give the resolved form of RFC 8428 section 4.6: no base values, absolute times, in order of time."""
    order = sorted(range(len(columns.names)), key=columns.times_s.__getitem__)
    return [_resolved_record(columns, index) for index in order]


def encode(records: list[Record]) -> bytes:
    """Write a pack as compact UTF-8 JSON."""
    return msgspec.json.encode(records)


def encode_samples(samples: Iterable[tuple[str, float, str | None, float | bool | str]]) -> bytes:
    """Write samples as one pack whose first record carries the base time.

    The first record carries base name and base time, and no other base field is ever used, so packs may be joined
    end to end (`join`) and still resolve alike. Times are offsets of whole microseconds: base plus offset gives the
    same double at every reading, which is what makes a repeated sample recognisable.

    Args:
        samples: (name, time in seconds since 1970, unit, value), at least one.
    """
    records: list[Record] = []
    base_name, base_s = None, 0.0
    for name, time_s, unit, value in samples:
        asset, colon, quantity = name.rpartition(":")
        record = Record(n=quantity, u=unit)
        if asset + colon != base_name:
            base_name = record.bn = asset + colon
        if not records:
            base_s = record.bt = round(time_s, 6)
        elif time_s != base_s:
            record.t = round(time_s - base_s, 6)
        if isinstance(value, bool):
            record.vb = value
        elif isinstance(value, str):
            record.vs = value
        else:
            record.v = value
        records.append(record)
    return encode(records)


def join(packs: Iterable[bytes]) -> bytes:
    """Join packs of `encode_samples` into one without decoding them; none of them may be empty."""
    return b"[" + b",".join(pack.strip()[1:-1] for pack in packs) + b"]"


def _decode_extended(payload: bytes) -> list[Record] | Rejected:
    """Read a pack with fields beyond RFC 8428: ignored, unless their name ends in `_` (section 4.4)."""
    try:
        objects = _objects.decode(payload)
        for position, found in enumerate(objects):
            mandatory = [label for label in found if label.endswith("_")]
            if mandatory:
                return Rejected(
                    Reason.UNKNOWN_MANDATORY_FIELD,
                    f"record {position} wants {mandatory[0][:80]!r} understood",
                )
        return msgspec.convert(objects, list[Record])
    except msgspec.ValidationError as error:
        return Rejected(Reason.NOT_SENML, f"{error}; see RFC 8428 section 5")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(Reason.NOT_JSON, f"{error}; send UTF-8 JSON")


def _other_value(record: Record, base_value: float | None) -> Value | Rejected:
    """Find the value of a record that has no plain `v`, or whose `v` adds to a base value."""
    given = [value for value in (record.v, record.vs, record.vb, record.vd) if value is not None]
    if len(given) > 1:
        fault = f"record {record.n!r} has {len(given)} values; a record has one of v, vs, vb, vd (RFC 8428, 4.2)"
        return Rejected(Reason.NOT_SENML, fault)
    if record.vd is not None:
        return _octets(record.vd)
    if given and not isinstance(given[0], float):
        return given[0]
    if given or (base_value is not None and (record.n is not None or record.t is not None)):
        return (record.v or 0.0) + (base_value or 0.0)
    return None


def _octets(text: str) -> bytes | Rejected:
    """Decode `vd`: base64 with the URL-safe alphabet, padding omitted (RFC 8428 section 5)."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        return Rejected(Reason.NOT_SENML, "vd is not base64 with the URL-safe alphabet")


def _resolved_record(columns: Columns, index: int) -> Record:
    value = columns.values[index]
    record = Record(n=columns.names[index], u=columns.units[index], t=columns.times_s[index], s=columns.sums.get(index))
    if isinstance(value, bool):
        record.vb = value
    elif isinstance(value, str):
        record.vs = value
    elif isinstance(value, bytes):
        record.vd = base64.urlsafe_b64encode(value).decode().rstrip("=")
    else:
        record.v = value
    return record
