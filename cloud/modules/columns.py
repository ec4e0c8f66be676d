"""Where a table's columns are, and which code a text of them means."""

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from cloud.modules.errors import SourceFailed
from cloud.modules.manifest import Manifest
from cloud.modules.privacy import find_person
from cloud.modules.sources.models import Mapping as ColumnMapping

_ASKED_MAX = 1_000  # unknown texts that are compared with the known ones


class Column(NamedTuple):
    """One indicator's column.

    Attributes:
        indicator: its name.
        title: as the mapping has it.
        place: of the column, from 0.
        dimensions: places of its dimensions among those of the mapping.
        least: the least that is possible.
        most: the most.
        is_people: whether it counts persons.
        is_count: whether it counts anything: then a telephone's number among its figures is one.
    """

    indicator: str
    title: str
    place: int
    dimensions: tuple[int, ...]
    least: float
    most: float
    is_people: bool
    is_count: bool


class Codes:
    """What texts of one dimension mean.

    Args:
        name: of the dimension.
        manifest: of the module.
        mapping: of its source.
        districts: codes of the shared dimension with their names.
    """

    def __init__(self, name: str, manifest: Manifest, mapping: ColumnMapping, districts: Mapping[str, str]) -> None:
        self._name = name
        self._title = manifest.dimensions[name].title.id.lower()
        self._known = _known_texts(name, manifest, mapping, districts)
        self._alike: dict[str, tuple[str, str]] = {}

    def get(self, text: str) -> str | None:
        """Give the code of a text; None where it is none as it is written."""
        return self._known.get(text)

    def unknown(self, text: str) -> tuple[str, str]:
        """Say in both languages that a text is no code, without it: it may be somebody's. What it is like is ours."""
        found = self._alike.get(text)
        if found is None:
            is_asked = len(self._alike) < _ASKED_MAX
            alike = get_close_matches(text[:80], self._known, 1, 0.75) if is_asked else []
            found = (
                f"bukan {self._title}: tambahkan ke values atau texts"
                + (f"; maksudnya {alike[0]!r}?" if alike else ""),
                f"is no {self._name}: add it to values or texts" + (f"; is it {alike[0]!r}?" if alike else ""),
            )
            if is_asked:
                self._alike[text] = found
        return found


def _known_texts(
    dimension: str, manifest: Manifest, mapping: ColumnMapping, districts: Mapping[str, str]
) -> dict[str, str]:
    """Map every text that means a code to it: the manifest's own, titles, and the codes themselves."""
    values = manifest.dimensions[dimension].values
    known = {name.casefold(): code for code, name in districts.items()} if values is None else {}
    for code, titles in (values or {}).items():
        known |= {titles.id.casefold(): code, titles.en.casefold(): code}
    known |= {code.casefold(): code for code in (districts if values is None else values)}
    known |= {text.casefold(): code for text, code in mapping.keys[dimension].texts.items()}
    # As they are mostly written, too, so that nearly no row has to be folded.
    written = [*(values or districts), *mapping.keys[dimension].texts]
    written += [titles.id for titles in (values or {}).values()] + (list(districts.values()) if values is None else [])
    return known | {text: known[text.casefold()] for text in written}


def find_places(mapping: ColumnMapping, titles: Sequence[str]) -> dict[str, int]:
    """Find the mapping's columns among a table's titles.

    Raises:
        SourceFailed: one is missing.
    """
    folded = {title.casefold(): place for place, title in reversed(list(enumerate(titles)))}
    wanted = {*mapping.values.values(), *(key.column for key in mapping.keys.values())}
    wanted |= {mapping.true_at} - {"fetched"}
    missing = sorted(title for title in wanted if title.casefold() not in folded)
    if missing:
        raise _missing(missing, titles, is_titles=len(missing) < len(wanted))
    all_folded = [title.casefold() for title in titles]
    if twice := sorted(title for title in wanted if all_folded.count(title.casefold()) > 1):
        names = ", ".join(twice)
        raise SourceFailed(
            f"Kolom {names} ada lebih dari sekali: beri nama lain, atau tulis header_rows bila judulnya dua baris.",
            f"The column {names} is there more than once: rename one, or set header_rows if its title has two rows.",
        )
    return {title: folded[title.casefold()] for title in wanted}


def value_columns(manifest: Manifest, mapping: ColumnMapping, places: Mapping[str, int]) -> list[Column]:
    """Describe the columns of figures."""
    order = list(mapping.keys)
    found = []
    for name, title in mapping.values.items():
        indicator = manifest.indicators[name]
        least = -math.inf if indicator.least is None else indicator.least
        most = math.inf if indicator.most is None else indicator.most
        dimensions = tuple(order.index(each) for each in indicator.dimensions)
        is_count = indicator.people or (indicator.unit.startswith("{") and "IDR" not in indicator.unit)
        found.append(Column(name, title, places[title], dimensions, least, most, indicator.people, is_count))
    return found


def _missing(missing: list[str], titles: Sequence[str], *, is_titles: bool) -> SourceFailed:
    """Say which columns are missing; a first row with none of those wanted may be somebody's, and is not told."""
    names = ", ".join(missing)
    if not is_titles:
        return SourceFailed(
            f"Kolom tidak ditemukan: {names}. Tak satu pun ada di baris judul ({len(titles)} kolom): "
            "periksa header_row.",
            f"Columns are missing: {names}. The row of titles has none of them, in {len(titles)} columns: "
            "is header_row right?",
        )
    there = ", ".join(title for title in titles[:40] if title and find_person(title) is None)
    return SourceFailed(
        f"Kolom tidak ditemukan: {names}. Yang ada: {there}. Namanya berubah? Sesuaikan mapping.",
        f"Columns are missing: {names}. There are: {there}. Renamed? Correct the mapping.",
    )
