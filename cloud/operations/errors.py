"""Why operations do not do something: by what the caller can do, and by which rule, in both languages.

```
cloud.errors.CloudError
├── Unavailable     the database is away: the engine waits for it
├── Misconfigured   kinds, rules or settings are wrong; the message has file, line and remedy
└── Ruled           a person's act is refused by the rule that it names
```
"""

from cloud.errors import Misconfigured, Ruled, Unavailable
from cloud.signals.rules import RuledForbidden, RuledInvalid, RuledNotFound, RuledRefused

__all__ = ["Misconfigured", "Ruled", "Unavailable", "refusal"]

_KINDS: dict[type[Ruled], tuple[tuple[str, str, str], ...]] = {
    RuledNotFound: (
        ("unknown_incident", "Tidak ada insiden {incident}.", "There is no incident {incident}."),
        ("unknown_crew", "Tidak ada regu {crew}.", "There is no crew {crew}."),
        ("unknown_dispatch", "Tidak ada penugasan {dispatch} untuk regu Anda.", "Your crews have no order {dispatch}."),
        ("unknown_photo", "Tidak ada foto itu.", "There is no such photo."),
        ("unknown_shelf", "Tidak ada penangguhan {key} yang berlaku.", "No shelf of {key} is in force."),
        ("unknown_place", "Tidak ada lokasi atau aset {place}.", "There is no site or asset {place}."),
    ),
    RuledForbidden: (
        (
            "agency",
            "Insiden {incident} ditangani {agency}; akun {account} bukan dari sana.",
            "Incident {incident} is handled by {agency}; {account} is not of that agency.",
        ),
        (
            "same_person",
            "Harus diverifikasi orang lain: {account} sendiri yang menyelesaikannya.",
            "Somebody else must verify it: {account} has resolved it.",
        ),
        ("no_crew", "Akun {account} bukan anggota regu mana pun.", "{account} is a member of no crew."),
    ),
    RuledInvalid: (
        ("reason", "Alasan harus diisi.", "A reason must be given."),
        (
            "unknown_kind",
            "Tidak ada jenis insiden {kind}; yang ada: {kinds}.",
            "There is no kind {kind}; there are: {kinds}.",
        ),
        ("place", "Sebutkan lokasi, aset, atau koordinatnya.", "Name a site, an asset, or a position."),
        ("itself", "Insiden tidak dapat digabung ke dirinya sendiri.", "An incident cannot be merged into itself."),
        (
            "not_a_photo",
            "Ini bukan foto JPEG, PNG, atau WebP yang utuh. Ambil foto lagi lalu kirim.",
            "This is no whole JPEG, PNG or WebP photo. Take it again and send it.",
        ),
        (
            "photo_size",
            "Foto ini {width} x {height} piksel; sisinya paling sedikit {least}, seluruhnya paling banyak 50 juta.",
            "This photo has {width} x {height} pixels; a side has at least {least}, all of it at most 50 million.",
        ),
        (
            "photo_too_large",
            "Foto paling besar {limit} MB; ini {size} MB. Kecilkan lalu kirim lagi.",
            "A photo has at most {limit} MB; this has {size} MB. Make it smaller and send it again.",
        ),
        (
            "key",
            "{key} bukan kunci insiden seperti camera_silent:TD-01.cam-1.",
            "{key} is no key like camera_silent:TD-01.cam-1.",
        ),
        (
            "shelf_span",
            "Penangguhan paling lama {days} hari dan tidak boleh sudah lewat.",
            "A shelf ends in the future, within {days} days.",
        ),
    ),
    RuledRefused: (
        (
            "acknowledged_by",
            "Sudah ditangani {owner} sejak {at} WIB.",
            "{owner} has taken it up at {at} WIB.",
        ),
        (
            "state",
            "Insiden {incident} berstatus {state}; tindakan {act} tidak berlaku lagi.",
            "Incident {incident} is {state}; {act} does not apply.",
        ),
        (
            "stale",
            "Formulir ini usang: {actor} sudah mengubah insiden pada {at} WIB. Lihat keadaannya, lalu ulangi.",
            "This form is stale: {actor} changed the incident at {at} WIB. Look at it again.",
        ),
        (
            "crew_sent",
            "Regu {crew} sudah dikirim oleh {actor} pada {at} WIB.",
            "Crew {crew} was sent by {actor} at {at} WIB already.",
        ),
        (
            "dispatch_over",
            "Penugasan ini sudah berakhir: {how_id}.",
            "This order is over: {how_en}.",
        ),
        (
            "proof_missing",
            "Belum ada foto dengan posisi dari lokasi; kirim foto dulu.",
            "There is no photo with a position from the spot yet; send one first.",
        ),
        (
            "act_used",
            "act_id ini sudah dipakai untuk tindakan lain.",
            "This act_id was used for another act.",
        ),
        (
            "request_used",
            "Panggilan dengan nomor ini sudah dicatat dengan isi lain. Buka formulir baru untuk panggilan baru.",
            "A call with this number was taken with other words already. Open a new form for a new call.",
        ),
        (
            "key_open",
            "Masalah yang sama sudah terbuka sebagai {incident}.",
            "The same trouble is open as {incident}.",
        ),
        (
            "shelved",
            "{key} sudah ditangguhkan {author} sampai {until} WIB.",
            "{author} has shelved {key} until {until} WIB.",
        ),
    ),
}  # fmt: skip

_REFUSALS = {row[0]: (kind, row[1], row[2]) for kind, rows in _KINDS.items() for row in rows}


def refusal(code: str, **values: object) -> Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, text_id, text_en = _REFUSALS[code]
    return kind(code, text_id.format(**values), text_en.format(**values))
