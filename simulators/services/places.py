"""The regency's districts with the home ministry's codes, and roughly how many live there (simulated figures)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class District:
    """A district.

    Attributes:
        code: Kepmendagri 050-145/2022.
        name: of it.
        residents: at the beginning of 2025, in persons; rounded, simulated.
    """

    code: str
    name: str
    residents: int


_RESIDENTS = {
    "Purwodadi": 70_000, "Tutur": 54_000, "Puspo": 28_000, "Lumbang": 36_000, "Pasrepan": 54_000, "Kejayan": 68_000,
    "Wonorejo": 62_000, "Purwosari": 86_000, "Sukorejo": 90_000, "Prigen": 90_000, "Pandaan": 115_000,
    "Gempol": 135_000, "Beji": 88_000, "Bangil": 92_000, "Rembang": 66_000, "Kraton": 96_000, "Pohjentrek": 32_000,
    "Gondangwetan": 58_000, "Winongan": 44_000, "Grati": 80_000, "Nguling": 60_000, "Lekok": 76_000, "Rejoso": 47_000,
    "Tosari": 18_000,
}  # fmt: skip

DISTRICTS = tuple(
    District(f"35.14.{number:02}", name, residents) for number, (name, residents) in enumerate(_RESIDENTS.items(), 1)
)
FLOOD_PRONE = ("Bangil", "Beji", "Gempol", "Kraton", "Rejoso", "Winongan", "Grati", "Gondangwetan")
