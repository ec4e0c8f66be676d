"""The rules by which the room refuses what is asked of a box, each with a sentence in Indonesian and in English.

The box has rules of its own; its sentences are passed on as they come.
"""

from cloud import errors
from cloud.signals.rules import Rule, RuledForbidden, RuledNotFound, RuledRefused, RuledTooMany, RuledUnavailable

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
        Rule("unknown_camera", "Tidak ada kamera {asset}.", "There is no camera {asset}; /v1/cameras lists them."),
        Rule(
            "unknown_siren",
            "{asset} tidak ada, atau tidak punya sirene.",
            "There is no {asset}, or it has no siren; /v1/sirens lists them.",
        ),
        Rule("unknown_order", "Tidak ada perintah {order}.", "There is no order {order}; /v1/siren-orders lists them."),
    ),
    RuledForbidden: (
        Rule(
            "role_siren",
            "Peran {role} tidak boleh membunyikan sirene; mintalah kepala regu jaga.",
            "The role {role} may not sound sirens; ask the head of shift.",
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
