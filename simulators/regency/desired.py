"""The desired state of a simulated regency, as its office would write it.

All else follows from it by what a real regency uses (`provisioning`): the registry, the fleet at balena, the boxes'
variables, their parcels with site files and certificates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.cameras.site_part import site_part
from simulators.city.network import Network
from simulators.loudspeakers.site_part import horn_part
from simulators.regency.derive import CORRIDOR, LIVELY_SILENCE_S, registry_junction, site_file
from simulators.regency.model import Regency, RiverGauge, Site

CODE = "pasuruan"
"""Of labels, as the API expects it (`SATULAYAR_API_REGENCY`); and the organization of the simulated balena."""
FLEET, GROUP = "satulayar-demo", "demo-boxes"
_MARGIN_DEG = 0.05


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the simulated devices and the broker of a run are.

    Attributes:
        modbus: TCP port of each device.
        snmp: UDP port of each junction's controller; empty leaves signals out.
        rtsp: TCP port of the cameras.
        horns: UDP port of each loudspeaker's RTP; RTCP and HTTP are on the two behind it.
        broker: TCP port for boxes.
        health: TCP port of each box's health endpoint.
    """

    modbus: Mapping[str, int]
    snmp: Mapping[str, int]
    rtsp: int
    broker: int
    health: Mapping[str, int]
    horns: Mapping[str, int] = field(default_factory=dict)


def desired_state(regency: Regency, lines: Lines, network: Network | None) -> dict[str, Any]:
    """Write the desired state, as `provisioning/desired.py` reads it.

    Args:
        regency: what there is.
        lines: where it is in this run.
        network: of the city; None leaves signals and cameras out.
    """
    sites = [_site(site, lines, network) for site in regency.sites]
    written = {
        "regency": _whole(regency, lines),
        # A computer of the demonstration is this machine: the kind of board that needs no other image.
        "fleets": {FLEET: {"device_type": "generic-amd64", "host": "fixed"}},
        "groups": {GROUP: {"fleet": FLEET}},
        "sites": sites,
    }
    written |= {"corridors": [CORRIDOR]} if any("junction" in site for site in sites) else {}
    reaches = list(_reaches(regency))
    return written | ({"reaches": reaches} if reaches else {})


def _reaches(regency: Regency) -> Iterator[dict[str, Any]]:
    """Give how gauges follow each other down a river, where both are in this run."""
    gauges = [asset for site in regency.sites for asset in site.assets if isinstance(asset, RiverGauge)]
    codes = {gauge.code for gauge in gauges}
    for gauge in gauges:
        if gauge.flows_to in codes:
            yield {"upstream": gauge.code, "downstream": gauge.flows_to, "travel_min": gauge.travel_min}


def _whole(regency: Regency, lines: Lines) -> dict[str, Any]:
    latitudes = [site.latitude for site in regency.sites]
    longitudes = [site.longitude for site in regency.sites]
    return {
        "code": CODE,
        "name": regency.name,
        "organization": CODE,
        "bounds": {
            "south": min(latitudes) - _MARGIN_DEG,
            "north": max(latitudes) + _MARGIN_DEG,
            "west": min(longitudes) - _MARGIN_DEG,
            "east": max(longitudes) + _MARGIN_DEG,
        },
        "districts": sorted({site.district for site in regency.sites}),
        "settings": {
            "broker_host": "localhost",
            "broker_port": lines.broker,
            # A box of a demonstration shall not fill a laptop's disk when it is cut off for a week.
            "outbox_max_bytes": 64 * 1024 * 1024,
            # A broker that was restarted on this desk is back at once; a minute's patience is for real networks.
            "reconnect_cap_s": 5,
        },
    }


def _site(site: Site, lines: Lines, network: Network | None) -> dict[str, Any]:
    written = site_file(site, lines.modbus, lines.snmp, network.layout if network else None)
    written |= site_part(site, lines.rtsp, network.net_file) if network else {}
    written |= horn_part(site, lines.horns)
    place: dict[str, Any] = written.pop("site")
    written.pop("boxes")
    # Kinds of assets that the room waits for; parts are named after their asset.
    names = {asset.code: asset.name for asset in (*site.assets, *site.cameras, *site.loudspeakers)}
    names |= {site.signal.code: site.signal.name} if site.signal else {}
    for part in ("assets", "cameras", "controllers", "loudspeakers"):
        for thing in written.get(part, ()):
            thing |= {"name": names[thing["code"]], "expected_interval_s": LIVELY_SILENCE_S}
    if site.signal and network and "controllers" in written:
        written["junction"] = registry_junction(site.signal, network.layout.junction(site.code))
    settings = {"health_port": lines.health[site.box]} if site.box in lines.health else {}
    return place | written | {"boxes": [{"name": site.box, "group": GROUP, "settings": settings}]}
