"""The rules of access, each with one sentence in Indonesian and in English."""

from dataclasses import dataclass

from cloud import errors
from cloud.db.errors import Refused


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its code and what is said when it is broken; braces are filled in."""

    code: str
    text_id: str
    text_en: str


class RuledRefused(errors.Ruled, Refused):
    """It cannot be done, by a rule."""


class RuledForbidden(errors.Ruled, errors.Forbidden):
    """Whoever asks may not do this, by a rule."""


class RuledUnauthenticated(errors.Ruled, errors.Unauthenticated):
    """Nobody knows who is asking, by a rule."""


class RuledTooMany(errors.Ruled, errors.TooMany):
    """Whoever asks does so too often, by a rule."""


_RULES: dict[type[errors.Ruled], tuple[tuple[str, str, str], ...]] = {
    RuledForbidden: (
        ("right", "Peran {role} tidak boleh melakukan ini ({action}).", "The role {role} may not do this ({action})."),
        (
            "agency",
            "Ini urusan {agency}; akun {account} tidak bertugas untuk instansi itu.",
            "This is for {agency}; account {account} does not act for that agency.",
        ),
        (
            "csrf",
            "Permintaan ini tidak datang dari halaman Satulayar yang terbuka; muat ulang halaman, lalu coba lagi.",
            "This request did not come from an open page of Satulayar; load the page anew and try again.",
        ),
        (
            "first_password",
            "Kata sandi ini hanya untuk masuk pertama kali; buat kata sandi Anda sendiri dulu.",
            "This password is for the first time only; choose one of your own first.",
        ),
        (
            "openid_unknown",
            "Belum ada akun untuk Anda; mintalah: satulayar-db account link NAMA {subject} --issuer {issuer}.",
            "You have no account here; ask for one: satulayar-db account link NAME {subject} --issuer {issuer}.",
        ),
        (
            "openid_no_role",
            "{provider} mengenal Anda, tetapi tidak memberi peran di sini; minta kelompok kepada pengelolanya.",
            "{provider} knows you, but gives you no role here; ask its administrator for a group.",
        ),
        (
            "openid_name",
            "Akun {name} di sini bukan dari {provider}; minta pengelola: satulayar-db account link {name} {subject}.",
            "Account {name} is not from {provider}; ask an administrator: satulayar-db account link {name} {subject}.",
        ),
        (
            "account_locked",
            "Akun {name} terkunci; hubungi pengelola.",
            "Account {name} is locked; ask an administrator.",
        ),
        (
            "yourself",
            "Hak akun sendiri hanya dapat diubah oleh orang lain.",
            "Somebody else must change your own rights.",
        ),
    ),
    RuledUnauthenticated: (
        ("wrong_password", "Nama atau kata sandi salah.", "The name or the password is wrong."),
        ("session_over", "Sesi sudah berakhir; masuk lagi.", "The session is over; sign in again."),
        (
            "openid_way",
            "Jalan masuk ini sudah dipakai, terlalu lama, atau dimulai di peramban lain; mulai lagi.",
            "This way in was used already, took too long, or began in another browser; begin again.",
        ),
        (
            "openid_denied",
            "{provider} tidak memberi izin masuk ({reason}); coba lagi, atau masuk dengan kata sandi.",
            "{provider} did not let you in ({reason}); try again, or sign in with a password.",
        ),
        (
            "openid_invalid",
            "Keterangan dari {provider} tidak dapat dipercaya ({reason}); beri tahu pengelola.",
            "What {provider} says cannot be trusted ({reason}); tell an administrator.",
        ),
    ),
    RuledTooMany: (
        (
            "too_many_attempts",
            "Terlalu banyak percobaan dari alamat ini; tunggu satu menit, lalu coba lagi.",
            "There were too many attempts from this address; wait a minute, then try again.",
        ),
    ),
    RuledRefused: (
        (
            "account_name",
            "{name!r} bukan nama akun; pakai huruf, angka dan . _ @ -, paling banyak 80.",
            "{name!r} is no account's name; take letters, digits and . _ @ -, 80 at the most.",
        ),
        (
            "account_reserved",
            "{name!r} adalah nama program ini sendiri dalam catatan; pakai nama lain.",
            "{name!r} is a name of this program itself in its records; take another.",
        ),
        (
            "account_known",
            "Akun {name!r} sudah ada; `account list` menampilkannya.",
            "There is an account {name!r} already; `account list` shows it.",
        ),
        (
            "account_unknown",
            "Tidak ada akun {name!r}; `account list` menampilkan semuanya.",
            "There is no account {name!r}; `account list` shows them all.",
        ),
        (
            "identity_known",
            "{subject} sudah terhubung dengan sebuah akun; `account unlink NAMA` memutuskannya.",
            "{subject} is linked to an account already; `account unlink NAME` ends that.",
        ),
        (
            "account_not_open",
            "Tidak ada akun terbuka {name!r}; `account list` menampilkan semuanya.",
            "There is no open account {name!r}; `account list` shows them all.",
        ),
        (
            "account_not_locked",
            "Tidak ada akun terkunci {name!r}; `account list` menampilkan semuanya.",
            "There is no locked account {name!r}; `account list` shows them all.",
        ),
        (
            "agency_unknown",
            "Tidak ada instansi {agency!r}; yang ada: {known}.",
            "There is no agency {agency!r}; there are {known}.",
        ),
        (
            "last_admin",
            "{name!r} adalah administrator terakhir yang dapat masuk; buat satu lagi dulu.",
            "{name!r} is the last administrator who can sign in; make another one first.",
        ),
        (
            "password_length",
            "Kata sandi terdiri dari {least} sampai {most} karakter; sebuah kalimat paling baik.",
            "A password has {least} to {most} characters; a sentence is a good one.",
        ),
        (
            "password_easy",
            "Kata sandi ini mudah ditebak; pakai yang lain, misalnya sebuah kalimat.",
            "This password is one of the first that anybody would try; take another, such as a sentence.",
        ),
        (
            "password_same",
            "Kata sandi baru harus berbeda dari yang lama.",
            "The new password must differ from the old one.",
        ),
    ),
}

REFUSALS = {row[0]: (kind, Rule(*row)) for kind, rows in _RULES.items() for row in rows}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a rule.

    Args:
        code: of the rule.
        values: what its sentences leave open.
    """
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
