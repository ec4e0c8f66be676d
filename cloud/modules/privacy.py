"""What must never enter: columns that look like persons, and cells of so few people that they name them.

Only aggregates enter. A value that is refused here is named by its column and its kind, never quoted. A text is judged
as a reader would take it: full-width digits, letters in digits' places and separators make no difference.
Source of the citizen number's shape: Permendagri 72/2022 and UU 24/2013: six digits of region, six of the date of birth
(day plus 40 for women), four of a serial number.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Literal

from cloud.modules.names import NOBODYS, find_name, is_title_of_persons

Kind = Literal["citizen number", "phone number", "name", "address"]

_LENGTH = 16
_WOMEN = 40  # added to the day of birth
_PROVINCES = {
    *range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82, *range(91, 98),
}  # fmt: skip
_BETWEEN = r"[ .\-()/+]"
_ALIKE = str.maketrans("OoIl", "0011")
_MISREAD = re.compile(r"\b[\dOoIl]*\d[\dOoIl]*\b")
_SCIENTIFIC = re.compile(r"\b\d+(?:[.,]\d+)?[eE]\+?\d{2}\b")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2})(?!\d)")
_RUN = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}\d){{15,}}")
_DECIMAL = re.compile(r"\d+\.\d+")
_THOUSANDS = re.compile(r"(?<!\d)[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?!\d)")
_PHONE = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?:62{_BETWEEN}{{0,3}}0?|0){_BETWEEN}{{0,3}}8(?:{_BETWEEN}{{0,3}}\d){{8,11}}(?!\d|[.,]\d)"
)
_PHONE_FIGURE = re.compile(r"(?:62)?8[1-9]\d{7,10}")
_PERSON = re.compile(
    r"(?:^|\s)(?:bin|binti|alm\.?|almh\.?)\s+\S|^(?i:h|hj|drs?|kh|ny|tn|sdri?|bpk|ibu(?!\s*kota))\.?\s+[A-Z]"
    r"|,\s*(?:S|M)\.[A-Z]",
)
# Of titles: what makes a column a count, and what has a name, an address or a telephone and is nobody.
_COUNTS = {
    *("jumlah", "jml", "banyaknya", "banyak", "total", "persen", "persentase", "rata", "cakupan", "count"),
    *("pelanggan", "sambungan"),
}
_PLACE_WORDS = """
    kecamatan kelurahan desa kabupaten kab kota ibukota provinsi dusun wilayah daerah lokasi tempat jalan ruas sungai
    pos posko rs rsud rsu rumah puskesmas klinik faskes fasilitas apotek sekolah dinas instansi opd skpd kantor unit upt
    uptd lembaga perusahaan panti bank pasar terminal halte rute trayek stasiun bendungan gedung taman hotel spbu
    komoditas barang produk jenis kategori kelas ruang ruangan kamar program kegiatan paket proyek pekerjaan layanan
    aset alat indikator obat penyakit bulan bidang bagian seksi file pajak
    hospital district village city school station road street market product item room class office agency place
"""
_PLACES = NOBODYS | set(_PLACE_WORDS.split())
_NAMES, _ADDRESSES = {"nama", "name"}, {"alamat", "address"}
_PHONES = {"hp", "telp", "telepon", "telpon", "wa", "whatsapp", "handphone", "ponsel", "phone"}
_NUMBER = {"no", "nomor", "nomer", "number"}
_MONEY = set("rp idr rupiah nilai anggaran pagu realisasi biaya harga dana pendapatan belanja saldo setoran".split())  # noqa: SIM905
# What a spreadsheet makes of sixteen digits: `3,51414E+15`, of which the date of birth is gone.
_CUT_SHORT = re.compile(r"\b(\d)[.,](\d)\d{0,13}[eE]\+?15\b")


def find_person(text: str) -> Kind | None:
    """Tell what of a person a text holds, if it does."""
    plain = unicodedata.normalize("NFKC", text)
    if any(each.isdigit() for each in plain):
        digits = _DATE.sub("/x/", _MISREAD.sub(lambda found: found[0].translate(_ALIKE), plain))
        if _holds_citizen_number(_SCIENTIFIC.sub(_written_out, digits)):
            return "citizen number"
        if any(int(found[1] + found[2]) in _PROVINCES for found in _CUT_SHORT.finditer(digits)):
            return "citizen number"
        if _PHONE.search(_THOUSANDS.sub("x", digits)):
            return "phone number"
    return "name" if _PERSON.search(plain) else None


def is_phone_figure(value: float) -> bool:
    """Tell whether a number is a mobile's, whose first zero was lost when it was taken for a number."""
    return _PHONE_FIGURE.fullmatch(f"{abs(value):.0f}") is not None


