"""The rules by which the room refuses what is asked of a camera, each with a sentence in Indonesian and in English.

Those of every request are in `cloud/requests/rules.py`. The box has rules of its own (gone, too large, not recorded);
its sentences are passed on as they come.
"""

from cloud import errors
from cloud.signals.rules import Rule, RuledInvalid, RuledNotFound, RuledTooMany

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
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
    RuledTooMany: (
        Rule(
            "too_many_wait",
            "Terlalu banyak kamera ditonton langsung; coba lagi sebentar.",
            "Too many cameras are watched live; try again in a moment.",
        ),
    ),
}
REFUSALS = {rule.code: (kind, rule) for kind, rules in _KINDS.items() for rule in rules}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
