"""The measured part of commissioning: a box's own status, judged against what the desired state says of it.

Pure: two statuses of the agent (`/status`), some seconds apart, become a list of checks. What failed says what to do,
in Indonesian and English. Nothing here needs a network beyond the box.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.contract.catalogue import CATALOGUE
from provisioning.desired import Site
from provisioning.desired_checks import box_of

MAX_CLOCK_OFFSET_S = 1.0
LEAST_DISK_FREE_BYTES = 1_000_000_000
MAX_TEMPERATURE_CEL = 75.0  # boards throttle from 80 on, and a cabinet at noon is hotter than a crew's morning
Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was measured.

    Attributes:
        name: what, in a stable spelling.
        passed: whether it is as it must be.
        measured: what was found.
        remedy_id: what to do about it, in Indonesian; empty when it passed.
        remedy_en: the same in English.
    """

    name: str
    passed: bool
    measured: str
    remedy_id: str = ""
    remedy_en: str = ""


def judge(site: Site, box: str, first: Status, second: Status) -> list[Check]:
    """Judge a box by two of its statuses.

    Args:
        site: as the desired state has it.
        box: which of its boxes stands there.
        first: the earlier status.
        second: the later one; the time between is what a receipt may take.
    """
    return [
        _identity(box, second),
        *_assets(site, box, second),
        *_values(second),
        _line(second),
        _round_trip(first, second),
        _clock(second),
        _disk(second),
        _temperature(second),
    ]


def _check(name: str, passed: bool, measured: str, remedy_id: str, remedy_en: str) -> Check:  # noqa: FBT001 - as in the report
    return Check(name, passed, measured, "" if passed else remedy_id, "" if passed else remedy_en)


def _identity(box: str, status: Status) -> Check:
    return _check(
        "identity",
        status.get("box") == box,
        f"{status.get('box')}",
        f"Komputer ini bukan {box}: pakai parcel yang benar.",
        f"This computer is not {box}: use the right parcel.",
    )


def _assets(site: Site, box: str, status: Status) -> Iterator[Check]:
    found = status.get("assets", {})
    for asset in site.assets:
        if box_of(site, asset) != box:
            continue
        state, reason = found.get(asset.code, ["missing", "the agent does not know it"])
        bus = site.buses[asset.bus]
        at = f"{bus.host}:{bus.address[1]} unit {asset.unit}"
        yield _check(
            f"asset {asset.code}",
            state == "ok",
            f"{state} {reason}".strip(),
            f"Periksa daya dan kabel alat di {at}, lalu ulangi.",
            f"Check power and cable of the device at {at}, then repeat.",
        )
    for controller in site.controllers:
        state, reason = found.get(controller.code, ["missing", "the agent does not know it"])
        yield _check(
            f"asset {controller.code}",
            state == "ok",
            f"{state} {reason}".strip(),
            "Periksa kabel jaringan ke pengendali lampu dan kata sandi SNMP-nya.",
            "Check the network cable to the signal controller and its SNMP secret.",
        )


def _values(status: Status) -> Iterator[Check]:
    """Check every latest value against what is physically possible."""
    for name, (value, unit) in status.get("latest", {}).items():
        row = CATALOGUE.get(name.rpartition(":")[2])
        if row is None or isinstance(value, str | bool) or row.kind != "number":
            continue
        low, high = row.low, row.high
        if (low is not None and value < low) or (high is not None and value > high):
            yield Check(
                f"value {name}",
                passed=False,
                measured=f"{value} {unit}",
                remedy_id=f"Nilai tidak masuk akal (batas {low} sampai {high}): periksa sensor dan profilnya.",
                remedy_en=f"The value is not possible ({low} to {high}): check the sensor and its profile.",
            )


def _line(status: Status) -> Check:
    return _check(
        "broker",
        bool(status.get("connected")),
        "connected" if status.get("connected") else str(status.get("not_connected_because", "")),
        "Periksa antena, kartu SIM atau kabel; lalu sertifikat kotak.",
        "Check antenna, SIM or cable; then the box's certificate.",
    )


def _round_trip(first: Status, second: Status) -> Check:
    """Check that the centre confirms what the box says: just now, or all of it since it started.

    A box reports by exception, so a quiet one may say nothing for minutes.
    """
    before, after = (int(status.get("counts", {}).get("receipts_committed", 0)) for status in (first, second))
    waiting = int(second.get("outbox", {}).get("messages", 0))
    return _check(
        "round trip with receipt",
        after > before or (after > 0 and waiting == 0),
        f"{after} receipts since its start, {after - before} of them now, {waiting} messages wait",
        "Data belum diakui pusat: tunggu semenit dan ulangi; kalau tetap, hubungi ruang kendali.",
        "The centre has not confirmed anything: wait a minute and repeat; then call the control room.",
    )


def _clock(status: Status) -> Check:
    offset_s = _latest(status, "clock_offset")
    measured = "not synchronised" if offset_s is None else f"{offset_s:g} s"
    return _check(
        "clock",
        offset_s is not None and abs(offset_s) <= MAX_CLOCK_OFFSET_S,
        measured,
        "Jam belum tersinkron: pastikan NTP (UDP 123) terbuka, tunggu, lalu ulangi.",
        "The clock is not synchronised: let NTP (UDP 123) through, wait, then repeat.",
    )


def _disk(status: Status) -> Check:
    outbox = status.get("outbox", {})
    free = int(outbox.get("disk_free_bytes", 0))
    return _check(
        "disk",
        free >= LEAST_DISK_FREE_BYTES and outbox.get("disk") == "ok",
        f"{free / 1e9:.1f} GB free, {outbox.get('disk', 'unknown')}",
        "Kartu atau diska penuh atau rusak: ganti.",
        "The card or disk is full or damaged: replace it.",
    )


def _temperature(status: Status) -> Check:
    """A board without a sensor is not failed for it."""
    found = _latest(status, "soc_temperature")
    return _check(
        "temperature",
        found is None or found <= MAX_TEMPERATURE_CEL,
        "not measured" if found is None else f"{found:g} Cel",
        "Kotak terlalu panas: periksa ventilasi, kipas dan sinar matahari.",
        "The box is too hot: check ventilation, fan and sunlight.",
    )


def _latest(status: Status, quantity: str) -> float | None:
    found = status.get("latest", {}).get(quantity)
    return float(found[0]) if found else None
