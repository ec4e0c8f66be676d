"""What balena refuses of names and values, as its published API does before it writes anything.

Source: open-balena-api: `features/tags/validation.ts`, `features/vars-schema/env-vars.ts`,
`features/devices/hooks/defaults-validation.ts`; lengths from its model, `balena.sbvr`.
"""

import re
from collections.abc import Mapping
from typing import Any

from simulators.balena.odata import BadQuery

_UUID = re.compile(r"[a-f0-9]{32}(?:[a-f0-9]{30})?")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RESERVED = ("RESIN_", "BALENA_")
_RESERVED_TAGS = ("io.resin.", "io.balena.")
_APP_NAME_CHARACTERS = range(4, 101)


def refuse(name: str, body: Mapping[str, Any]) -> None:
    """Check what is to be written to a resource.

    Raises:
        BadQuery: with balena's reason.
    """
    if name.endswith("_tag") and "tag_key" in body:
        _tag(str(body["tag_key"]))
    if name.endswith("_variable") and "name" in body:
        _variable(str(body["name"]), is_config=name.endswith("_config_variable"))
    if name.endswith("_environment_variable") and re.search(r"[\r\n]", str(body.get("value", ""))):
        raise BadQuery("Variable values cannot contain line break characters")
    if name == "device":
        _device(body)
    if name == "application" and "app_name" in body and len(str(body["app_name"])) not in _APP_NAME_CHARACTERS:
        raise BadQuery("It is necessary that each application has an app name that has a Length (Type) of 4 to 100.")


def _tag(key: str) -> None:
    if not key or re.search(r"\s", key):
        raise BadQuery("Tag keys cannot contain whitespace.")
    if key.startswith(_RESERVED_TAGS):
        raise BadQuery("Tag keys beginning with io.resin. or io.balena. are reserved.")


def _variable(name: str, *, is_config: bool) -> None:
    if not _VARIABLE.fullmatch(name):
        raise BadQuery("Variable names can only contain alphanumeric characters and underscores.")
    if name in {"RESIN", "BALENA", "USER"}:
        raise BadQuery(f"{name} is reserved")
    if is_config != name.startswith(_RESERVED):
        raise BadQuery(
            "Configuration variables must be part of one of the following namespaces: RESIN_, BALENA_"
            if is_config
            else "Environment variables beginning with RESIN_, BALENA_ are reserved."
        )


def _device(body: Mapping[str, Any]) -> None:
    if "uuid" in body and not _UUID.fullmatch(str(body["uuid"])):
        raise BadQuery("Device UUID must be a 32 or 62 character long lower case hex string.")
    if re.search(r"[\r\n]", str(body.get("device_name") or "")):
        raise BadQuery("Device name cannot contain any newline characters.")
