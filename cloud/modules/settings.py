"""Settings of `satulayar-modules`, from environment variables with the prefix `SATULAYAR_MODULES_`."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cloud.modules.errors import Misconfigured
from cloud.modules.manifest_files import DISTRICTS, SHIPPED
from cloud.modules.sources.visit import Reach
from edge.contract.variables import UnknownVariable, refuse_unknown

PREFIX = "SATULAYAR_MODULES_"


class ModulesSettings(BaseSettings):
    """What `satulayar-modules` may be told.

    Attributes:
        dsn: of the database, as the role `modules`.
        folders: of modules, parted by colons.
        more_folders: the same, besides those.
        districts: CSV file of the regency's districts, written into the database at each start; empty for none.
        drop_folder: below which sources of kind `folder` have a folder of their module's name.
        allowed_hosts: hosts in private ranges that sources may use, parted by commas.
        at_once: runs at the same time.
        log_level: the least serious level that is logged.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar user=modules"
    folders: Annotated[list[Path], NoDecode] = [SHIPPED]
    more_folders: Annotated[list[Path], NoDecode] = []
    districts: Annotated[Path | None, BeforeValidator(lambda text: text or None)] = DISTRICTS
    drop_folder: Path = Path("/var/lib/satulayar/modules")
    allowed_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    at_once: Annotated[int, Field(ge=1, le=200)] = 16
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def all_folders(self) -> list[Path]:
        """Every folder of modules."""
        return [*self.folders, *self.more_folders]

    @property
    def reach(self) -> Reach:
        """What sources may reach."""
        return Reach(self.allowed_hosts, self.drop_folder)


def read_settings(**given: Any) -> ModulesSettings:
    """Read the environment; what is given otherwise wins, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    parted = {"folders": ":", "more_folders": ":", "allowed_hosts": ","}
    from_variables = {
        name: [part for part in os.environ[PREFIX + name.upper()].split(separator) if part]
        for name, separator in parted.items()
        if PREFIX + name.upper() in os.environ
    }
    try:
        refuse_unknown(PREFIX, ModulesSettings.model_fields, os.environ)
        return ModulesSettings(**(from_variables | {name: value for name, value in given.items() if value is not None}))
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Misconfigured(f"{PREFIX}{first['loc'][0]!s}".upper() + f": {first['msg']}") from error
