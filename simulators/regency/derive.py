"""What follows from a regency file: ports, what the boxes' site files say, what the room must know of junctions."""

import socket
from collections.abc import Mapping
from typing import Any

from simulators.city.layout import Junction, Layout
from simulators.controller.program import PhaseTiming
from simulators.controller.standard import ADVANCE, RESERVED
from simulators.errors import Misconfigured, Unavailable
from simulators.modbus.profile import Point, load_profile
from simulators.regency.model import Asset, LampPanel, Regency, SignalController, Site

# Kind of asset -> sensor profile in firmware-config/sensors.
PROFILES = {
    "lamp_panel": "lamp-panel",
    "river_gauge": "river-gauge",
    "weather_mast": "weather-mast",
    "cabinet": "cabinet",
}
CORRIDOR = {"name": "surabaya-malang", "title": "Jalan Raya Surabaya-Malang, ke arah Malang"}
# Mostly motorcycles, several abreast in a lane: measured in the simulated rush hour, not a handbook's value.
# Vehicles in an hour of green, mostly motorcycles: counted at the stop lines of TD-01 in the simulated city with every
# approach overfull, 2026-11-22: 2,400 to 2,900 a lane straight on, about 1,900 in a lane that turns across.
_SATURATION_PER_LANE_H = 2_600.0
_SATURATION_PER_TURN_LANE_H = 1_900.0
_BLOCKS_TRIED = 50
# A line to a pole is paid by the megabyte, so boxes report little; in front of a person, something should move.
_LIVELY_INTERVAL_S = 5.0
LIVELY_SILENCE_S = 60.0
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


def snmp_ports(regency: Regency, layout: Layout, base_port: int | None = None) -> dict[str, int]:
    """Give the controller of every junction a UDP port, counted from the base in the layout's order."""
    first = regency.snmp_base_port if base_port is None else base_port
    return {junction.code: first + place for place, junction in enumerate(layout.junctions)}


def free_snmp_ports(regency: Regency, layout: Layout) -> dict[str, int]:
    """Give every junction a UDP port that is free: the file's block, or the next whole block of which all are.

    Raises:
        Unavailable: none of many blocks is free.
    """
    size = len(layout.junctions)
    for block in range(_BLOCKS_TRIED):
        ports = snmp_ports(regency, layout, regency.snmp_base_port + block * size)
        if all(is_port_free(port, socket.SOCK_DGRAM) for port in ports.values()):
            return ports
    raise Unavailable(f"no {size} free UDP ports in a row above {regency.snmp_base_port}")


def site_file(
    site: Site, ports: Mapping[str, int], signals: Mapping[str, int] | None = None, layout: Layout | None = None
) -> dict[str, Any]:
    """Write the site file of a site's box, as the real agent reads it (`edge/site.py`).

    Args:
        site: whose.
        ports: of the Modbus devices, by asset.
        signals: of the controllers, by junction; None leaves the controller out.
        layout: of the city, with the site's junction.
    """
    written = _modbus_part(site, ports)
    if site.signal and signals and layout:
        bus = {"kind": "ntcip", "host": "127.0.0.1", "port": signals[site.code], "version": "2c"}
        written["buses"]["signals"] = bus
        written["controllers"] = [_controller(site.signal.code, layout.junction(site.code))]
    return written


def _controller(code: str, junction: Junction) -> dict[str, Any]:
    detectors: list[dict[str, Any]] = []
    for phase, lanes in sorted(_lanes_by_phase(junction).items()):
        stop_line = {"number": phase, "phase": phase, "kind": "stop_line", "lanes": lanes}
        upstream = {"number": ADVANCE + phase, "kind": "advance", "distance_m": 60, "speed_kmh": 40}
        detectors += [stop_line, stop_line | upstream]
    roles = {
        "operator": {"extra_green_s": 30, "duration_s": 1_800, "rank": 1},
        "admin": {"extra_green_s": 60, "duration_s": 3_600, "rank": 2},
    }
    lease = {"roles": roles, "max_cycle_s": 200, "pattern": RESERVED, "split": RESERVED}
    return {"code": code, "bus": "signals", "poll_hz": 5, "detectors": detectors, "lease": lease}


