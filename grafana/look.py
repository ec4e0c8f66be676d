"""What things look like: states as words and colours, thresholds, columns with their titles, links.

Colours are Grafana's names, so that both its themes show them. A state never stands on colour alone: its word is there.
"""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from grafana.names import CONSOLE_VARIABLE
from grafana.words import Say

GOOD, WATCH, BAD, UNKNOWN, PLAIN = "green", "orange", "red", "#8e8e8e", "blue"

_STATES = {
    "ok": ("baik", "ok", GOOD),
    "online": ("terhubung", "online", GOOD),
    "late": ("terlambat", "late", WATCH),
    "degraded": ("terganggu", "degraded", WATCH),
    "silent": ("senyap", "silent", BAD),
    "offline": ("luring", "offline", BAD),
    "never": ("belum pernah", "never heard", UNKNOWN),
    "dark": ("layar gelap", "screen dark", BAD),
    "blank": ("dinding tidak tampil", "wall not shown", BAD),
    "empty": ("tanpa box", "no box", UNKNOWN),
    "unknown": ("tak diketahui", "unknown", UNKNOWN),
    "confirmed": ("berlaku", "confirmed", GOOD),
    "applied": ("dipasang", "applied", WATCH),
    "accepted": ("diterima", "accepted", WATCH),
    "requested": ("diminta", "requested", WATCH),
    "sent": ("dikirim", "sent", WATCH),
    "refused": ("ditolak", "refused", BAD),
    "failed": ("gagal", "failed", BAD),
    "expired": ("kedaluwarsa", "expired", UNKNOWN),
    "ended": ("berakhir", "ended", UNKNOWN),
    "reverted": ("kembali ke rencana", "reverted", UNKNOWN),
    "within": ("dalam batas", "within", GOOD),
    "near": ("hampir lewat", "near its limit", WATCH),
    "over": ("lewat batas", "over", BAD),
    "info": ("info", "info", PLAIN),
    "minor": ("ringan", "minor", WATCH),
    "major": ("berat", "major", BAD),
    "critical": ("kritis", "critical", "purple"),
    "overdue": ("terlambat", "overdue", WATCH),
    "held": ("menunggu konfirmasi", "to be confirmed", WATCH),
    "firing": ("aktif", "firing", BAD),
    "resolved": ("selesai", "resolved", GOOD),
    "open": ("terbuka", "open", BAD),
    "acknowledged": ("ditangani", "acknowledged", WATCH),
    "dispatched": ("regu dikirim", "dispatched", WATCH),
    "on_site": ("di lokasi", "on site", WATCH),
    "none": ("tanpa batas", "no clock", UNKNOWN),
    "free": ("siap", "free", GOOD),
    "busy": ("bertugas", "busy", WATCH),
    "off": ("tidak dinas", "off duty", UNKNOWN),
}
AGENCIES = {
    "transport": ("Perhubungan", "Transport"),
    "disaster": ("BPBD", "Disaster management"),
    "public_order": ("Satpol PP", "Public order"),
    "health": ("Kesehatan", "Health"),
    "112": ("112", "112"),
    "platform": ("Platform", "Platform"),
}
_CODES = {
    "category": {
        "road": ("jalan", "road"),
        "traffic": ("lalu lintas", "traffic"),
        "water": ("air", "water"),
        "security": ("keamanan", "security"),
        "health": ("kesehatan", "health"),
        "lamp": ("lampu jalan", "lamp"),
        "camera": ("kamera", "camera"),
        "signal": ("lampu lalu lintas", "signal"),
        "service": ("layanan", "service"),
        "box": ("box", "box"),
        "platform": ("platform", "platform"),
        "other": ("lain-lain", "other"),
    },
    "agency": AGENCIES,
}
"""Words of operations: which incident it is, whose it is."""
_SEVERITY = {
    "-1": ("tak ada pos", "no gauge", UNKNOWN),
    "0": ("normal", "normal", GOOD),
    "1": ("SIAGA 3", "SIAGA 3", "yellow"),
    "2": ("SIAGA 2", "SIAGA 2", WATCH),
    "3": ("SIAGA 1", "SIAGA 1", BAD),
}
_COLUMNS = {
    "time": ("waktu", "time"),
    "asset": ("aset", "asset"),
    "name": ("nama", "name"),
    "kind": ("jenis", "kind"),
    "site": ("lokasi", "site"),
    "site_name": ("nama lokasi", "place"),
    "district": ("kecamatan", "district"),
    "state": ("keadaan", "state"),
    "box_state": ("box", "box"),
    "controller_state": ("pengendali", "controller"),
    "liveness": ("kabar", "heard"),
    "age_s": ("umur", "age"),
    "severity": ("tingkat", "severity"),
    "message": ("peristiwa", "event"),
    "media": ("bukti", "evidence"),
    "level_m": ("tinggi air", "level"),
    "rate_m_h": ("laju", "rate"),
    "stage": ("siaga", "stage"),
    "next_stage": ("siaga berikut", "next stage"),
    "lead_s": ("waktu tersisa", "lead time"),
    "upstream_name": ("hulu", "upstream"),
    "downstream_name": ("hilir", "downstream"),
    "downstream_district": ("kecamatan", "district"),
    "arrives_at": ("tiba sekitar", "arrives about"),
    "magnitude": ("magnitudo", "magnitude"),
    "depth_km": ("kedalaman", "depth"),
    "distance_km": ("jarak", "distance"),
    "felt": ("dirasakan", "felt"),
    "rate_mm_h": ("intensitas", "rate"),
    "last_hour_mm": ("1 jam", "1 hour"),
    "last_24h_mm": ("24 jam", "24 hours"),
    "disk_used_pct": ("penyimpanan", "disk"),
    "soc_temperature_cel": ("suhu prosesor", "processor"),
    "outbox_messages": ("menunggu kirim", "waiting"),
    "outbox_oldest_age_s": ("tertua", "oldest"),
    "clock_offset_s": ("selisih jam", "clock"),
    "uptime_s": ("menyala", "uptime"),
    "version": ("versi", "version"),
    "boxes": ("box", "boxes"),
    "phase_name": ("fase", "phase"),
    "extra_green_s": ("tambahan hijau", "extra green"),
    "duration_s": ("lama", "for"),
    "remaining_s": ("sisa", "remaining"),
    "reason": ("alasan", "reason"),
    "requester": ("peminta", "requester"),
    "end_reason": ("akhir karena", "ended by"),
    "refusal": ("penolakan", "refusal"),
    "authority": ("kewenangan", "authority"),
    "corridor": ("koridor", "corridor"),
    "split_failures": ("hijau kurang", "split failures"),
    "quantity": ("tanda", "sign"),
    "title": ("indikator", "indicator"),
    "place": ("rincian", "of"),
    "value": ("nilai", "value"),
    "unit": ("satuan", "unit"),
    "target": ("target", "target"),
    "fetched_at": ("diambil", "fetched"),
    "module": ("layanan", "service"),
    "owner": ("pemilik", "owner"),
    "detail": ("keterangan", "detail"),
    "incident": ("insiden", "incident"),
    "category": ("kategori", "category"),
    "clock_state": ("tenggat", "clock"),
    "due_at": ("batas waktu", "due"),
    "assigned_to": ("petugas", "assigned"),
    "rule": ("aturan", "rule"),
    "summary": ("ringkasan", "summary"),
    "status": ("status", "status"),
    "headline": ("peringatan", "warning"),
    "area": ("wilayah", "area"),
    "sender": ("pengirim", "sender"),
    "expires_at": ("berlaku hingga", "expires"),
    "count": ("jumlah", "count"),
    "job": ("pekerjaan", "job"),
    "relation": ("tabel", "table"),
    "bytes": ("ukuran", "size"),
    "chunks": ("potongan", "chunks"),
    "topic": ("topik", "topic"),
    "type": ("jenis", "type"),
    "disk": ("disk", "disk"),
    "box": ("box", "box"),
    "crew": ("regu", "crew"),
    "crews": ("regu", "crews"),
    "agency": ("instansi", "agency"),
    "incidents": ("insiden", "incidents"),
    "acknowledge_s": ("sampai ditangani", "until taken up"),
    "arrive_s": ("sampai tiba", "until there"),
    "resolve_s": ("sampai selesai", "until over"),
    "opened": ("dibuka", "opened"),
    "verified": ("diverifikasi", "verified"),
    "late": ("lewat batas", "past a clock"),
    "position_at": ("posisi pada", "position of"),
}
_UNITS = {
    "age_s": "s",
    "lead_s": "s",
    "depth_km": "lengthkm",
    "distance_km": "lengthkm",
    "outbox_oldest_age_s": "s",
    "clock_offset_s": "s",
    "uptime_s": "s",
    "extra_green_s": "s",
    "duration_s": "s",
    "remaining_s": "s",
    "level_m": "lengthm",
    "rate_m_h": "suffix: m/jam",
    "rate_mm_h": "suffix: mm/jam",
    "last_hour_mm": "lengthmm",
    "last_24h_mm": "lengthmm",
    "disk_used_pct": "percent",
    "soc_temperature_cel": "celsius",
    "outbox_messages": "short",
    "acknowledge_s": "s",
    "arrive_s": "s",
    "resolve_s": "s",
    "bytes": "bytes",
}
_STATE_COLUMNS = ("state", "box_state", "controller_state", "liveness", "clock_state", "status")


