"""The loudspeakers of a site as its box's site file has them, and the ports on which they are."""

import socket
from collections.abc import Mapping
from typing import Any

from simulators.errors import Unavailable
from simulators.regency.derive import is_port_free
from simulators.regency.model import Regency, Site

EACH = 3  # ports of one: RTP, RTCP, HTTP
_BLOCKS_TRIED = 50


def horn_part(site: Site, ports: Mapping[str, int]) -> dict[str, Any]:
    """Write `loudspeakers` of a site file; nothing for a site without any."""
    if not site.loudspeakers or not ports:
        return {}
    return {"loudspeakers": [_place(one.code, ports[one.code]) for one in site.loudspeakers]}


def horn_ports(regency: Regency, base_port: int) -> dict[str, int]:
    """Give each loudspeaker its UDP port for RTP, counted from the base in the file's order."""
    return {code: base_port + EACH * place for place, code in enumerate(regency.loudspeakers())}


def free_horn_ports(regency: Regency) -> dict[str, int]:
    """Give ports that are free: the file's block, or the next whole block of which all are.

    Raises:
        Unavailable: none of many blocks is free.
    """
    size = EACH * len(regency.loudspeakers())
    for block in range(_BLOCKS_TRIED):
        ports = horn_ports(regency, regency.horn_base_port + block * size)
        if all(_are_free(port) for port in ports.values()):
            return ports
    raise Unavailable(f"no {size} free ports in a row above {regency.horn_base_port}")


def _are_free(port: int) -> bool:
    return all(is_port_free(port + more, socket.SOCK_DGRAM) for more in (0, 1)) and is_port_free(port + 2)


def _place(code: str, port: int) -> dict[str, Any]:
    status = {
        "url": f"http://127.0.0.1:{port + 2}/status",
        "playing": "/audio/state",
        "muted": "/audio/muted",
        "clipping": "/amplifier/clipping",
        "heard_db": "/microphone/level_db",
    }
    quiet = {"since": "21:00", "until": "05:00"}
    return {"code": code, "host": "127.0.0.1", "rtp_port": port, "status": status, "quiet": quiet}
