"""The rules by which the room refuses what is asked of a camera, each with a sentence in Indonesian and in English.

The box has rules of its own (gone, too large, not recorded); its sentences are passed on as they come.
"""

from cloud import errors
from cloud.signals.rules import (
    Rule,
    RuledInvalid,
    RuledNotFound,
    RuledRefused,
    RuledTooMany,
    RuledUnavailable,
)

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
        Rule("unknown_camera", "Tidak ada kamera {camera}.", "There is no camera {camera}; /v1/cameras lists them."),
        Rule("unknown_clip", "Tidak ada klip {clip}.", "There is no clip {clip}; /v1/clips lists them."),
        Rule("unknown_box", "{box} belum pernah mengirim klip.", "Box {box} has never sent a clip."),
    ),
    RuledInvalid: (
        Rule(
            "future",
            "Rentang itu belum berakhir; minta lagi setelah {until} WIB.",
            "That span is not over yet; ask again after {until} WIB.",
        ),
    ),
    RuledRefused: (
        Rule(
            "request_id_used",
            "Nomor permintaan ini sudah dipakai untuk permintaan lain.",
            "This request_id was used for another request; choose a new one.",
        ),
    ),
    RuledTooMany: (
        Rule(
            "too_many_open",
            "{box} masih mengerjakan {open} permintaan; tunggu sampai ada yang selesai.",
            "Box {box} still works on {open} requests; wait until one is done.",
        ),
        Rule(
            "too_many_wait",
            "Terlalu banyak kamera ditonton langsung; coba lagi sebentar.",
            "Too many cameras are watched live; try again in a moment.",
        ),
    ),
    RuledUnavailable: (
        Rule(
            "no_broker",
            "API ini tidak tersambung ke perantara pesan, jadi tidak dapat meminta apa pun.",
            "This API has no line to the message broker, so nothing can be asked; see SATULAYAR_API_BROKER_HOST.",
        ),
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
