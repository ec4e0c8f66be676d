"""What must never enter: columns that look like persons, and cells of so few people that they name them.

Only aggregates enter. A value that is refused here is named by its column and its kind, never quoted.
Source of the citizen number's shape: Permendagri 72/2022 and UU 24/2013: six digits of region, six of the date of birth
(day plus 40 for women), four of a serial number.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

Kind = Literal["citizen number", "phone number", "name"]

_DIGITS = re.compile(r"(?<!\d)\d{16}(?!\d)")
_PHONE = re.compile(r"(?<![\d.,])(?:\+62|62|0)[ -]?8(?:[ -]?\d){8,11}(?![\d.,])")
_PERSON_COLUMN = re.compile(
    r"(?:full )?name|nama(?: (?:lengkap|pasien|penerima|warga|wajib pajak|ibu|ayah|kepala keluarga))?", re.IGNORECASE
)
_PERSON = re.compile(
    r"(?:^|\s)(?:bin|binti|alm\.?|almh\.?)\s+\S|^(?i:h|hj|drs?|kh|ny|tn|sdri?|bpk|ibu)\.?\s+[A-Z]|,\s*(?:S|M)\.[A-Z]",
)
_WOMEN = 40  # added to the day of birth


def find_person(text: str) -> Kind | None:
    """Tell what of a person a text holds, if it does."""
    if any(_has_birthday(number) for number in _DIGITS.findall(text)):
        return "citizen number"
    if _PHONE.search(text):
        return "phone number"
    if _PERSON.search(text):
        return "name"
    return None


def find_person_column(title: str, values: Iterable[str]) -> Kind | None:
    """Tell what of persons a column holds, by its title and some of its values."""
    words = re.sub(r"[_-]+", " ", title)
    if re.fullmatch(r"\s*(?:nik|no\.? ?ktp|nomor induk kependudukan)\s*", words, re.IGNORECASE):
        return "citizen number"
    return next((kind for value in values if (kind := find_person(value))), None) or (
        "name" if _PERSON_COLUMN.fullmatch(words.strip()) else None
    )


def _has_birthday(number: str) -> bool:
    day, month, year = int(number[6:8]), int(number[8:10]), int(number[10:12])
    try:
        date(2000 + year, month, day - _WOMEN if day > _WOMEN else day)
    except ValueError:
        # 29 February of a year that is a leap year in one century only.
        return (day % _WOMEN, month) == (29, 2) and (1900 + year) % 4 == 0
    return True


def is_small(people: float, smallest: int) -> bool:
    """Tell whether a cell is of so few people that it is kept back; nobody at all is no secret."""
    return 0 < people < smallest
