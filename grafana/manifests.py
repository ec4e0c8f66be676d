"""Reads the manifests of public-service modules: `cloud/modules/shipped/{module}/module.yaml`.

What is not needed to draw a panel is ignored here, because the manifest belongs to the modules and grows with them.
A manifest that is wrong costs its own panels only: everybody else's boards are made all the same.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grafana.errors import Misconfigured

FOLDER = Path(__file__).parent.parent / "cloud" / "modules" / "shipped"
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
_MOST_BYTES = 262_144
_UNITS = {"IDR": "currencyIDR", "Rp": "currencyIDR", "%": "percent"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Title(_Part):
    """A title in both languages."""

    id: str
    en: str


class Border(_Part):
    """A border beyond which a figure is trouble; one of the two."""

    below: float | None = None
    above: float | None = None
    severity: Literal["warning", "critical"]


class Indicator(_Part):
    """One figure of a module.

    Attributes:
        title: in both languages.
        unit: as the manifest says, a UCUM code.
        dimensions: what it is told apart by.
        decimals: digits after the comma.
        panel: what the manifest suggests.
        thresholds: beyond which it is coloured.
    """

    title: Title
    unit: str = "1"
    dimensions: list[str] = []
    decimals: int = 0
    panel: Literal["stat", "bar", "timeseries", "table", "gauge"] = "stat"
    thresholds: list[Border] = []

    @property
    def grafana_unit(self) -> str:
        """Grafana's name of the unit; a count has none."""
        return _UNITS.get(self.unit, "short")


class Module(_Part):
    """A public service.

    Attributes:
        name: of its folder.
        title: in both languages.
        indicators: its figures by name.
    """

    name: _Name
    title: Title
    indicators: dict[_Name, Indicator] = {}


def read_manifests(*folders: Path) -> list[Module]:
    """Read all manifests of some folders, by name; one that is wrong is left out, and stderr says why."""
    found: dict[str, Module] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*/module.yaml"))):
        try:
            module = _read(path)
        except Misconfigured as error:
            sys.stderr.write(f"satulayar-grafana: left out: {error}\n")
            continue
        if found.setdefault(module.name, module) is not module:
            sys.stderr.write(
                f"satulayar-grafana: left out: {path}: there is a module of this name before it: rename one\n"
            )
    return [found[name] for name in sorted(found)]


def _read(path: Path) -> Module:
    try:
        written = _loaded(path)
        return Module.model_validate({"name": path.parent.name} | (written if isinstance(written, dict) else {}))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{path}: {where}: {first['msg']}") from error
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error


def _loaded(path: Path) -> Any:
    """Load a manifest of bounded size; one with aliases is refused: a few lines of them are a billion entries."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    text = content.decode()
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
        raise ValueError("write out what *aliases repeat")
    return yaml.safe_load(text)