def saturation_per_h(junction: Junction, phase: int) -> float:
    """Give how many vehicles would pass in an hour of a phase's green."""
    is_turn = any(arm.turn == phase for arm in junction.arms.values())
    lane_per_h = _SATURATION_PER_TURN_LANE_H if is_turn else _SATURATION_PER_LANE_H
    return lane_per_h * _lanes_by_phase(junction).get(phase, 1)


def _lanes_by_phase(junction: Junction) -> dict[int, int]:
    lanes: dict[int, int] = {}
    for arm in junction.arms.values():
        through = arm.lanes - 1 if arm.turn else arm.lanes
        lanes[arm.phase] = lanes.get(arm.phase, 0) + through
        if arm.turn:
            lanes[arm.turn] = lanes.get(arm.turn, 0) + 1
    return lanes


def _modbus_part(site: Site, ports: Mapping[str, int]) -> dict[str, Any]:
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


def is_port_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Tell whether a port on loopback can be listened on now, TCP or (SOCK_DGRAM) UDP."""
    with socket.socket(type=kind) as probe:
        if kind is socket.SOCK_STREAM:
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
        "max_silence_s": LIVELY_SILENCE_S,
    }


def _rules(asset: Asset) -> list[dict[str, Any]]:
    """Give the local rules of an asset, quicker than on a real pole: nobody watches a demonstration for minutes."""
    if asset.kind == "lamp_panel":
        return [{"kind": "lamp_current", "asset": asset.code, "after_s": 20}]
    if asset.kind == "river_gauge":
        stages = dict(zip(("siaga_3", "siaga_2", "siaga_1"), asset.siaga_m, strict=True))
        return [{"kind": "water_stage", "asset": asset.code, "stages": stages, "minimum_s": 5, "siren": asset.code}]
    return []


def registry_junction(signal: SignalController, junction: Junction) -> dict[str, Any]:
    """Write what the room must know of a junction, as the desired state has it."""
    written: dict[str, Any] = {
        "controller": signal.code,
        "authority": signal.authority,
        "limits": {
            "operator": {"extra_green_s": 30, "duration_s": 1_800},
            "admin": {"extra_green_s": 60, "duration_s": 3_600},
        },
        "phases": [
            {
                "phase": phase.number,
                "name": _phase_name(junction, phase),
                "ring": phase.ring,
                "barrier": phase.side,
                "saturation_per_h": saturation_per_h(junction, phase.number),
                "least_green_s": float(max(phase.minimum_green_s, phase.walk_s + phase.ped_clear_s)),
                "lost_s": phase.yellow_s + phase.red_clear_s,
                "detectors": [phase.number],
            }
            for phase in junction.controller_program().phases
        ],
    }
    if signal.position is not None:
        written["corridor"] = {"name": CORRIDOR["name"], "position": signal.position, "phase": signal.wave_phase}
    return written


def _phase_name(junction: Junction, phase: PhaseTiming) -> str:
    for arm in junction.arms.values():
        if phase.number == arm.phase:
            return arm.name
        if phase.number == arm.turn:
            return f"{arm.name}, belok kanan"
    return f"Fase {phase.number}"


def _circuit_names(panel: LampPanel) -> list[str]:
    """Name the wired circuits as the profile names its parts."""
    parts = load_profile(PROFILES["lamp_panel"]).parts
    names = parts.names if parts else []
    if len(names) < len(panel.circuits):
        raise Misconfigured(f"{panel.code} has {len(panel.circuits)} circuits; its profile knows {len(names)}")
    return names[: len(panel.circuits)]
