"""Reads the manifests of public-service modules: `cloud/modules/shipped/{module}/module.yaml`.

What is not needed to draw a panel is ignored here, because the manifest belongs to the modules and grows with them.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grafana.errors import Misconfigured

FOLDER = Path(__file__).parent.parent / "cloud" / "modules" / "shipped"
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
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
    """Read all manifests of some folders, by name.

    Raises:
        Misconfigured: one is wrong; the message names the file and the field.
    """
    paths = [path for folder in folders for path in folder.glob("*/module.yaml")]
    return [_read(path) for path in sorted(paths, key=lambda path: path.parent.name)]


def _read(path: Path) -> Module:
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Module.model_validate({"name": path.parent.name} | (written if isinstance(written, dict) else {}))
    except (OSError, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{path}: {where}: {first['msg']}") from error
