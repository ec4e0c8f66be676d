"""The rules by which the room itself refuses or gives up, each with one sentence in Indonesian and in English.

The box has rules of its own, and its sentences are passed on as they come; these are the ones that need no box.
"""

from dataclasses import dataclass

from cloud import errors


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its code and what is said when it is broken; braces are filled in."""

    code: str
    text_id: str
    text_en: str


class RuledForbidden(errors.Ruled, errors.Forbidden):
    """Whoever asks may not do this, by a rule."""


class RuledUnauthenticated(errors.Ruled, errors.Unauthenticated):
    """Nobody knows who is asking, by a rule."""


class RuledNotFound(errors.Ruled, errors.NotFound):
    """There is no such thing, by a rule."""


class RuledInvalid(errors.Ruled, errors.Invalid):
    """What was asked for makes no sense, by a rule."""


class RuledRefused(errors.Ruled, errors.Refused):
    """It cannot be done now, by a rule."""


class RuledTooMany(errors.Ruled, errors.TooMany):
    """Too many ask for the same at once, by a rule."""


class RuledUnavailable(errors.Ruled, errors.Unavailable):
    """It cannot be done for the moment, by a rule."""


_KINDS: dict[type[errors.Ruled], tuple[tuple[str, str, str], ...]] = {
    RuledNotFound: (
        (
            "unknown_junction",
            "Tidak ada simpang {site}; /v1/junctions memuat yang ada.",
            "There is no junction {site}; /v1/junctions lists them.",
        ),
        (
            "unknown_lease",
            "Tidak ada sewa {lease}; /v1/leases memuat yang ada.",
            "There is no lease {lease}; /v1/leases lists them.",
        ),
        (
            "unknown_corridor",
            "Tidak ada koridor {corridor}; /v1/junctions menyebut koridor tiap simpang.",
            "There is no corridor {corridor} with junctions; /v1/junctions names those there are.",
        ),
    ),
    RuledForbidden: (
        (
            "role",
            "Peran {role} tidak boleh mengubah APILL di sini; mintalah kepada operator.",
            "The role {role} may not retime signals here; ask an operator.",
        ),
        (
            "authority",
            "Simpang {site} milik provinsi; {account} belum diberi wewenang olehnya. Pengelola mencatat pelimpahannya.",
            "Junction {site} is the province's, which has not delegated it to {account}; an administrator records it.",
        ),
        (
            "role_extra_green",
            "Peran {role} boleh menambah hijau paling lama {limit} detik di {site}; diminta {asked}.",
            "The role {role} may add at most {limit} s of green at {site}; {asked} s were asked for.",
        ),
        (
            "role_duration",
            "Peran {role} boleh meminta paling lama {limit} detik di {site}; diminta {asked}.",
            "The role {role} may ask for at most {limit} s at {site}; {asked} s were asked for.",
        ),
        (
            "withdraw_rank",
            "Sewa ini milik {holder} yang berpangkat lebih tinggi; mintalah kepadanya.",
            "This lease belongs to {holder}, who ranks higher; ask them.",
        ),
    ),
    RuledInvalid: (
        (
            "unknown_phase",
            "Simpang {site} tidak mempunyai fase {phase}; yang ada: {phases}.",
            "Junction {site} has no phase {phase}; it has {phases}.",
        ),
        ("extra_green", "Tambahan hijau harus lebih dari 0 detik.", "Extra green must be more than 0 s."),
        ("duration", "Lamanya harus lebih dari 0 detik.", "The duration must be more than 0 s."),
        ("reason", "Alasan harus diisi.", "A reason must be given."),
    ),
    RuledRefused: (
        (
            "held",
            "Simpang {site} sedang dipegang {holder} sampai {until}; tunggu, atau minta pangkat yang lebih tinggi.",
            "Junction {site} is held by {holder} until {until}; wait, or ask a higher rank.",
        ),
        (
            "request_id_used",
            "request_id ini sudah dipakai untuk permintaan lain; pakai yang baru.",
            "This request_id was used for another request; choose a new one.",
        ),
        (
            "resting",
            "Rencana simpang {site} sendiri mendapat giliran dulu; sewa berikutnya boleh mulai {until}.",
            "Junction {site}'s own plan has its turn first; the next lease may begin at {until}.",
        ),
        (
            "flashing",
            "APILL di simpang {site} sedang berkedip (flash); hijau tidak dapat diperpanjang.",
            "Junction {site} is flashing; no green can be lengthened.",
        ),
    ),
    RuledTooMany: (
        (
            "too_many_wait",
            "Terlalu banyak permintaan menunggu sewanya; tanyakan lagi tanpa wait_s.",
            "Too many requests wait for their leases; ask again without wait_s.",
        ),
    ),
    RuledUnavailable: (
        (
            "broker_away",
            "Ruang kendali tidak tersambung ke perantara pesan; tidak ada yang dikirim. Coba lagi sebentar.",
            "The room has no line to the message broker; nothing was sent. Try again in a moment.",
        ),
        (
            "no_broker",
            "API ini dijalankan tanpa perantara pesan; pengelola mengisi SATULAYAR_API_BROKER_HOST.",
            "This API runs without a message broker and can send no commands; see SATULAYAR_API_BROKER_HOST.",
        ),
        (
            "box_away",
            "Komputer lapangan {box} tidak tersambung; permintaan akan kedaluwarsa. Periksa jaringan dan listriknya.",
            "Box {box} is offline; a request would expire. Check its network and power.",
        ),
        (
            "controller_away",
            "Pengendali simpang {site} tidak terdengar; periksa sambungannya di kabinet.",
            "The controller of junction {site} is not heard; check its line in the cabinet.",
        ),
    ),
}

_TOLD = (
    (
        "not_confirmed",
        "Pengendali tidak terbukti berubah dalam {seconds} detik; permintaan dianggap gagal dan ditarik.",
        "The controller was not read back within {seconds} s; the request has failed and is withdrawn.",
    ),
    (
        "box_offline",
        "Komputer lapangan {box} tidak tersambung; permintaan kedaluwarsa dan tidak dijalankan.",
        "Box {box} is offline; the request has expired and is not carried out.",
    ),
    (
        "not_sent",
        "Perintah tidak sampai ke perantara pesan; permintaan kedaluwarsa.",
        "The command did not reach the message broker; the request has expired.",
    ),
    (
        "withdrawn_early",
        "Ditarik {account} sebelum kotak menerimanya; tidak dijalankan.",
        "Withdrawn by {account} before the box had taken it; it is not carried out.",
    ),
    (
        "end_unheard",
        "Waktunya habis, tetapi {box} belum melaporkan akhirnya; pengendali kembali sendiri ke rencananya.",
        "Its time is over, but {box} has not reported the end; the controller falls back to its own plan by itself.",
    ),
    (
        "withdraw_unconfirmed",
        "{box} belum menjawab penarikan; sewa berakhir sendiri pada waktunya.",
        "{box} has not answered the withdrawal; the lease ends by itself in its time.",
    ),
    (
        "superseded",
        "Diambil alih {account} yang berpangkat lebih tinggi: {reason}",
        "Taken over by {account}, who ranks higher: {reason}",
    ),
    (
        "supersedes",
        "Mengambil alih simpang {site} dari {account}.",
        "Takes junction {site} over from {account}.",
    ),
    (
        "box_gone",
        "Komputer lapangan {box} hilang dari jaringan; pengendalinya kembali sendiri ke rencananya.",
        "Box {box} is gone from the network; its controller falls back to its own plan by itself.",
    ),
    (
        "corridor_member",
        "Koridor: semua atau tidak sama sekali; {site} tidak ikut: {why}",
        "Corridor: all or none; {site} does not take part: {why}",
    ),
)

REFUSALS: dict[str, tuple[type[errors.Ruled], Rule]] = {
    row[0]: (kind, Rule(*row)) for kind, rows in _KINDS.items() for row in rows
}
TOLD: dict[str, Rule] = {row[0]: Rule(*row) for row in _TOLD}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))


def tell(code: str, **values: object) -> Rule:
    """Fill in the sentences of a rule that ends a lease."""
    rule = TOLD[code]
    return Rule(code, rule.text_id.format(**values), rule.text_en.format(**values))
