"""What our programs say of incidents: a code and its values, told in Indonesian or in English when somebody reads it.

It stands beside the layers because the engine writes what the API, the notifier and the console tell: one table of
sentences for all of them. What people type stays as it was typed and is no matter of this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, get_args

from edge.contract.catalogue import CATALOGUE

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LONGEST = 500
WIB = timezone(timedelta(hours=7), "WIB")

# Values that end in `_at` are instants, `quantity` is a name of the catalogue, `parts` are further sentences.
_SENTENCES: dict[str, tuple[str, str]] = {
    # In both languages as it came: a box's event, Grafana's alarm, a notice of another program.
    "told": ("{id}", "{en}"),
    "level": ("{quantity}: {value}{unit} ({subject})", "{quantity}: {value}{unit} ({subject})"),
    "flag": ("{quantity}: {yes} ({subject})", "{quantity}: {yes} ({subject})"),
    "rise": ("{quantity} naik {value}{unit}/jam ({subject})", "{quantity} rises by {value}{unit}/h ({subject})"),
    "fall": ("{quantity} turun {value}{unit}/jam ({subject})", "{quantity} falls by {value}{unit}/h ({subject})"),
    "figure": ("{title_id}: {value}", "{title_en}: {value}"),
    "troubled": ("{title_id} (sejak {since_at} WIB)", "{title_en} (since {since_at} WIB)"),
    "silent": ("{subject} tidak terdengar sejak {since_at} WIB", "{subject} is silent since {since_at} WIB"),
    "silent_quantity": (
        "{quantity} dari {subject} tidak datang sejak {since_at} WIB",
        "{quantity} of {subject} has not come since {since_at} WIB",
    ),
    "many_silent": (
        "{n} dari {of} kotak tidak terdengar: jaringan, perantara pesan, atau penerimaan data",
        "{n} of {of} boxes are silent: the network, the broker or the ingester",
    ),
    "all": ("{parts}", "{parts}"),
    "share": ("{n} dari {of} di {place}, antara lain {parts}", "{n} of {of} in {place}, among them {parts}"),
    # What becomes of incidents.
    "explained_by": ("sudah dijelaskan oleh {incident}", "is explained by {incident}"),
    "explains": ("menjelaskan {incident}", "explains {incident}"),
    "outlasts": ("masih berlanjut sesudah {incident}", "goes on after {incident}"),
    "left_over": ("{key} berlanjut sebagai masalah tersendiri", "{key} goes on as trouble of its own"),
    "escalated": ("{clock}; diberitahu: {told}", "{clock}; told: {told}"),
    "not_told": ("{who} tidak dapat diberitahu lewat {way}", "{who} could not be told by {way}"),
    "no_address": ("alamat {who} tidak dapat dibaca", "the address of {who} cannot be read"),
}
_CLOCKS = {
    "acknowledge": ("belum ada yang menangani", "nobody has taken it up"),
    "arrive": ("belum ada yang tiba", "nobody has arrived"),
    "resolve": ("belum selesai", "it is not resolved"),
    "verify": ("belum diverifikasi", "it is not verified"),
}
_NOBODY = ("tidak ada yang bertugas", "nobody is on duty")
_PLACES = {"regency": ("kabupaten", "the regency")}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that is not yet in a language.

    Attributes:
        code: one of the table's.
        values: plain JSON.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Give it as it is stored."""
        return {"code": self.code, "values": dict(self.values)}


def tell(code: str, values: Mapping[str, Any], language: str) -> str:
    """Tell a sentence in a language; one that this version does not know is told as its code."""
    sentence = _SENTENCES.get(code)
    if sentence is None:
        return code.replace("_", " ")
    words = {name: _word(name, value, language) for name, value in values.items()} | _unit(values)
    if code == "flag":
        words["yes"] = _choose(("ya", "yes") if values.get("value") else ("tidak", "no"), language)
    return _choose(sentence, language).format_map(_Known(words))[:LONGEST]


def told(id_: str, en: str) -> Said | None:
    """Take words that came in both languages; None where there are none."""
    return Said("told", {"id": id_[:LONGEST], "en": (en or id_)[:LONGEST]}) if id_ or en else None


def say_wib(at: datetime) -> str:
    """Write an instant for a person: today's by the clock, others with their day."""
    local, today = at.astimezone(WIB), datetime.now(UTC).astimezone(WIB).date()
    return f"{local:%H.%M}" if local.date() == today else f"{local:%d-%m-%Y %H.%M}"


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _word(name: str, value: Any, language: str) -> str:
    if name == "parts":
        return "; ".join(tell(part["code"], part["values"], language) for part in value)
    if name.endswith("_at"):
        return say_wib(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _choose(_NOBODY, language)
    if isinstance(value, float):
        return _number(value, language)
    both = _named(name, value)
    return _choose(both, language) if both else str(value)


def _named(name: str, value: Any) -> tuple[str, str] | None:
    if name == "quantity" and value in CATALOGUE:
        return CATALOGUE[value].title_id, CATALOGUE[value].title_en
    return {"clock": _CLOCKS, "place": _PLACES}.get(name, {}).get(value)


def _unit(values: Mapping[str, Any]) -> dict[str, str]:
    known = CATALOGUE.get(values.get("quantity", ""))
    return {"unit": f" {known.unit}" if known and known.unit != "1" else ""}


def _number(value: float, language: str) -> str:
    told = f"{value:.4g}"
    return told.replace(".", ",") if language == "id" else told


def _choose(both: tuple[str, str], language: str) -> str:
    return both[1] if language == "en" else both[0]
