"""What a commissioning report's checks are called for people, in Indonesian and English.

A check has a stable name that machines read: `clock`, or `asset TD-01.lamp-1` with the thing it is about.
"""

from typing import Literal

from edge.contract.commissioning import Check

Language = Literal["id", "en"]

TITLES = {
    "asset": ("Alat", "Device"),
    "further assets": ("Alat lainnya", "Further devices"),
    "value": ("Nilai", "Value"),
    "camera": ("Kamera", "Camera"),
    "siren": ("Sirene", "Siren"),
    "lamp": ("Lampu", "Lamps"),
    "broker": ("Sambungan ke pusat", "Line to the centre"),
    "round trip with receipt": ("Tanda terima dari pusat", "Receipt from the centre"),
    "clock": ("Jam", "Clock"),
    "certificate": ("Sertifikat", "Certificate"),
    "signal strength": ("Kekuatan sinyal", "Signal strength"),
    "disk": ("Penyimpanan", "Disk"),
    "temperature": ("Suhu", "Temperature"),
    "everything else": ("Selebihnya", "Everything else"),
    "claim": ("Klaim kotak", "Claim of the slot"),
    "site file": ("Berkas lokasi", "Site file"),
}
_BY_HAND = " by hand"
_OF_BY_HAND = ("diuji dengan tangan", "by hand")


def title_of(check: Check, language: Language) -> str:
    """Give a check's title; a name that is not known here, from a newer box, is shown as it is."""
    at = 0 if language == "id" else 1
    name, by_hand = check.name.removesuffix(_BY_HAND), check.name.endswith(_BY_HAND)
    kind, _, thing = name.partition(" ")
    whole = name if name in TITLES else kind
    if whole not in TITLES:
        return check.name
    words = [TITLES[whole][at], "" if whole == name else thing, _OF_BY_HAND[at] if by_hand else ""]
    return " ".join(word for word in words if word)


def measured_of(check: Check, language: Language) -> str:
    """Give what was measured; a box of before said it in English only."""
    return (check.measured_id if language == "id" else "") or check.measured


def remedy_of(check: Check, language: Language) -> str:
    """Give what to do; empty when it passed."""
    return check.remedy_id if language == "id" else check.remedy_en
