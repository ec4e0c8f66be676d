"""What must be in order before a crew may leave: a box's own status, judged against its site file.

Pure: two statuses of the agent, some seconds apart, become a list of checks. What failed says what to do, in
Indonesian and English. Nothing here needs a network.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.contract.catalogue import CATALOGUE
from edge.contract.commissioning import Check
from edge.radio import Radio
from edge.site import SiteFile

MAX_CLOCK_OFFSET_S = 1.0
LEAST_DISK_FREE_BYTES = 1_000_000_000
MAX_TEMPERATURE_CEL = 75.0  # boards throttle from 80 on, and a cabinet at noon is hotter than a crew's morning
LEAST_SIGNAL_PCT = 25.0  # below, uploads stall in the evening when everybody is on the cell
LEAST_CERTIFICATE_LEFT = dt.timedelta(days=1)
# A clock before this was never set: older than this code.
EARLIEST_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MAX_FAULTS = 60  # that are told one by one: a box with 500 dead assets has one cause
Status = Mapping[str, Any]
Said = tuple[str, str]
"""What was found, in Indonesian and English; what the software itself reports stays English, in brackets."""
_ASSET_STATES = {
    "ok": ("menjawab", "answers"),
    "failing": ("tidak menjawab", "does not answer"),
    "unknown": ("belum menjawab", "has not answered yet"),
    "missing": ("tidak dikenal kotak", "is not known to the box"),
}
_DISK_STATES = {
    "ok": ("sehat", "ok"),
    "low": ("hampir penuh", "almost full"),
    "full": ("penuh", "full"),
    "read_only": ("hanya bisa dibaca", "read-only"),
    "failing": ("rusak", "failing"),
}
_UNKNOWN = ("tidak diketahui", "unknown")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a box.

    Attributes:
        status: what the agent says of itself.
        at: by the box's clock.
        certificate_until: when its certificate ends; None where it has none.
        radio: how well it is heard; None where there is no radio that tells.
        pictures: whether each camera gave a picture.
    """

    status: Status
    at: dt.datetime
    certificate_until: dt.datetime | None
    radio: Radio | None
    pictures: Mapping[str, bool]


def judge(site: SiteFile, box: str, first: Status, look: Look) -> list[Check]:
    """Judge a box.

    Args:
        site: its site file.
        box: which of the site's boxes it is.
        first: an earlier status; the time between is what a receipt may take.
        look: everything as it is now.
    """
    status = look.status
    return [
        *_assets(site, box, status),
        *_values(status),
        *_cameras(site, box, look),
        *_left_out(box, status),
        _line(status),
        _round_trip(first, status),
        _clock(status, look.at),
        _certificate(look),
        _signal(look.radio),
        _disk(status),
        _temperature(status),
    ]


def _check(name: str, passed: bool, measured: str | Said, remedy_id: str, remedy_en: str) -> Check:  # noqa: FBT001 - as in the report
    said_id, said = ("", measured) if isinstance(measured, str) else measured
    return Check(
        name=name,
        passed=passed,
        measured=said[:500],
        measured_id=said_id[:500],
        remedy_id="" if passed else remedy_id,
        remedy_en="" if passed else remedy_en,
    )


def _assets(site: SiteFile, box: str, status: Status) -> Iterator[Check]:
    found = status.get("assets", {})
    faults = 0
    for asset, remedies in _remedies(site, box):
        state, reason = found.get(asset, ["missing", ""])
        faults += state != "ok"
        if faults <= MAX_FAULTS or state == "ok":
            yield _check(f"asset {asset}", state == "ok", _with(_ASSET_STATES.get(state, _UNKNOWN), reason), *remedies)
    if faults > MAX_FAULTS:
        yield _check(
            "further assets",
            False,  # noqa: FBT003 - as in the report
            (f"{faults - MAX_FAULTS} lagi tidak menjawab", f"{faults - MAX_FAULTS} more do not answer"),
            "Banyak alat mati sekaligus: periksa catu daya dan sakelar jaringan kabinet.",
            "Many devices are dead at once: check the cabinet's supply and its network switch.",
        )


def _with(said: Said, reason: str) -> Said:
    """Add what the software reports, shortened: it is for whoever looks further."""
    return (f"{said[0]} ({reason[:200]})", f"{said[1]} ({reason[:200]})") if reason else said


