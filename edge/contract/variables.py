"""Environment variables that a deployable understands.

pydantic-settings ignores what it does not know, so a misspelt variable would silently leave its default in place
(`SATULAYAR_EDGE_BROKR_HOST`). Every `main` refuses such a variable by name, with the nearest right one.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from pydantic import ValidationError

Settings = TypeVar("Settings")


class BadVariable(ValueError):
    """An environment variable is unknown, missing or wrong; the message names it."""


class UnknownVariable(BadVariable):
    """An environment variable carries the prefix of a deployable but is none of its settings."""


def refuse_unknown(prefix: str, fields: Iterable[str], environment: Mapping[str, str]) -> None:
    """Raise `UnknownVariable` for the first variable of the prefix that is no setting.

    Args:
        prefix: for example `SATULAYAR_EDGE_`.
        fields: names of the settings, lower case.
        environment: usually `os.environ`.
    """
    known = {prefix + field.upper() for field in fields}
    for name in sorted(environment):
        if name.upper().startswith(prefix) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
            raise UnknownVariable(f"{name} is not a setting; did you mean {near[0] if near else 'another'}?")


def read_variables(
    prefix: str, fields: Iterable[str], environment: Mapping[str, str], make: Callable[[], Settings]
) -> Settings:
    """Make the settings of a deployable from its variables.

    Args:
        prefix: for example `SATULAYAR_EDGE_`.
        fields: names of the settings, lower case.
        environment: usually `os.environ`.
        make: makes them, with pydantic.

    Raises:
        BadVariable: a variable is unknown, missing or wrong.
    """
    refuse_unknown(prefix, fields, environment)
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "".join(str(part) for part in first["loc"]).upper()
        raise BadVariable(f"{prefix}{name}: {first['msg']}") from error
