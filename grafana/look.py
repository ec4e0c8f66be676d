"""What things look like: states as words in colours, thresholds, columns with their titles, links.

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

from grafana.codes import CODES, STAGES, STATES, Names, Words
from grafana.names import CONSOLE_VARIABLE
from grafana.words import Say

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
    "operators": ("petugas", "operators"),
    "per_operator_h": ("alarm per jam", "alarms an hour"),
    "last_hour_per_operator": ("jam terakhir", "the last hour"),
    "busiest_10min": ("10 menit tersibuk", "busiest 10 min"),
    "standing": ("menetap", "standing"),
    "chattering": ("berulang", "chattering"),
    "top_ten_pct": ("sepuluh tersering", "ten most frequent"),
    "loudspeaker": ("pengeras suara", "loudspeaker"),
    "said": ("yang diumumkan", "what was said"),
    "grade": ("bukti", "proof"),
    "account": ("oleh", "by"),
    "source": ("sumber", "source"),
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
    "top_ten_pct": "percent",
}
_STATE_COLUMNS = ("state", "box_state", "controller_state", "liveness", "clock_state", "status", "disk")


def states(say: Say) -> list[ValueMapping]:
    """Map the states of views to words and colours."""
    return [_mapped(say, STATES)]


def words_of(say: Say, words: Words) -> list[ValueMapping]:
    """Map codes to words and colours."""
    return [_mapped(say, words)]


def names_of(say: Say, names: Names) -> list[ValueMapping]:
    """Map codes to their names."""
    return [_mapped(say, {code: (*words, None) for code, words in names.items()})]


def coloured_words(say: Say) -> list[DynamicConfigValue]:
    """Show a column's states as words in their colours."""
    return [
        DynamicConfigValue(id_val="mappings", value=states(say)),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]


def stages(say: Say) -> list[ValueMapping]:
    """Map the severity of gauges, 0 to 3, to the stages of the regency."""
    return [_mapped(say, STAGES)]


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
    # Without one of its own, an empty cell would say what an empty list says.
    properties = [DynamicConfigValue(id_val="noValue", value="-")]
    if title:
        properties.append(DynamicConfigValue(id_val="displayName", value=say(*title)))
    if name in _UNITS:
        properties.append(DynamicConfigValue(id_val="unit", value=_UNITS[name]))
    if name in _STATE_COLUMNS:
        properties.append(DynamicConfigValue(id_val="mappings", value=states(say)))
        properties.append(DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    if name in CODES:
        properties.append(DynamicConfigValue(id_val="mappings", value=names_of(say, CODES[name])))
    return properties


def _mapped(say: Say, table: Words | Mapping[str, tuple[str, str, str | None]]) -> ValueMapping:
    results = {
        value: ValueMappingResult(text=say(word_id, word_en), color=colour, index=place)
        for place, (value, (word_id, word_en, colour)) in enumerate(table.items())
    }
    return ValueMap(options=results)
