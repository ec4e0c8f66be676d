"""The rules by which figures that are brought, and words on figures, are refused; each in Indonesian and in English."""

from cloud import errors
from cloud.db.access_rules import Rule


class RuledNotFound(errors.Ruled, errors.NotFound):
    """There is no such thing, by a rule."""


class RuledInvalid(errors.Ruled, errors.Invalid):
    """What was brought makes no sense, by a rule."""


class RuledConflict(errors.Ruled, errors.Refused):
    """It was right when it was shown, and is not any more, by a rule."""


class RuledForbidden(errors.Ruled, errors.Forbidden):
    """Whoever brings it may not, by a rule."""


class RuledUnauthenticated(errors.Ruled, errors.Unauthenticated):
    """Nobody knows who brings it, by a rule."""


class RuledTooMany(errors.Ruled, errors.TooMany):
    """Its address has sent too many that were wrong, by a rule."""


class RuledCrowded(errors.Ruled, errors.Crowded):
    """It cannot be taken for the moment, by a rule."""


_KINDS: dict[type[errors.Ruled], tuple[tuple[str, str, str], ...]] = {
    RuledNotFound: (
        ("unknown_module", "Tidak ada modul {module}.", "There is no module {module}; /v1/modules lists them."),
        (
            "unknown_draft",
            "Unggahan itu tidak ada: sudah dikonfirmasi, dibuang, atau lebih dari sehari. Unggah lagi.",
            "There is no such draft: it was confirmed, thrown away, or is older than a day. Upload it again.",
        ),
        (
            "unknown_held",
            "Tidak ada angka {number} yang menunggu; mungkin sudah diputuskan orang lain atau dikoreksi sumbernya.",
            "No figure {number} waits: somebody has decided already, or its source has corrected it.",
        ),
        ("unknown_district", "Tidak ada kecamatan {district}.", "There is no district {district}."),
    ),
    RuledInvalid: (
        (
            "not_pushed",
            "Angka {module} tidak dikirim ke sini: sumbernya {kind}.",
            "The figures of {module} are not pushed: its source is of kind {kind}.",
        ),
        (
            "not_uploaded",
            "Angka {module} tidak diunggah: sumbernya {kind}.",
            "The figures of {module} are not uploaded: its source is of kind {kind}.",
        ),
        (
            "not_flat",
            "Kirim daftar JSON berisi objek datar: tanpa objek atau daftar di dalamnya.",
            "Send a JSON list of flat objects: no object or list inside of them.",
        ),
        ("figures_refused", "{why_id}", "{why_en}"),
    ),
    RuledConflict: (
        (
            "stale_draft",
            "Sejak ditampilkan, angka lain masuk: yang berubah bukan lagi yang Anda lihat. Unggah lagi dan periksa.",
            "Other figures came since this was shown: it would change something else now. Upload it again and look.",
        ),
    ),
    RuledForbidden: (
        (
            "not_uploader",
            "Akun {account} bukan pengunggah modul {module}; manifesnya menyebut siapa.",
            "Account {account} is no uploader of the module {module}; its manifest says who is.",
        ),
    ),
    RuledUnauthenticated: (
        (
            "module_token",
            "Token modul ini tidak berlaku; `satulayar-modules token {module}` membuat yang baru.",
            "This is no valid token of the module; `satulayar-modules token {module}` makes one.",
        ),
    ),
    RuledTooMany: (
        (
            "too_many_module_tokens",
            "Terlalu banyak token salah dari alamat ini; token yang benar tetap diterima.",
            "Too many wrong tokens from this address; one that is right still passes.",
        ),
    ),
    RuledCrowded: (
        (
            "modules_busy",
            "Terlalu banyak angka sedang dibaca; coba lagi beberapa detik lagi.",
            "Too many figures are being read; try again in a few seconds.",
        ),
    ),
}
REFUSALS = {code: (kind, Rule(code, *texts)) for kind, rules in _KINDS.items() for code, *texts in rules}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
