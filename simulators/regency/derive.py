"""What follows from a regency file: ports, the boxes' site files, the registry for the database."""

import socket
from collections.abc import Mapping
from typing import Any

from simulators.errors import Misconfigured, Unavailable
from simulators.modbus.profile import Point, load_profile
from simulators.regency.model import Asset, LampPanel, Regency, Site

# Kind of asset -> sensor profile in firmware-config/sensors.
PROFILES = {
    "lamp_panel": "lamp-panel",
    "river_gauge": "river-gauge",
    "weather_mast": "weather-mast",
    "cabinet": "cabinet",
}
_BLOCKS_TRIED = 50
# A line to a pole is paid by the megabyte, so boxes report little; in front of a person, something should move.
_LIVELY_INTERVAL_S = 5.0
_LIVELY_SILENCE_S = 60.0
_LIVELY_SHARE_OF_DEAD_BAND = 0.1


def modbus_ports(regency: Regency, base_port: int | None = None) -> dict[str, int]:
    """Give every asset a TCP port, counted from the base in the file's order.

    Args:
        regency: what there is.
        base_port: in place of the file's.
    """
    first = regency.modbus_base_port if base_port is None else base_port
    return {code: first + place for place, code in enumerate(regency.assets())}


def free_modbus_ports(regency: Regency) -> dict[str, int]:
    """Give every asset a port that is free: the file's block, or the next whole block of which all are.

    Raises:
        Unavailable: none of many blocks is free.
    """
    size = len(regency.assets())
    for block in range(_BLOCKS_TRIED):
        ports = modbus_ports(regency, regency.modbus_base_port + block * size)
        if all(is_port_free(port) for port in ports.values()):
            return ports
    raise Unavailable(f"no {size} free TCP ports in a row above {regency.modbus_base_port}")


def site_file(site: Site, ports: Mapping[str, int]) -> dict[str, Any]:
    """Write the site file of a site's box, as the real agent reads it (`edge/site.py`)."""
    place = ("code", "name", "district", "latitude", "longitude")
    return {
        "site": {field: getattr(site, field) for field in place},
        "boxes": [site.box],
        "buses": {
            _local(asset): {"kind": "modbus_tcp", "host": "127.0.0.1", "port": ports[asset.code]}
            for asset in site.assets
        },
        "assets": [_site_asset(asset) for asset in site.assets],
        "rules": [rule for asset in site.assets for rule in _rules(asset)],
    }


def registry(regency: Regency) -> dict[str, Any]:
    """Write the registry that `satulayar-db load` reads (`cloud/db/registry_file.py`)."""
    return {"sites": [_registry_site(site) for site in regency.sites]}


def is_port_free(port: int) -> bool:
    """Tell whether a TCP port on loopback can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _local(asset: Asset) -> str:
    """Give the part of an asset's code behind its site's."""
    return asset.code.partition(".")[2]


def _site_asset(asset: Asset) -> dict[str, Any]:
    written: dict[str, Any] = {"code": asset.code, "profile": PROFILES[asset.kind], "bus": _local(asset)}
    if asset.kind == "lamp_panel":
        written["parts"] = list(_circuit_names(asset))
    profile = load_profile(PROFILES[asset.kind])
    points = profile.points + (profile.parts.points if profile.parts else [])
    return written | {"settings": {point.quantity: _lively(point) for point in points}}


def _lively(point: Point) -> dict[str, float]:
    """Have a quantity reported more often than its profile asks."""
    return {
        "interval_s": min(point.interval_s, _LIVELY_INTERVAL_S),
        "dead_band": round(point.dead_band * _LIVELY_SHARE_OF_DEAD_BAND, 6),
        "max_silence_s": _LIVELY_SILENCE_S,
    }


def _rules(asset: Asset) -> list[dict[str, Any]]:
    """Give the local rules of an asset, quicker than on a real pole: nobody watches a demonstration for minutes."""
    if asset.kind == "lamp_panel":
        return [{"kind": "lamp_current", "asset": asset.code, "after_s": 20}]
    if asset.kind == "river_gauge":
        stages = dict(zip(("siaga_3", "siaga_2", "siaga_1"), asset.siaga_m, strict=True))
        return [{"kind": "water_stage", "asset": asset.code, "stages": stages, "minimum_s": 5, "siren": asset.code}]
    return []


def _registry_site(site: Site) -> dict[str, Any]:
    place = ("code", "name", "district", "latitude", "longitude")
    assets = [entry for asset in site.assets for entry in _registry_assets(asset)]
    return {field: getattr(site, field) for field in place} | {"boxes": [{"name": site.box, "assets": assets}]}


def _registry_assets(asset: Asset) -> list[dict[str, Any]]:
    """List an asset and its parts, which are assets of their own; what reports nothing by itself is left out."""
    expected = {"expected_interval_s": _LIVELY_SILENCE_S}
    listed: list[dict[str, Any]] = []
    if load_profile(PROFILES[asset.kind]).points:
        listed.append({"code": asset.code, "kind": asset.kind, "name": asset.name} | expected)
    if asset.kind == "lamp_panel":
        for number, name in enumerate(_circuit_names(asset), start=1):
            circuit = {
                "code": f"{asset.code}-{name}",
                "kind": "lamp_circuit",
                "name": f"{asset.name}, sirkuit {number}",
            }
            listed.append(circuit | expected)
    return listed


def _circuit_names(panel: LampPanel) -> list[str]:
    """Name the wired circuits as the profile names its parts."""
    parts = load_profile(PROFILES["lamp_panel"]).parts
    names = parts.names if parts else []
    if len(names) < len(panel.circuits):
        raise Misconfigured(f"{panel.code} has {len(panel.circuits)} circuits; its profile knows {len(names)}")
    return names[: len(panel.circuits)]
