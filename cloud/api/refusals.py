"""What the API itself refuses, each by a rule with a sentence in Indonesian and in English that says what to do.

Leases and cameras have rules of their own (`cloud.signals.rules`, `cloud.cameras.rules`). `GENERAL` is what is said
where an error names no rule: nobody is ever refused without one.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException

from cloud import errors
from cloud.signals.rules import (
    Rule,
    RuledForbidden,
    RuledInvalid,
    RuledNotFound,
    RuledRefused,
    RuledTooMany,
    RuledUnauthenticated,
)


class RuledSpoilt(errors.Ruled, errors.Spoilt):
    """What is kept is not what was sent, by a rule."""


class RuledCrowded(errors.Ruled, errors.Crowded):
    """It cannot be done for the moment, by a rule."""


_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledUnauthenticated: (
        Rule(
            "token_missing",
            "Sertakan token pada header `Authorization: Bearer …`; pengelola memberikannya.",
            "Send a token in the header `Authorization: Bearer …`; an administrator gives you one.",
        ),
        Rule(
            "token_invalid",
            "Token ini tidak berlaku (lagi); minta yang baru kepada pengelola: `satulayar-db token create NAMA`.",
            "This token is not valid; `satulayar-db token create NAME` prints a new one.",
        ),
        Rule(
            "signature_invalid",
            "Tanda tangan pemberitahuan ini salah, atau lebih dari lima menit; periksa rahasia dan jam pengirim.",
            "The signature of this notification is not valid, or is older than five minutes; check secret and clock.",
        ),
    ),
    RuledForbidden: (
        Rule(
            "not_of_the_room",
            "Gambar kamera hanya untuk ruang kendali; {account} mengurus data modul. Mintalah kepada operator.",
            "What cameras saw is for the control room; {account} looks after a module. Ask an operator.",
        ),
        Rule(
            "role_too_low",
            "Ini memerlukan peran {role}; {account} berperan {held}. Mintalah kepada yang berperan itu.",
            "This needs the role {role}; {account} is {held}. Ask somebody who has it.",
        ),
    ),
    RuledTooMany: (
        Rule(
            "too_many_wrong_tokens",
            "Terlalu banyak token salah dari alamat ini; tunggu satu menit, atau kirim yang benar.",
            "Too many wrong tokens came from this address; wait a minute, or send a valid one.",
        ),
        Rule(
            "too_many_own_streams",
            "Sesi atau token ini sudah membuka {most} aliran; tutup halaman lain dulu.",
            "This session or token follows {most} streams already; close other pages first.",
        ),
        Rule(
            "token_guessed",
            "Banyak rahasia salah dikirim dengan nomor token ini; coba lagi beberapa detik lagi.",
            "Many wrong secrets came with the id of this token; try again in a few seconds.",
        ),
    ),
    RuledNotFound: (
        Rule(
            "openid_none",
            "Di sini tidak ada penyedia OpenID; masuk dengan kata sandi.",
            "There is no OpenID provider here; sign in with a password.",
        ),
        Rule(
            "unknown_series",
            "Tidak ada deret {series}; /v1/series memuat yang ada.",
            "There is no series {series}; /v1/series lists them.",
        ),
        Rule(
            "unknown_event",
            "Tidak ada kejadian {event}; /v1/events memuat yang ada.",
            "There is no event {event}; /v1/events lists them.",
        ),
        Rule(
            "unknown_evidence",
            "Bukti itu tidak ada: mungkin sudah melewati masa simpan, atau belum sampai; coba lagi nanti.",
            "There is no such evidence; it may be older than evidence is kept, or not yet here.",
        ),
        Rule(
            "evidence_deleted",
            "Bukti ini baru saja dihapus: masa simpannya sudah lewat.",
            "This evidence has just been deleted: it was older than evidence is kept.",
        ),
        Rule(
            "unknown_box",
            "Kotak {box} belum terdaftar; daftarkan dengan `satulayar-provision registry --apply`.",
            "No box {box} is registered; satulayar-provision registry --apply registers it.",
        ),
        Rule(
            "unknown_visit",
            "Tidak ada kunjungan {visit}; /v1/crew/visits memuat yang ada.",
            "There is no visit {visit}; /v1/crew/visits lists them.",
        ),
        Rule(
            "unknown_picture",
            "Gambar itu tidak ada pada kunjungan ini; muat ulang kunjungannya.",
            "There is no such picture; read the visit anew.",
        ),
    ),
    RuledInvalid: (
        Rule(
            "bad_place",
            "after={after} bukan tempat di daftar ini; berikan `next` dari bagian sebelumnya.",
            "after={after} is no place in this list; give `next` of the part before.",
        ),
        Rule(
            "bad_span",
            "`from` harus sebelum `to`; tanda tambah dalam alamat ditulis %2B.",
            "`from` must be before `to`; a plus sign in a query is written %2B.",
        ),
        Rule(
            "bad_zone",
            "tz={zone} bukan zona waktu; tulis seperti Asia/Jakarta.",
            "tz={zone} is no time zone; write it like Asia/Jakarta.",
        ),
        Rule(
            "too_many_series",
            "Lebih dari {limit} deret cocok; sebut lokasi, aset atau deretnya, atau naikkan limit (sampai {most}).",
            "More than {limit} series match; name a site, an asset or series, or raise limit (at most {most}).",
        ),
        Rule(
            "no_thumbnail",
            "Ini {content_type}; gambar kecil hanya dibuat dari image/jpeg.",
            "This is {content_type}; thumbnails are made of image/jpeg only.",
        ),
        Rule("not_jpeg", "Foto harus berupa JPEG; ambil ulang.", "A photo must be a JPEG; take it again."),
        Rule("siren_missing", "Sebut sirenenya: asset belum diisi.", "Say which siren: asset is missing."),
        Rule("bad_sha256", "{sha256} bukan SHA-256.", "{sha256} is no SHA-256; give the 64 hex digits of the report."),
        Rule(
            "other_site",
            "Isinya tentang {body}, alamatnya tentang {address}; samakan.",
            "The body is about {body}, the address about {address}; make them the same.",
        ),
        Rule(
            "junction_by_hand",
            "Simpang didaftarkan dengan satulayar-db load oleh pemilik basis data.",
            "A junction is registered with satulayar-db load, by the database's owner.",
        ),
        Rule(
            "alerts_malformed",
            "Pemberitahuan ini tidak dapat dibaca pada {where}: {fault}",
            "This notification cannot be read at {where}: {fault}",
        ),
    ),
    RuledRefused: (
        Rule(
            "other_box",
            "Kunjungan ini untuk {visited}, bukan {box}; mulai kunjungan baru.",
            "This visit is to {visited}, not to {box}; begin a new one.",
        ),
        Rule(
            "other_visit",
            "Bagian ini milik kunjungan lain; setiap bagian memerlukan nomornya sendiri.",
            "This piece belongs to another visit; a piece needs an id of its own.",
        ),
    ),
    RuledCrowded: (
        Rule(
            "openid_away",
            "{provider} tidak menjawab; coba lagi sebentar lagi, atau masuk dengan kata sandi setempat.",
            "{provider} does not answer; try again in a moment, or sign in with a local password.",
        ),
        Rule(
            "too_many_streams",
            "{open} siaran langsung sedang terbuka, batas tertingginya; tutup salah satu atau coba lagi.",
            "{open} live streams are open, the most there may be; close one or try again.",
        ),
        Rule(
            "no_broker",
            "API ini dijalankan tanpa perantara pesan, jadi tidak dapat mencapai kotak; "
            "pengelola mengisi SATULAYAR_API_BROKER_HOST.",
            "This API has no line to the broker, so it cannot reach boxes; see SATULAYAR_API_BROKER_HOST.",
        ),
        Rule(
            "broker_away",
            "Perantara pesan tidak tercapai sekarang; telepon mencoba lagi.",
            "The broker cannot be reached now; the phone tries again.",
        ),
        Rule(
            "box_away",
            "{box} tidak tersambung sekarang; telepon mencoba lagi.",
            "{box} is not connected now; the phone tries again.",
        ),
        Rule(
            "no_alerts_secret",
            "API ini tidak mempunyai rahasia untuk alarm; isi SATULAYAR_API_ALERTS_SECRET_FILE.",
            "This API has no secret for alarms; set SATULAYAR_API_ALERTS_SECRET_FILE.",
        ),
    ),
    RuledSpoilt: (
        Rule(
            "evidence_altered",
            "Yang tersimpan bukan yang dikirim {box}: sidik jarinya berbeda. Tidak ditampilkan; minta lagi dari kotak.",
            "What is stored is not what {box} sent: its digest differs. It is not shown; ask the box for it again.",
        ),
        Rule(
            "picture_too_large",
            "Gambar ini {width} kali {height} piksel: terlalu besar untuk dikecilkan; buka gambar aslinya.",
            "The picture has {width} by {height} pixels: too many to be made smaller; open it as it is.",
        ),
        Rule(
            "picture_unreadable",
            "Gambar yang tersimpan tidak dapat dibaca ({fault}); kotaknya mengirim demikian. Mintalah klip.",
            "The stored picture cannot be read ({fault}); its box sent it so. Ask for a clip instead.",
        ),
    ),
}
REFUSALS = {rule.code: (kind, rule) for kind, rules in _KINDS.items() for rule in rules}

# What is said by status where an error names no rule, with the error's own message in English.
GENERAL: dict[int, Rule] = {
    HTTPStatus.BAD_REQUEST: Rule("invalid", "Permintaan ini salah; perbaiki.", "This request is wrong; correct it."),
    HTTPStatus.UNAUTHORIZED: Rule("unauthenticated", "Masuk dahulu.", "Say who you are first."),
    HTTPStatus.FORBIDDEN: Rule("forbidden", "Anda tidak berwenang untuk ini.", "You may not do this."),
    HTTPStatus.NOT_FOUND: Rule("not_found", "Yang diminta tidak ada.", "There is no such thing."),
    HTTPStatus.CONFLICT: Rule("refused", "Ini ditolak.", "This is refused."),
    HTTPStatus.TOO_MANY_REQUESTS: Rule(
        "too_often", "Terlalu sering; coba lagi sebentar.", "Too often; try again in a moment."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Rule(
        "our_fault",
        "Ini kesalahan kami; catatan layanan memuat penjelasannya. Laporkan kepada pengelola.",
        "This is our fault; the service's log says more. Tell an administrator.",
    ),
    HTTPStatus.BAD_GATEWAY: Rule("spoilt", "Yang tersimpan rusak.", "What is stored is spoilt."),
    HTTPStatus.SERVICE_UNAVAILABLE: Rule(
        "database_away",
        "Basis data terputus atau sibuk; coba lagi beberapa detik lagi.",
        "The database is away or busy; try again in a few seconds.",
    ),
}
# What is said before a route is reached.
HTTP: dict[int, Rule] = {
    HTTPStatus.BAD_REQUEST: Rule(
        "body_unreadable",
        "Isi permintaan tidak dapat dibaca; kirim JSON dalam UTF-8.",
        "The body cannot be read; send JSON in UTF-8.",
    ),
    HTTPStatus.NOT_FOUND: Rule(
        "unknown_path",
        "Tidak ada apa-apa di alamat ini; /openapi.json memuat yang ada.",
        "There is nothing at this address; /openapi.json lists what there is.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Rule(
        "method",
        "Alamat ini tidak menerima cara (method) ini; /openapi.json memuat yang diterima.",
        "This address does not take this method; /openapi.json lists what it takes.",
    ),
}
CONTROL_CHARACTER = Rule(
    "control_character",
    "Alamatnya memuat karakter kendali (misalnya NUL atau akhir baris); hapus.",
    "The address has a control character (such as NUL or a line's end); leave it out.",
)
TOO_LARGE = Rule(
    "body_too_large",
    "Isi permintaan paling besar {limit} oktet; perkecil atau bagi.",
    "A body may have {limit} octets at the most; make it smaller, or send it in parts.",
)
BAD_RANGE = Rule(
    "bad_range",
    "Isinya {size} oktet; mintalah sebagian dari itu.",
    "There are {size} octets; ask for some of these.",
)
MALFORMED = Rule("malformed", "Perbaiki permintaan: {faults}", "Correct the request: {faults}")


class RuledHttp(HTTPException):
    """An answer of the server itself, by a rule."""

    def __init__(self, status: HTTPStatus, rule: Rule) -> None:
        super().__init__(status, rule.text_en)
        self.rule = rule


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    told = fill(rule, **values)
    return kind(code, told.text_id, told.text_en)


def fill(rule: Rule, **values: object) -> Rule:
    """Fill in the braces of a rule's sentences."""
    return Rule(rule.code, rule.text_id.format(**values), rule.text_en.format(**values))


def find_general(status: HTTPStatus) -> Rule:
    """Give what is said of a status when nobody has said more."""
    worst = HTTPStatus.INTERNAL_SERVER_ERROR
    return GENERAL.get(status) or GENERAL[HTTPStatus.BAD_REQUEST if status < worst else worst]
