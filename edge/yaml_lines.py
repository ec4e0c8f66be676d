"""The contract's reader of YAML, with the box's own error and examples."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.contract import documents
from edge.contract.documents import Document, nearest
from edge.errors import Misconfigured

__all__ = ["Document", "faults_of", "nearest", "read"]
_EXAMPLES = {"site": "TD-01", "boxes": "TD-01-a", "assets": "TD-01.lamp-1"}  # of codes, by the part of the file


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
