"""How a lease ended, and the fault behind it, in the words of the room: Indonesian and English."""

from typing import Literal

Fault = Literal[
    "",
    "not_committed",
    "not_applied",
    "controller_silent",
    "controller_refused",
    "flashing",
    "no_backup",
    "plan_changed",
    "plan_rejected",
    "command_lost",
    "foreign_writer",
    "conflicting_display",
    "box_restarted",
]

ENDS: dict[str, tuple[str, str]] = {
    "expired": ("waktunya habis", "its time is over"),
    "withdrawn": ("ditarik ruang kendali", "withdrawn by the room"),
    "superseded": ("digantikan sewa yang peringkatnya lebih tinggi", "superseded by a lease of higher rank"),
    "link_lost": ("hubungan ke ruang kendali putus", "the line to the room is lost"),
    "local_override": ("petugas mengambil alih di simpang", "an officer has taken over at the junction"),
    "failed": ("gagal", "failed"),
}
FAULTS: dict[str, tuple[str, str]] = {
    "not_committed": ("gelombang hijau tidak dimulai pada waktunya", "its green wave was not begun in time"),
    "not_applied": (
        "pengendali tidak menjalankan apa yang ditulis kepadanya",
        "the controller does not do what was written to it",
    ),
    "controller_silent": ("pengendali tidak menjawab", "the controller does not answer"),
    "controller_refused": ("pengendali menolak apa yang ditulis kepadanya", "the controller refuses what is written"),
    "flashing": ("APILL berkedip (flash)", "the junction flashes"),
    "no_backup": (
        "waktu cadangan (backup time) pengendali diubah di luar batas",
        "the controller's backup time was changed to one outside its limits",
    ),
    "plan_changed": ("pengendali berganti rencana sebelum sewa dimulai", "the controller changed its plan before"),
    "plan_rejected": ("pengendali menolak rencana sewa", "the controller rejects the lease's plan"),
    "command_lost": ("pengendali melepaskan perintah sewa", "the controller has dropped the lease's command"),
    "foreign_writer": ("sistem lain memerintah pengendali", "another system commands the controller"),
    "conflicting_display": ("tampilan lampu bertentangan", "conflicting greens are displayed"),
    "box_restarted": (
        "komputer lapangan menyala ulang; minta lagi bila masih perlu",
        "the box has restarted; ask again if it is still needed",
    ),
}


def end_words(end: str, fault: str = "") -> tuple[str, str]:
    """Give (Indonesian, English) words for how a lease ended, with the fault behind it if there is one."""
    said_id, said_en = ENDS.get(end, (end, end))
    if fault not in FAULTS:
        return said_id, said_en
    more_id, more_en = FAULTS[fault]
    return f"{said_id}, {more_id}", f"{said_en}, {more_en}"
