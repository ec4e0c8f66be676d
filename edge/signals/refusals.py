"""Why a lease is refused: a rule by its name, and its sentence in Indonesian and English."""

from dataclasses import dataclass

_SENTENCES: dict[str, tuple[str, str]] = {
    "bad_argument": ("Permintaan tidak lengkap atau salah: {0}.", "The request is incomplete or wrong: {0}."),
    "expired": ("Permintaan datang terlambat {0} detik.", "The request came {0} s too late."),
    "role_unknown": ("Peran {0} tidak berhak di simpang ini.", "Role {0} has no right at this junction."),
    "phase_unknown": ("Fase {0} tidak ada di simpang ini.", "This junction has no phase {0}."),
    "phase_not_leasable": ("Fase {0} tidak boleh diubah dari ruang kendali.", "Phase {0} may not be changed remotely."),
    "extra_too_small": (
        "Tambahan hijau harus sedikitnya 1 detik, bukan {0}.",
        "Extra green must be 1 s or more, not {0}.",
    ),
    "extra_over_role": (
        "Tambahan hijau {0} detik melebihi batas peran {1}: {2} detik.",
        "{0} s of extra green is above the limit of role {1}: {2} s.",
    ),
    "duration_too_short": ("Lama sewa harus sedikitnya 1 detik, bukan {0}.", "A lease lasts 1 s or more, not {0}."),
    "duration_over_role": (
        "Lama {0} detik melebihi batas peran {1}: {2} detik.",
        "A duration of {0} s is above the limit of role {1}: {2} s.",
    ),
    "controller_silent": ("Pengendali lampu tidak menjawab: {0}.", "The controller does not answer: {0}."),
    "controller_unfit": ("Data pengendali tidak dapat dipakai: {0}.", "The controller's data cannot be used: {0}."),
    "disk": ("Kotak tidak dapat mencatat sewa: {0}.", "The box cannot record the lease: {0}."),
    "flashing": ("Simpang sedang berkedip.", "The junction is flashing."),
    "local_override": (
        "Simpang sedang dikendalikan setempat oleh petugas.",
        "The junction is under local control by an officer.",
    ),
    "foreign_command": (
        "Sistem lain sedang memerintah pengendali (pola {0}).",
        "Another system commands the controller (pattern {0}).",
    ),
    "coordination": (
        "Pengendali tidak menjalankan rencana terkoordinasi (pola {0}).",
        "The controller runs no coordinated plan (pattern {0}).",
    ),
    "cycle_fixed": (
        "Siklus {0} detik terikat koordinasi koridor; fase lain hanya dapat memberi {1} detik.",
        "The cycle of {0} s is bound by the corridor's coordination; other phases can give only {1} s.",
    ),
    "reserved_in_use": (
        "Pola {0} atau pembagian {1} yang dicadangkan sedang dipakai rencana sendiri.",
        "The reserved pattern {0} or split {1} is in use by the controller's own plan.",
    ),
    "no_backup": (
        "Waktu cadangan pengendali {0} detik; harus {1} sampai {2} detik agar sewa berakhir sendiri.",
        "The controller's backup time is {0} s; it must be {1} to {2} s so that a lease ends by itself.",
    ),
    "held": (
        "Simpang sedang disewa oleh {0} dengan peringkat {1}.",
        "The junction is leased by {0} with rank {1}.",
    ),
    "reverting": (
        "Simpang masih kembali ke rencananya sendiri; coba lagi sesudah satu siklus.",
        "The junction is still returning to its own plan; try again after a cycle.",
    ),
    "phase_not_served": ("Fase {0} tidak dilayani dalam pola {1}.", "Phase {0} is not served in pattern {1}."),
    "ring_barrier": (
        "Kedua cincin dalam pola {0} tidak mencapai batas bersamaan.",
        "The rings of pattern {0} do not reach the barrier together.",
    ),
    "minimum": (
        "Fase {0} mendapat {1} detik; hijau minimum, pejalan kaki, kuning dan merah perlu {2}.",
        "Phase {0} would get {1} s; its minimum green, walk, yellow and red need {2}.",
    ),
    "maximum_green": (
        "Hijau fase {0} menjadi {1} detik, di atas maksimum pengendali {2}.",
        "The green of phase {0} would be {1} s, above the controller's maximum of {2}.",
    ),
    "maximum_cycle": (
        "Siklus menjadi {0} detik, di atas batas {1} detik.",
        "The cycle would be {0} s, above the limit of {1} s.",
    ),
    "not_writable": ("Nilai {0} tidak dapat ditulis ke pengendali.", "The value {0} cannot be written."),
    "lease_over": ("Sewa ini sudah berakhir: {0}.", "This lease is over: {0}."),
    "lease_unknown": ("Sewa ini tidak dikenal di kotak ini.", "This box does not know this lease."),
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
    """Say no by a rule, with its figures."""
    text_id, text_en = _SENTENCES[rule]
    return Refusal(rule, text_id.format(*figures), text_en.format(*figures))
