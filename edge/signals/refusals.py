"""Why a lease is refused: a rule by its name, and its sentence in Indonesian and English."""

from dataclasses import dataclass

_SENTENCES: dict[str, tuple[str, str]] = {
    "bad_argument": (
        "Permintaan tidak lengkap atau salah pada bagian {0}; perbaiki bagian itu.",
        "The request is incomplete or wrong in its part {0}; correct it.",
    ),
    "controller_unknown": (
        "Kotak ini tidak memegang pengendali APILL {0}; berkas lokasinya menyebut yang dipegang.",
        "This box has no controller {0}; its site file names those it has.",
    ),
    "expired": (
        "Permintaan datang terlambat {0} detik; kirim lagi bila masih perlu.",
        "The request came {0} s too late; send it again if it is still needed.",
    ),
    "role_unknown": (
        "Peran {0} tidak berhak memperpanjang hijau di simpang ini; berkas lokasi menyebut yang berhak.",
        "Role {0} has no right to lengthen a green at this junction; the site file names those that have.",
    ),
    "phase_unknown": (
        "Fase {0} tidak ada di simpang ini; pilih fase dari tampilannya.",
        "This junction has no phase {0}; choose one that it displays.",
    ),
    "phase_not_leasable": (
        "Hijau fase {0} tidak boleh diubah dari ruang kendali; pilih fase lain.",
        "The green of phase {0} may not be changed from the room; choose another phase.",
    ),
    "partner_not_leasable": (
        "Hijau fase {0} di ring lain akan ikut lebih lama, padahal tidak boleh diubah; pilih fase lain.",
        "The green of phase {0} in the other ring would grow along, but may not be changed; choose another phase.",
    ),
    "extra_too_small": (
        "Tambahan hijau paling sedikit 1 detik, bukan {0} detik.",
        "Extra green must be 1 s or more, not {0} s.",
    ),
    "extra_over_role": (
        "Tambahan hijau {0} detik melebihi batas peran {1}, yaitu {2} detik.",
        "Extra green of {0} s is above the limit of role {1}, which is {2} s.",
    ),
    "duration_too_short": (
        "Lama sewa paling sedikit 1 detik, bukan {0} detik.",
        "A lease lasts 1 s or more, not {0} s.",
    ),
    "duration_over_role": (
        "Lama sewa {0} detik melebihi batas peran {1}, yaitu {2} detik.",
        "A duration of {0} s is above the limit of role {1}, which is {2} s.",
    ),
    "controller_silent": (
        "Pengendali APILL tidak menjawab; periksa sambungannya di kabinet.",
        "The controller does not answer; check its line in the cabinet.",
    ),
    "controller_unfit": (
        "Isi pengendali APILL tidak dapat dipakai; catatan kotak menyebut bagiannya.",
        "What the controller says cannot be used; the box's log names the part.",
    ),
    "disk": (
        "Kotak di simpang tidak dapat mencatat sewa, jadi sewa tidak dimulai; periksa kartu atau cakramnya.",
        "The box cannot record the lease, so it does not begin; check its card or disk.",
    ),
    "flashing": (
        "APILL di simpang ini sedang berkedip (flash); hijau baru dapat diperpanjang setelah normal kembali.",
        "The junction is flashing; no green can be lengthened until it runs again.",
    ),
    "local_override": (
        "Simpang sedang dikendalikan petugas di tempat, yang selalu didahulukan; minta lagi setelah ia selesai.",
        "The junction is under local control by an officer, who always comes first; ask again afterwards.",
    ),
    "foreign_command": (
        "Sistem lain sedang memerintah pengendali (pola {0}); minta lagi setelah perintahnya dilepas.",
        "Another system commands the controller (pattern {0}); ask again once it has let go.",
    ),
    "coordination": (
        "Pengendali tidak sedang menjalankan pola dengan siklus (pola {0}); tunggu sampai terkoordinasi lagi.",
        "The controller runs no pattern with a cycle now (pattern {0}); wait until it is coordinated again.",
    ),
    "cycle_fixed": (
        "Siklus {0} detik terikat koordinasi; fase lain hanya dapat memberi {1} detik; minta paling banyak itu.",
        "The cycle of {0} s is bound by coordination; other phases can give only {1} s; ask for no more.",
    ),
    "reserved_in_use": (
        "Pola {0} atau split {1} yang dicadangkan untuk sewa dipakai rencana pengendali sendiri; cadangkan yang lain.",
        "Pattern {0} or split {1}, reserved for leases, is used by the controller's own plans; reserve others.",
    ),
    "no_backup": (
        (
            "Waktu cadangan (backup time) pengendali {0} detik; harus {1} sampai {2} detik "
            "agar sewa berakhir sendiri bila kotak mati."
        ),
        (
            "The controller's backup time is {0} s; it must be {1} to {2} s "
            "so that a lease ends by itself when the box is dead."
        ),
    ),
    "held": (
        "Simpang sedang disewa oleh {0} dengan peringkat {1}; hanya peringkat yang lebih tinggi dapat menggantikannya.",
        "The junction is leased by {0} with rank {1}; only a higher rank can supersede it.",
    ),
    "awaited": (
        "Simpang dipegang {0}, dan {1} (peringkat {2}) sudah menunggu menggantikannya; minta lagi setelah itu berlaku.",
        "The junction is held by {0}, and {1} (rank {2}) waits to take it over; ask again once that is in force.",
    ),
    "shorter_than_wait": (
        (
            "Sewa {0} detik akan habis sebelum gilirannya: pengendali perlu sampai {1} detik untuk kembali dari sewa "
            "yang digantikan. Minta lebih lama."
        ),
        (
            "A lease of {0} s would be over before its turn: the controller needs up to {1} s to return from the one "
            "that it supersedes. Ask for longer."
        ),
    ),
    "not_holder": (
        "Sewa ini milik {0} dengan peringkat {1}; hanya dia atau peringkat yang sama atau lebih tinggi yang boleh.",
        "This lease belongs to {0} with rank {1}; only they, or an equal or higher rank, may do this.",
    ),
    "resting": (
        "Rencana simpang sendiri mendapat giliran dulu; sewa berikutnya boleh {0} detik lagi.",
        "The junction's own plan has its turn first; the next lease may begin in {0} s.",
    ),
    "reverting": (
        "Simpang masih kembali ke rencananya sendiri; coba lagi setelah satu siklus.",
        "The junction is still returning to its own plan; try again after a cycle.",
    ),
    "phase_not_served": (
        "Fase {0} tidak mendapat giliran dalam pola {1} yang sedang berjalan; pilih fase lain.",
        "Phase {0} is not served in pattern {1}, which runs now; choose another phase.",
    ),
    "ring_barrier": (
        "Pada pola {0}, waktu kedua ring tidak sama sampai barrier; teknisi harus memperbaiki pola itu.",
        "In pattern {0} the rings do not reach the barrier together; a technician must correct that pattern.",
    ),
    "minimum": (
        (
            "Fase {0} akan mendapat {1} detik, padahal hijau minimum atau waktu pejalan kaki "
            "beserta kuning dan merah semua memerlukan {2} detik; minta lebih pendek."
        ),
        "Phase {0} would get {1} s, but its minimum green or walk with yellow and all-red need {2} s; ask for less.",
    ),
    "maximum_green": (
        "Hijau fase {0} akan menjadi {1} detik, di atas maksimum pengendali, {2} detik; minta lebih pendek.",
        "The green of phase {0} would be {1} s, above the controller's maximum of {2} s; ask for less.",
    ),
    "maximum_cycle": (
        "Siklus akan menjadi {0} detik, di atas batas {1} detik; minta tambahan yang lebih pendek.",
        "The cycle would be {0} s, above the limit of {1} s; ask for less.",
    ),
    "not_writable": (
        "Nilai {0} tidak dapat ditulis ke pengendali, paling besar 255; minta lebih pendek.",
        "The value {0} cannot be written to the controller, 255 is the greatest; ask for less.",
    ),
    "lease_over": (
        "Sewa ini sudah berakhir: {0}. Minta sewa baru bila masih perlu.",
        "This lease is over: {0}. Ask for a new one if it is still needed.",
    ),
    "lease_unknown": (
        "Sewa ini tidak dikenal oleh kotak di simpang; minta sewa baru.",
        "The box at the junction does not know this lease; ask for a new one.",
    ),
}
CODES = frozenset(_SENTENCES)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that says no.

    Attributes:
        rule: its name.
        message_id: the sentence in Indonesian.
        message_en: the same in English.
    """

    rule: str
    message_id: str
    message_en: str

    @property
    def detail(self) -> str:
        """Both sentences, for a command's result."""
        return f"{self.message_id} | {self.message_en}"


def refuse(rule: str, *figures: object) -> Refusal:
    """Say no by a rule, with its figures; a word comes as (Indonesian, English)."""
    texts = (
        text.format(*(figure[place] if isinstance(figure, tuple) else figure for figure in figures))
        for place, text in enumerate(_SENTENCES[rule])
    )
    return Refusal(rule, *texts)
