"""How a lease ended, in the words of the room: Indonesian and English."""

ENDS: dict[str, tuple[str, str]] = {
    "expired": ("waktunya habis", "its time is over"),
    "withdrawn": ("ditarik ruang kendali", "withdrawn by the room"),
    "superseded": ("digantikan sewa yang peringkatnya lebih tinggi", "superseded by a lease of higher rank"),
    "link_lost": ("hubungan ke ruang kendali putus", "the line to the room is lost"),
    "local_override": ("petugas mengambil alih di simpang", "an officer has taken over at the junction"),
    "failed": ("gagal", "failed"),
}


def end_words(end: str) -> tuple[str, str]:
    """Give (Indonesian, English) words for how a lease ended."""
    return ENDS.get(end, (end, end))
