"""Reads the manifests of public-service modules, where there are any.

Source: `cloud/modules/{module}/manifest.yaml`; what is not needed to draw a panel is ignored here, because the manifest
belongs to the modules and grows with them.
"""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grafana.errors import Misconfigured

FOLDER = Path(__file__).parent.parent / "cloud" / "modules"


class Indicator(BaseModel):
    """One figure of a module.

    Attributes:
        name: unique in the regency.
        title_id: in Indonesian.
        title_en: in English.
        unit: Grafana's name of it.
        course: whether its course is drawn, too.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    title_id: str
    title_en: str
    unit: str = "short"
    course: bool = False

    @property
    def title(self) -> tuple[str, str]:
        """Both titles."""
        return self.title_id, self.title_en


class Module(BaseModel):
    """A public service."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    title_id: str
    title_en: str
    indicators: list[Indicator] = []

    @property
    def title(self) -> tuple[str, str]:
        """Both titles."""
        return self.title_id, self.title_en


def read_manifests(folder: Path = FOLDER) -> list[Module]:
    """Read all manifests, by name.

    Raises:
        Misconfigured: one is wrong; the message names the file and the field.
    """
    return [_read(path) for path in sorted(folder.glob("*/manifest.yaml"))]


def _read(path: Path) -> Module:
    try:
        return Module.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{path}: {where}: {first['msg']}") from error
