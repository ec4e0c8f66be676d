"""The contract's reader of YAML, with the box's own error and examples, and with its faults in both languages."""

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.contract import documents
from edge.contract.documents import Document, Fault, Where, nearest, without_address
from edge.errors import Misconfigured
from edge.vision.reasons import Reason

__all__ = ["Document", "Fault", "Where", "each_fault", "faults_of", "hint_id", "in_both", "nearest", "read"]
_EXAMPLES = {"site": "TD-01", "boxes": "TD-01-a", "assets": "TD-01.lamp-1"}  # of codes, by the part of the file
_WORDS_ID = {  # of what pydantic itself finds
    "missing": "tidak ada: tambahkan",
    "less_than_equal": "paling besar {le}",
    "less_than": "harus kurang dari {lt}",
    "greater_than_equal": "paling kecil {ge}",
    "greater_than": "harus lebih dari {gt}",
    "union_tag_invalid": "{tag!r} bukan jenis yang ada: {expected_tags}",
    "literal_error": "harus salah satu dari {expected}",
    "too_long": "terlalu banyak, paling banyak {max_length}",
    "too_short": "terlalu sedikit, paling sedikit {min_length}",
    "string_too_long": "terlalu panjang, paling panjang {max_length} huruf",
    "string_pattern_mismatch": "tidak ditulis seperti yang diminta: {pattern}",
}


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        Misconfigured: it cannot be read, is no YAML, or is larger than any site.
    """
    try:
        return documents.read(path)
    except documents.BadDocument as error:
        raise Misconfigured(str(error)) from error


def faults_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[str]:
    """Say all faults that pydantic found, in the order of the file."""
    return documents.faults_of(error, document, model, _EXAMPLES)


def each_fault(
    error: ValidationError, document: Document, model: type[BaseModel], at: Callable[[Where], Where]
) -> list[Fault]:
    """Give all faults that pydantic found, in the order of the file; `at` tells where in it pydantic's places are."""
    return documents.each_fault(error, document, model, _EXAMPLES, at)


def in_both(fault: Fault) -> Reason:
    """Say what is wrong in both languages; what there are no words for stays English."""
    told = fault.message
    if isinstance(told, Reason):
        return told
    values = fault.found.get("ctx", {})
    why = getattr(values.get("error"), "args", None) or [None]
    if isinstance(why[0], Reason):
        return Reason(without_address(why[0].id, fault.found["input"]), told)
    kind = str(fault.found.get("type", ""))
    if kind == "extra_forbidden":
        return Reason(f"tidak dikenal di sini{hint_id(told.removeprefix('is not known here'))}", told)
    if kind in _WORDS_ID:
        words = _WORDS_ID[kind].format(**values).replace(" or ", " atau ")
        given = fault.found["input"]
        words = words if isinstance(given, dict | list) or kind == "missing" else f"{given!r}: {words}"
        return Reason(without_address(words, given), told)
    if kind.endswith(("_type", "_parsing")):
        return Reason(f"bukan nilai dari jenis yang diminta ({told})", told)
    return Reason(told, told)


def hint_id(hint: str) -> str:
    """Say in Indonesian what `nearest` suggests."""
    return hint.replace("; did you mean ", "; maksudnya ").replace("; there are: ", "; yang ada: ")
