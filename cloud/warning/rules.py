"""The rules by which a warning, or a stage of the city, is refused, each in Indonesian and in English."""

from cloud import errors
from cloud.signals.rules import Rule, RuledForbidden, RuledInvalid, RuledNotFound, RuledRefused

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
        Rule("unknown_warning", "Tidak ada peringatan {warning}.", "There is no warning {warning} of ours."),
    ),
    RuledForbidden: (
        Rule(
            "role_warning",
            "Peran {role} tidak boleh menerbitkan peringatan; mintalah kepala regu jaga.",
            "The role {role} may not issue warnings; ask the head of shift.",
        ),
        Rule(
            "role_stage",
            "Peran {role} tidak boleh menetapkan status kabupaten; mintalah kepala regu jaga.",
            "The role {role} may not set the stage of the regency; ask the head of shift.",
        ),
    ),
    RuledInvalid: (
        Rule(
            "not_cap",
            "Peringatan ini tidak dapat ditulis sebagai CAP: {fault}.",
            "This warning cannot be written as CAP: {fault}.",
        ),
        Rule(
            "polygon",
            "Wilayah {number} bukan poligon yang sah: {why}. Gambar ulang tanpa garis yang bersilangan.",
            "Area {number} is no valid polygon: {why}. Draw it again without lines that cross.",
        ),
        Rule(
            "elsewhere",
            "Wilayah {number} di luar kabupaten: apakah lintang dan bujur tertukar?",
            "Area {number} is outside the regency: are latitude and longitude swapped?",
        ),
        Rule(
            "onset",
            "Peringatan dimulai sesudah berakhir: periksa onset_at dan expires_in_s.",
            "The warning begins after its end: look at onset_at and expires_in_s.",
        ),
        Rule(
            "expired",
            "Peringatan harus berakhir di masa depan, paling lama {most} jam dari sekarang.",
            "A warning must end in the future, {most} hours from now at the latest.",
        ),
    ),
    RuledRefused: (
        Rule(
            "no_sender",
            "API ini belum diberi nama pengirim CAP: isi SATULAYAR_API_CAP_SENDER.",
            "This API has no name as a sender of CAP: set SATULAYAR_API_CAP_SENDER.",
        ),
        Rule(
            "superseded",
            "Peringatan ini sudah diganti atau dibatalkan; muat ulang dan ubah yang terbaru.",
            "This warning was updated or cancelled already; load again and change the newest.",
        ),
        Rule("over", "Peringatan ini sudah berakhir; terbitkan yang baru.", "This warning is over; issue a new one."),
        Rule(
            "status_kept",
            "Ini {before}, dan tetap {before}: latihan dan kejadian nyata tidak boleh tercampur.",
            "This is {before} and stays so: exercises and what is real are never mixed.",
        ),
        Rule(
            "request_id_used",
            "Nomor permintaan ini sudah dipakai untuk permintaan lain.",
            "This request_id was used for another request; choose a new one.",
        ),
    ),
}
REFUSALS: dict[str, tuple[type[errors.Ruled], Rule]] = {
    rule.code: (kind, rule) for kind, rules in _KINDS.items() for rule in rules
}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