def states(say: Say) -> list[ValueMapping]:
    """Map the states of views to words and colours."""
    return [_mapped(say, _STATES)]


def coloured_words(say: Say) -> list[DynamicConfigValue]:
    """Show a column's states as words in their colours."""
    return [
        DynamicConfigValue(id_val="mappings", value=states(say)),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]


def stages(say: Say) -> list[ValueMapping]:
    """Map the severity of gauges, 0 to 3, to the stages of the regency."""
    return [_mapped(say, _SEVERITY)]


def steps(*marks: tuple[float | None, str], percent: bool = False) -> build.ThresholdsConfig:
    """Colour from a value on; the first has None and is the ground colour."""
    mode = ThresholdsMode.PERCENTAGE if percent else ThresholdsMode.ABSOLUTE
    return build.ThresholdsConfig().mode(mode).steps([Threshold(value=value, color=colour) for value, colour in marks])


def columns(say: Say, names: Sequence[str]) -> list[tuple[str, list[DynamicConfigValue]]]:
    """Give each column of a table its title, unit, words for states and drill-down."""
    return [(name, _column(say, name)) for name in names]


def board_link(say: Say, board: str, title: str, query: str = "") -> dict[str, object]:
    """Link to a dashboard of the same language, with the time shown.

    Args:
        say: language.
        board: name of the dashboard.
        title: of the link.
        query: further variables, as in `var-site=${__data.fields.site}`.
    """
    rest = f"&{query}" if query else ""
    return {"title": title, "url": f"/d/{say.uid(board)}?${{__url_time_range}}{rest}"}


