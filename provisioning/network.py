"""How a box reaches the network: SIM, Wi-Fi or a fixed address, written as NetworkManager reads it.

Source: NetworkManager's keyfile format (nm-settings-keyfile(5)); balenaOS takes these files from
`system-connections/` on its boot partition.
"""

import ipaddress
import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provisioning.errors import Misconfigured

_VARIABLE = r"^[A-Z][A-Z0-9_]*$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sim(_Strict):
    """A mobile network.

    Attributes:
        apn: access point name of the operator.
        pin_variable: environment variable with the SIM's PIN; absent where it has none.
    """

    kind: Literal["sim"]
    apn: str = Field(pattern=r"^[A-Za-z0-9.-]{1,100}$")
    pin_variable: str | None = Field(default=None, pattern=_VARIABLE)


class Wifi(_Strict):
    """A Wi-Fi network (WPA-PSK).

    Attributes:
        ssid: its name.
        password_variable: environment variable with its password; the password itself never stands in a file.
    """

    kind: Literal["wifi"]
    ssid: str = Field(min_length=1, max_length=32)
    password_variable: str = Field(pattern=_VARIABLE)


class Fixed(_Strict):
    """A cable with a fixed address.

    Attributes:
        address: with its prefix: `10.14.1.10/24`.
        gateway: of the network.
        dns: name servers.
    """

    kind: Literal["fixed"]
    address: str
    gateway: str
    dns: list[str] = Field(min_length=1, max_length=3)

    @model_validator(mode="after")
    def _are_addresses(self) -> Self:
        own = ipaddress.ip_interface(self.address)
        for text in (self.gateway, *self.dns):
            ipaddress.ip_address(text)
        if "/" not in self.address:
            raise ValueError(f"address {self.address} needs its prefix: {self.address}/24")
        if ipaddress.ip_address(self.gateway) not in own.network:
            raise ValueError(f"gateway {self.gateway} is not in {own.network}: correct one of them")
        return self


Network = Annotated[Sim | Wifi | Fixed, Field(discriminator="kind")]


def write_connection(network: Sim | Wifi | Fixed) -> tuple[str, str]:
    """Write a connection; give the file's name and content.

    Raises:
        Misconfigured: a secret's variable is not set.
    """
    lines = []
    for section, values in _sections(network).items():
        lines += [f"[{section}]", *(f"{name}={value}" for name, value in values.items()), ""]
    return f"satulayar-{network.kind}", "\n".join(lines)


def _sections(network: Sim | Wifi | Fixed) -> dict[str, dict[str, str]]:
    by_itself = {"ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}
    if isinstance(network, Sim):
        gsm = {"apn": network.apn, "number": "*99#"}
        if network.pin_variable:
            gsm["pin"] = _secret(network.pin_variable)
        return {"connection": {**_named(network), "type": "gsm"}, "gsm": gsm, **by_itself}
    if isinstance(network, Wifi):
        security = {"key-mgmt": "wpa-psk", "psk": _escaped(_secret(network.password_variable))}
        wifi = {"mode": "infrastructure", "ssid": _escaped(network.ssid)}
        return {"connection": {**_named(network), "type": "wifi"}, "wifi": wifi, "wifi-security": security, **by_itself}
    ipv4 = {
        "method": "manual",
        "address1": f"{network.address},{network.gateway}",
        "dns": ";".join(network.dns) + ";",
    }
    return {"connection": {**_named(network), "type": "ethernet"}, "ipv4": ipv4, "ipv6": {"method": "ignore"}}


def _named(network: Sim | Wifi | Fixed) -> dict[str, str]:
    return {"id": f"satulayar-{network.kind}", "autoconnect": "true"}


def _secret(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise Misconfigured(f"set {variable}: a box's network needs it, and it stands in no file")
    if "\n" in value:
        raise Misconfigured(f"{variable} has more than one line")
    return value


def _escaped(text: str) -> str:
    """Write a text as a keyfile wants it: leading spaces and backslashes are escaped."""
    text = text.replace("\\", "\\\\")
    return "\\s" + text[1:] if text.startswith(" ") else text
