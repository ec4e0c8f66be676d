"""JSON Schemas (draft 2020-12) of everything that crosses the wire, for those who publish without our code.

`python -m edge.contract.schemas` writes them to `firmware-config/contract`; a test fails when they are stale.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel

from edge.contract.catalogue import CATALOGUE
from edge.contract.commands import Command, Result
from edge.contract.events import Event
from edge.contract.limits import MAX_SAMPLES_PER_PACK
from edge.contract.receipts import Receipt
from edge.contract.senml import Record
from edge.contract.status import Status

FOLDER = Path(__file__).resolve().parents[2] / "firmware-config" / "contract"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def build() -> dict[str, str]:
    """Build the files: name to text."""
    models: dict[str, type[BaseModel]] = {
        "event": Event,
        "status": Status,
        "command": Command,
        "result": Result,
        "receipt": Receipt,
    }
    schemas: dict[str, Any] = {name: model.model_json_schema() for name, model in models.items()}
    schemas["senml-pack"] = _pack_schema()
    files = {f"{name}.schema.json": _text({"$schema": _DRAFT, **schema}) for name, schema in schemas.items()}
    files["catalogue.json"] = _text([msgspec.to_builtins(quantity) for quantity in CATALOGUE.values()])
    return files


def write(folder: Path = FOLDER) -> None:
    """Write the files, and only those that differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in build().items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def _pack_schema() -> dict[str, Any]:
    (_,), components = msgspec.json.schema_components([Record], ref_template="#/$defs/{name}")
    record = components["Record"]
    record["description"] = "One SenML record (RFC 8428, table 2). Unknown fields are ignored unless they end in _."
    record["properties"] = {name: {"type": _json_type(found)} for name, found in record["properties"].items()}
    record["patternProperties"] = {"^(?!(bn|bt|bu|bv|bs|bver|n|u|v|vs|vb|vd|s|t|ut)$).*_$": False}
    return {
        "title": "SenML pack",
        "type": "array",
        "maxItems": MAX_SAMPLES_PER_PACK,
        "items": {"$ref": "#/$defs/Record"},
        "$defs": {"Record": {key: record[key] for key in ("description", "type", "properties", "patternProperties")}},
    }


def _json_type(found: dict[str, Any]) -> str:
    """Give the type without the null that stands for "absent" inside our code, not on the wire."""
    return next(str(option["type"]) for option in found["anyOf"] if option["type"] != "null")


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
