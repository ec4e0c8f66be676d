"""The rules by which the room refuses an announcement, each with a sentence in Indonesian and in English."""

from cloud import errors
from cloud.signals.rules import (
    Rule,
    RuledForbidden,
    RuledInvalid,
    RuledNotFound,
    RuledRefused,
    RuledUnavailable,
)

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
        Rule(
            "unknown_loudspeaker",
            "Tidak ada pengeras suara {asset}.",
            "There is no loudspeaker {asset}; /v1/loudspeakers lists them.",
        ),
        Rule(
            "unknown_clip", "Tidak ada rekaman {clip}.", "There is no clip {clip}; /v1/announcement-clips lists them."
        ),
        Rule("unknown_announcement", "Tidak ada pengumuman {id}.", "There is no announcement {id}."),
        Rule("unknown_incident", "Tidak ada insiden nomor {number}.", "There is no incident number {number}."),
        Rule("unknown_warning", "Tidak ada peringatan {id}.", "There is no warning {id}."),
    ),
    RuledForbidden: (
        Rule(
            "role_announcement",
            "Peran {role} tidak boleh mengumumkan.",
            "The role {role} may not announce; ask an operator.",
        ),
        Rule(
            "role_emergency",
            "Pengumuman darurat hanya oleh kepala regu jaga.",
            "Emergencies are announced by the head of shift.",
        ),
        Rule(
            "agency_loudspeaker",
            "Pengeras suara {asset} milik instansi lain ({agency}).",
            "The loudspeaker {asset} belongs to another agency ({agency}).",
        ),
        Rule("not_yours", "Yang berbicara adalah {account}.", "It is {account} who speaks."),
    ),
    RuledRefused: (
        Rule(
            "somebody_speaks",
            "{account} sedang berbicara lewat {asset}.",
            "{account} is speaking over {asset}.",
        ),
        Rule("voice_over", "Siaran langsung ini sudah selesai.", "This live announcement is over."),
        Rule(
            "request_id_used",
            "Nomor permintaan ini sudah dipakai untuk permintaan lain.",
            "This request_id was used for another request; choose a new one.",
        ),
        Rule("clip_gone", "Suara rekaman ini sudah dihapus.", "The sound of this clip is no longer kept."),
    ),
    RuledInvalid: (
        Rule(
            "not_audio",
            "Berkas ini bukan rekaman suara WAV, OGG atau FLAC yang dapat dibaca.",
            "This file is no WAV, OGG or FLAC sound that can be read.",
        ),
        Rule(
            "too_long",
            "Rekaman lebih panjang dari {most:.0f} detik; potong dulu.",
            "The clip is longer than {most:.0f} s; cut it first.",
        ),
        Rule("silent", "Rekaman ini tidak berisi suara.", "There is no sound in this clip."),
        Rule(
            "bad_frames",
            "Potongan suara keliru.",
            "The frames of sound are wrong: whole ones of 160 bytes, at most 25.",
        ),
    ),
    RuledUnavailable: (
        Rule(
            "no_speech",
            "Pembacaan teks belum tersedia di server ini.",
            "This server cannot speak texts; see SATULAYAR_API_SPEECH_PROGRAM.",
        ),
        Rule("speech_failed", "Teks ini tidak dapat dibacakan: {why}", "This text could not be spoken: {why}"),
        Rule(
            "broker_away",
            "Perantara pesan sedang terputus; coba lagi sebentar.",
            "The message broker is away; try again in a moment.",
        ),
    ),
}
REFUSALS = {rule.code: (kind, rule) for kind, rules in _KINDS.items() for rule in rules}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
