"""A box of one's own in the running stack: registered, with a certificate, and a line that publishes as it."""

import re
import shlex
from typing import Any

import psycopg

from edge.contract import topics
from provisioning.certificates import CertificateAuthority
from simulators.broker import HOST, find_mosquitto
from simulators.errors import Refused
from simulators.stack.data import DataDirectory

_BOX = re.compile(r"([A-Z0-9]{2,12}(?:-[A-Z0-9]{1,12})*)-[a-z]{1,4}")
_PACK = '[{"n":"%s.mast-9:wind_speed","u":"m/s","v":4.5}]'


def plug(data: DataDirectory, box: str) -> str:
    """Register a box at a site that is there, issue its certificate, and write the line that publishes as it.

    Raises:
        Refused: the name is none of a box, there is no such site, or the stack's own agent runs under this name.
    """
    state = data.read_state()
    match = _BOX.fullmatch(box)
    if match is None:
        raise Refused(f"{box!r} is no name of a box; at site TD-01 use TD-01-b, TD-01-c, …")
    if data.box(box).exists():
        raise Refused(f"{box} is simulated here, and two publishers of one name push each other off; take another name")
    _register(state["dsn"], match[1], box)
    return _line(state, data, match[1], box)


def _register(dsn: str, site: str, box: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("SELECT id FROM site WHERE code = %s", (site,)).fetchone()
        if found is None:
            raise Refused(f"there is no site {site!r}; `satulayar-db load` registers sites")
        connection.execute("INSERT INTO box (name, site_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", (box, found[0]))


def _line(state: dict[str, Any], data: DataDirectory, site: str, box: str) -> str:
    identity = CertificateAuthority.open_existing(data.authority).ensure(box)
    words = [
        *(str(find_mosquitto("mosquitto_pub")), "-h", HOST, "-p", str(state["box_port"]), "-q", "1"),
        *("--cafile", str(identity.authority), "--cert", str(identity.certificate), "--key", str(identity.key)),
        *("-t", topics.telemetry(box), "-m", _PACK % site),
    ]
    return shlex.join(words)
