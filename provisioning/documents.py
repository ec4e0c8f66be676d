"""The contract's reader of YAML, with the office's own error and room for a whole regency."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.contract import documents
from edge.contract.documents import Document
from provisioning.errors import Misconfigured

__all__ = ["Document", "faults_of", "read_document"]
MAX_BYTES = 16_777_216  # a box with its site has 400 bytes
MAX_NODES = 4_000_000


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        Misconfigured: it cannot be read, is no YAML, or is larger than any regency.
    """
    try:
        return documents.read(path, MAX_BYTES, MAX_NODES)
    except documents.BadDocument as error:
        raise Misconfigured(str(error)) from error


def faults_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[str]:
    """Say all faults that pydantic found, in the order of the file."""
    return documents.faults_of(error, document, model)
