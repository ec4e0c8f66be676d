"""Settings of `satulayar-warnings`, from environment variables with the prefix `SATULAYAR_WARNINGS_`."""

import os
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cloud.warning.errors import Misconfigured
from edge.contract.variables import UnknownVariable, refuse_unknown

PREFIX = "SATULAYAR_WARNINGS_"


class WarningsSettings(BaseSettings):
    """What `satulayar-warnings` may be told.

    Attributes:
        dsn: of the database, as the role `warnings`.
        weather_url: BMKG's RSS list of weather warnings in Indonesian; empty: none is read.
        provinces: words of which one must be in a warning's title, parted by commas; the others are not fetched.
        earthquake_urls: BMKG's earthquakes, parted by commas; empty: none are read.
        allowed_hosts: hosts in private ranges that may be read, parted by commas: a simulator, a mirror.
        every_s: between two looks; each asks only for what has changed.
        contact: put into the User-Agent, so that BMKG knows whom to tell; empty: none.
        log_level: the least serious level that is logged.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar user=warnings"
    weather_url: str = "https://www.bmkg.go.id/alerts/nowcast/id"
    provinces: Annotated[tuple[str, ...], NoDecode] = ("Jawa Timur", "East Java")
    earthquake_urls: Annotated[tuple[str, ...], NoDecode] = (
        "https://data.bmkg.go.id/DataMKG/TEWS/autogempa.json",
        "https://data.bmkg.go.id/DataMKG/TEWS/gempadirasakan.json",
    )
    allowed_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    contact: Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")] = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(**given: Any) -> WarningsSettings:
    """Read the environment; what is given otherwise wins, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    lists = {
        name: tuple(part.strip() for part in os.environ[PREFIX + name.upper()].split(",") if part.strip())
        for name in ("earthquake_urls", "provinces", "allowed_hosts")
        if PREFIX + name.upper() in os.environ
    }
    try:
        refuse_unknown(PREFIX, WarningsSettings.model_fields, os.environ)
        wanted = {name: value for name, value in given.items() if value is not None}
        return WarningsSettings(**(lists | wanted))
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else ""
        raise Misconfigured(f"{PREFIX}{name}: {first['msg']}") from error
