"""Writes the table of a box's variables into `firmware-config/README.md`: `python -m provisioning.variables_table`.

Meaning and default come from the settings themselves, the unit from the end of the name; a test fails when it is stale.
"""

import re
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from edge.settings import PREFIX, EdgeSettings
from provisioning.variables import OURS

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "firmware-config" / "README.md"
BEGIN, END = "<!-- variables: begin -->", "<!-- variables: end -->"
_UNITS = {"_rate_per_s": "1/s", "_bytes": "octets", "_port": "TCP port", "_window": "messages", "_s": "s"}
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", re.MULTILINE | re.DOTALL)


def write_table() -> str:
    """Write the table as Markdown."""
    meanings = _meanings()
    lines = ["| variable | meaning | default | unit |", "|---|---|---|---|"]
    for name, field in EdgeSettings.model_fields.items():
        whose = " (set by provisioning)" if name in OURS else ""
        row = f"`{PREFIX}{name.upper()}`", meanings[name] + whose, _default(field.default), _unit(name)
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def replace_table(text: str) -> str:
    """Put the table into a README, between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{write_table()}\n{END}{after}"


def main() -> None:
    """Rewrite the README."""
    README.write_text(replace_table(README.read_text(encoding="utf-8")), encoding="utf-8")


def _meanings() -> dict[str, str]:
    described = (EdgeSettings.__doc__ or "").partition("Attributes:")[2]
    found = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(_dedented(described))}
    return {name: found[name].rstrip(".").replace("|", "/") for name in EdgeSettings.model_fields}


def _dedented(text: str) -> str:
    """Bring the attributes to four blanks: Python 3.13 takes the common blanks of a docstring off itself."""
    lines = text.strip("\n").splitlines()
    first = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(" " * 4 + line[first:] for line in lines if line.strip())


def _default(value: Any) -> str:
    if value is PydanticUndefined or value is None or value == "":
        return ""
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        value = value.relative_to(ROOT)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _unit(name: str) -> str:
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


if __name__ == "__main__":
    main()