def _remedies(site: SiteFile, box: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give each asset of a box with what to do when it does not answer."""
    for asset in site.assets_of(box):
        bus = site.buses[asset.bus]
        at = f"{bus.host}:{bus.port} unit {asset.unit}"
        yield (
            asset.code,
            (
                f"Periksa daya dan kabel alat di {at}, lalu ulangi.",
                f"Check power and cable of the device at {at}, then repeat.",
            ),
        )
    for controller in site.controllers_of(box):
        yield (
            controller.code,
            (
                "Periksa kabel jaringan ke pengendali lampu dan kata sandi SNMP-nya.",
                "Check the network cable to the signal controller and its SNMP secret.",
            ),
        )
    for speaker in site.loudspeakers_of(box):
        if speaker.status is not None:  # one that cannot be asked is known by its first announcement only
            yield (
                speaker.code,
                (
                    f"Periksa daya dan kabel pengeras suara di {speaker.host}, kata sandinya, dan apakah dibisukan.",
                    f"Check power and cable of the loudspeaker at {speaker.host}, its login, and whether it is muted.",
                ),
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
                name=f"value {name}",
                passed=False,
                measured=f"{value} {unit}",
                remedy_id=f"Nilai tidak masuk akal (batas {low} sampai {high}): periksa sensor dan profilnya.",
                remedy_en=f"The value is not possible ({low} to {high}): check the sensor and its profile.",
            )


def _cameras(site: SiteFile, box: str, look: Look) -> Iterator[Check]:
    found = look.status.get("cameras", {})
    wrong = {one["camera"] for one in look.status.get("left_out", [])}  # they have a check of their own
    for camera in site.cameras_of(box):
        if camera.code in wrong:
            continue
        described = found.get(camera.code, {})
        width, height = described.get("size_px", (0, 0))
        reason, rate_hz = described.get("reason", ""), described.get("rate_hz", 0)
        yield _check(
            f"camera {camera.code}",
            look.pictures.get(camera.code, False),
            _with(("tidak ada gambar", "no picture"), reason)
            if reason
            else (
                f"{width} x {height} piksel, {rate_hz:g} gambar/detik",
                f"{width} x {height} pixels, {rate_hz:g} pictures/s",
            ),
            "Tidak ada gambar: periksa daya (PoE), kabel, alamat dan kata sandi kamera.",
            "No picture: check power (PoE), cable, address and credentials of the camera.",
        )


def _left_out(box: str, status: Status) -> Iterator[Check]:
    """What is wrong in the site file is no fault of a camera, but only the office can mend it."""
    for one in status.get("left_out", []):
        yield _check(
            f"camera {one['camera'] or box}",
            False,  # noqa: FBT003 - as in the report
            ("; ".join(one["what_id"]), "; ".join(one["what"])),
            "Berkas situs salah: minta kantor memperbaikinya dan menulis paket baru.",
            "The site file is wrong: have the office mend it and write a new parcel.",
        )


def _line(status: Status) -> Check:
    return _check(
        "broker",
        bool(status.get("connected")),
        ("tersambung", "connected")
        if status.get("connected")
        else _with(("tidak tersambung", "not connected"), str(status.get("not_connected_because", ""))),
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
        (
            f"{after} tanda terima sejak menyala, {after - before} di antaranya sekarang, {waiting} pesan menunggu",
            f"{after} receipts since its start, {after - before} of them now, {waiting} messages wait",
        ),
        "Data belum diakui pusat: tunggu semenit dan ulangi; kalau tetap, hubungi ruang kendali.",
        "The centre has not confirmed anything: wait a minute and repeat; then call the control room.",
    )


def _clock(status: Status, at: dt.datetime) -> Check:
    offset_s = _latest(status, "clock_offset")
    measured: str | Said = f"{offset_s:g} s" if offset_s is not None else ("belum tersinkron", "not synchronised")
    if at < EARLIEST_AT:
        measured = (
            f"jam menunjukkan {at:%Y-%m-%d}: belum pernah disetel",
            f"the clock says {at:%Y-%m-%d}: it was never set",
        )
    return _check(
        "clock",
        offset_s is not None and abs(offset_s) <= MAX_CLOCK_OFFSET_S and at >= EARLIEST_AT,
        measured,
        "Jam belum tersinkron: pastikan NTP (UDP 123) terbuka, tunggu, lalu ulangi.",
        "The clock is not synchronised: let NTP (UDP 123) through, wait, then repeat.",
    )


def _certificate(look: Look) -> Check:
    until = look.certificate_until
    return _check(
        "certificate",
        until is not None and until - look.at >= LEAST_CERTIFICATE_LEFT,
        ("tidak ada", "none")
        if until is None
        else (f"berlaku sampai {until:%Y-%m-%d}", f"good until {until:%Y-%m-%d}"),
        "Sertifikat kotak habis atau tidak ada: minta parcel baru dari kantor.",
        "The box's certificate has ended or is missing: get a new parcel from the office.",
    )


def _signal(radio: Radio | None) -> Check:
    """A box on a cable is not failed for having no radio."""
    return _check(
        "signal strength",
        radio is None or radio.strength_pct >= LEAST_SIGNAL_PCT,
        (
            "tidak terukur: tidak ada modem atau Wi-Fi yang melapor",
            "not measurable: no modem and no wireless interface that tells",
        )
        if radio is None
        else f"{radio.strength_pct:g} % ({radio.source})",
        "Sinyal lemah: pindahkan atau tinggikan antena, atau coba kartu SIM operator lain.",
        "The signal is weak: move or raise the antenna, or try another operator's SIM.",
    )


def _disk(status: Status) -> Check:
    outbox = status.get("outbox", {})
    free = int(outbox.get("disk_free_bytes", 0))
    state_id, state_en = _DISK_STATES.get(outbox.get("disk", ""), _UNKNOWN)
    return _check(
        "disk",
        free >= LEAST_DISK_FREE_BYTES and outbox.get("disk") == "ok",
        (f"{free / 1e9:.1f} GB kosong, {state_id}", f"{free / 1e9:.1f} GB free, {state_en}"),
        "Kartu atau diska penuh atau rusak: ganti.",
        "The card or disk is full or damaged: replace it.",
    )


def _temperature(status: Status) -> Check:
    """A board without a sensor is not failed for it."""
    found = _latest(status, "soc_temperature")
    return _check(
        "temperature",
        found is None or found <= MAX_TEMPERATURE_CEL,
        ("tidak ada sensor", "there is no sensor") if found is None else f"{found:g} °C",
        "Kotak terlalu panas: periksa ventilasi, kipas dan sinar matahari.",
        "The box is too hot: check ventilation, fan and sunlight.",
    )


def _latest(status: Status, quantity: str) -> float | None:
    found = status.get("latest", {}).get(quantity)
    return float(found[0]) if found else None
