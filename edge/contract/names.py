"""Names of sites, assets, boxes and series, and how a SenML name divides into asset and quantity.

Source: RFC 8428 section 4.5.1 for the alphabet of a resolved name. The rest is this project's rule: the part
behind the last colon is the quantity, the part before it the asset; without a colon the name is a quantity of
the box that sent it.
"""

import re
from typing import Annotated

from pydantic import StringConstraints

SENML_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
MAX_NAME_LENGTH = 200  # characters; longer names only ever came from runaway string building

SiteCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,12}(-[A-Z0-9]{1,12})*$", max_length=40)]
AssetCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{2,12}(-[A-Z0-9]{1,12})*\.[a-z0-9]+(-[a-z0-9]+)*$", max_length=80),
]
BoxName = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,12}(-[A-Z0-9]{1,12})*-[a-z]{1,4}$", max_length=40)]
QuantityName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z0-9_]+)*$", max_length=80)]


def is_senml_name(name: str) -> bool:
    """Tell whether a resolved name keeps to the alphabet of RFC 8428 section 4.5.1 and to our length."""
    return len(name) <= MAX_NAME_LENGTH and SENML_NAME.fullmatch(name) is not None


def split_name(name: str, box: str) -> tuple[str, str]:
    """Divide a resolved SenML name into (asset, quantity); a bare quantity belongs to the box itself."""
    asset, colon, quantity = name.rpartition(":")
    return (asset, quantity) if colon and asset else (box, quantity)


def join_name(asset: str, quantity: str) -> str:
    """Build the SenML name of a quantity of an asset."""
    return f"{asset}:{quantity}"
