"""Reads a regency file; a wrong one is refused with its path, the place in it and what would be right."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from simulators.errors import Misconfigured
from simulators.regency.model import Regency

DEFAULT_FILE = Path(__file__).parent / "pasuruan.yaml"


def load_regency(path: Path = DEFAULT_FILE) -> Regency:
    """Read and check a regency file.

    Raises:
        Misconfigured: it cannot be read, is no YAML, or says something impossible; every fault is listed.
    """
    try:
        written = yaml.safe_load(path.read_text())
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; give a regency file with --regency") from error
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: not YAML: {error}") from error
    try:
        return Regency.model_validate(written)
    except ValidationError as error:
        raise Misconfigured("\n".join(f"{path}: {line}" for line in _lines(error, written))) from error


def _lines(error: ValidationError, written: Any) -> list[str]:
    return [f"{_place(fault['loc'], written)}: {_remedy(fault)}" for fault in error.errors(include_url=False)]


def _place(location: tuple[int | str, ...], written: Any) -> str:
    """Write a place as a path, with the code or name of each list's member where it has one."""
    text, at = "", written
    for position, part in enumerate(location):
        if not _has(at, part) and position < len(location) - 1:
            continue  # pydantic names the kind that it took an asset for; the file has no such level
        at = at[part] if _has(at, part) else None
        if isinstance(part, int):
            named = at.get("code") or at.get("name") or at.get("what") if isinstance(at, dict) else None
            text += f"[{named or part}]"
        else:
            text += f".{part}" if text else part
    return text or "the file"


def _has(at: Any, part: int | str) -> bool:
    if isinstance(part, int):
        return isinstance(at, list) and part < len(at)
    return isinstance(at, dict) and part in at


def _remedy(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "is not known here; remove it or correct its spelling"
    if fault["type"] == "missing":
        return f"`{fault['loc'][-1]}` is missing; add it"
    return str(fault["msg"]).removeprefix("Value error, ")