def find_person_column(
    title: str, values: Iterable[str], *, may_name: bool = False, is_unmapped: bool = False
) -> Kind | None:
    """Tell what of persons a column holds, by its title and some of its values.

    Args:
        title: of the column.
        values: some of its texts.
        may_name: whether what looks like a name is none; numbers of citizens and telephones are refused all the same.
        is_unmapped: whether nobody asked for it: then bare names, and telephones without their zero, are looked for.
    """
    each = list(values)
    found = {_person_title(title)} | {find_person(value) for value in each}
    if is_unmapped:
        words = _words_of(title)
        found |= {_find_bare_name(words, each), _find_bare_phones(words, each)}
    numbers: tuple[Kind, ...] = ("citizen number", "phone number")
    names: tuple[Kind, ...] = ("name", "address")
    return next((kind for kind in (numbers if may_name else numbers + names) if kind in found), None)


def find_person_cell(title: str, text: str, *, may_name: bool) -> Kind | None:
    """Tell what of a person one cell of a column holds that nobody asked for."""
    found = find_person(text) or _find_bare_name(_words_of(title), [text])
    return None if may_name and found == "name" else found


def _find_bare_name(title: list[str], values: list[str]) -> Kind | None:
    is_titled = is_title_of_persons(title)
    if not is_titled and _PLACES & set(title):
        return None  # what has a place's or an institution's title may be named after somebody
    is_name = any(find_name(value, is_titled=is_titled, nobodys=_PLACES) for value in values)
    return "name" if is_name else None


def _find_bare_phones(title: list[str], values: list[str]) -> Kind | None:
    """See telephones that a spreadsheet took for numbers, without their first zero: a column of nothing else."""
    if not values or (_COUNTS | _MONEY) & set(title):
        return None
    return "phone number" if all(_PHONE_FIGURE.fullmatch(value.strip()) for value in values) else None


def _person_title(title: str) -> Kind | None:
    """Judge a title word by word: `nik_penerima`, `N.I.K.` and `Nama KPM` are persons', `Nama RS/Puskesmas` is not."""
    words = _words_of(title)
    if _COUNTS & set(words):
        return None
    pairs = list(zip(words, [*words[1:], ""], strict=False))  # of no word, no pair
    if "nik" in words or words == ["ktp"] or any(word in _NUMBER and after in {"ktp", "kk"} for word, after in pairs):
        return "citizen number"
    if {"induk", "kependudukan"} <= set(words):
        return "citizen number"
    kinds: tuple[tuple[Kind, set[str]], ...] = (
        ("name", _NAMES), ("phone number", _PHONES), ("address", _ADDRESSES),
    )  # fmt: skip
    return next((kind for kind, known in kinds if _is_of_person(words, known)), None)


def _is_of_person(words: list[str], known: set[str]) -> bool:
    """Tell whether one of these words stands with nothing beside it that is a place or an institution."""
    for at, word in enumerate(words):
        after = words[at + 1 : at + 2] if words[at + 1 : at + 3] != ["ibu", "kota"] else ["kota"]
        if word in known and not _PLACES & {*after, *words[max(0, at - 1) : at]}:
            return True
    return False


def _words_of(title: str) -> list[str]:
    """Split a title into its words; letters that stand alone are one: `N.I.K.`."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", title)).casefold()
    spelt = re.sub(r"\b(?:[a-z]\W+){2,}[a-z]?\b|\b(?:[a-z][\W_]){1,}[a-z]\b", _joined, plain)
    return re.findall(r"[^\W\d_]+", spelt)


def _joined(letters: re.Match[str]) -> str:
    return re.sub(r"[\W_]", "", letters[0]) + " "


def _written_out(number: re.Match[str]) -> str:
    return f"{float(number[0].replace(',', '.')):.0f}"


def _holds_citizen_number(text: str) -> bool:
    """Look for sixteen digits of that shape: in a longer run, or in groups that are parted by anything."""
    for run in _RUN.findall(text):
        plain = run.partition(".")[0] if _DECIMAL.fullmatch(run) else run
        groups = re.findall(r"\d+", plain)
        longest = [group[at : at + _LENGTH] for group in groups for at in range(len(group) - _LENGTH + 1)]
        if any(_is_citizen_number(each) for each in [*longest, *_joined_groups(groups)]):
            return True
    return False


def _joined_groups(groups: list[str]) -> Iterable[str]:
    """Give what neighbours make together, where that is sixteen digits."""
    for first in range(len(groups)):
        together = ""
        for group in groups[first:]:
            together += group
            if len(together) >= _LENGTH:
                break
        if len(together) == _LENGTH:
            yield together


def _is_citizen_number(number: str) -> bool:
    day, month, year = int(number[6:8]), int(number[8:10]), int(number[10:12])
    if int(number[:2]) not in _PROVINCES:
        return False
    try:
        date(2000 + year, month, day - _WOMEN if day > _WOMEN else day)
    except ValueError:
        # 29 February of a year that is a leap year in one century only.
        return (day % _WOMEN, month) == (29, 2) and (1900 + year) % 4 == 0
    return True


def is_small(people: float, smallest: int) -> bool:
    """Tell whether a cell is of so few people that it is kept back; nobody at all is no secret."""
    return 0 < people < smallest