def console_link(path: str, title: str) -> dict[str, object]:
    """Link to a page that acts, in a tab of its own.

    Args:
        path: on the console, with its slash.
        title: of the link.
    """
    return {"title": title, "url": f"${{{CONSOLE_VARIABLE}}}{path}", "targetBlank": True}


def links(*entries: dict[str, object]) -> DynamicConfigValue:
    """Put links on a column."""
    return DynamicConfigValue(id_val="links", value=list(entries))


def _column(say: Say, name: str) -> list[DynamicConfigValue]:
    title = _COLUMNS.get(name)
    properties = [DynamicConfigValue(id_val="displayName", value=say(*title))] if title else []
    if name in _UNITS:
        properties.append(DynamicConfigValue(id_val="unit", value=_UNITS[name]))
    if name in _STATE_COLUMNS:
        properties.append(DynamicConfigValue(id_val="mappings", value=states(say)))
        properties.append(DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    if name in _CODES:
        properties.append(DynamicConfigValue(id_val="mappings", value=[_mapped(say, _coloured(_CODES[name]))]))
    return properties


def _coloured(words: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str, str | None]]:
    return {code: (word_id, word_en, None) for code, (word_id, word_en) in words.items()}


def _mapped(say: Say, table: Mapping[str, tuple[str, str, str | None]]) -> ValueMapping:
    results = {
        value: ValueMappingResult(text=say(word_id, word_en), color=colour, index=place)
        for place, (value, (word_id, word_en, colour)) in enumerate(table.items())
    }
    return ValueMap(options=results)
