"""Ends a revoked box's access at a running broker: nobody new gets in, and who is in is put out.

A broker reads its revocation list on SIGHUP, which ends no connection. Whoever connects with a client id ends the
connection that had it (MQTT 5, 3.1.4-3); a box's client id is its name, and on the services' port a client may choose
its own. So we come in under the box's name and leave: it is out, and its next handshake is refused.
"""

import shlex
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from provisioning.errors import Misconfigured, Unavailable

_TIMEOUT_S = 15.0
_SETTLE_S = 2.0  # a broker handles SIGHUP between two rounds of its loop, within milliseconds


@dataclass(frozen=True, slots=True)
class BrokerLine:
    """How a service of ours reaches the broker.

    Attributes:
        host: as in the broker's certificate.
        port: of its listener for services.
        ca_file: authority of the broker's certificate.
        cert_file: our certificate; its CN is `identity`.
        key_file: its key.
        reload_command: has the broker read its revocation list: `docker compose kill -s HUP broker`, `kill -HUP 123`.
    """

    host: str
    port: int
    ca_file: Path
    cert_file: Path
    key_file: Path
    reload_command: str = ""

    def tls(self) -> ssl.SSLContext:
        """Read the certificates.

        Raises:
            Misconfigured: a file is missing or is none.
        """
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            context.load_cert_chain(self.cert_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"{self.ca_file}, {self.cert_file}, {self.key_file}: {error}") from error
        return context


def lock_out(line: BrokerLine, box: str) -> None:
    """Have the broker read its revocation list, then put out whoever is connected as `box`.

    Raises:
        Misconfigured: the reload command fails, or our certificate does.
        Unavailable: the broker does not answer.
    """
    if line.reload_command:
        _reload(line.reload_command)
    _take_the_name(line, box)
    # It may have been let in again just before the broker had read the list.
    time.sleep(_SETTLE_S)
    _take_the_name(line, box)


def _take_the_name(line: BrokerLine, box: str) -> None:
    taken = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=box, protocol=mqtt.MQTTv5)
    client.tls_set_context(line.tls())
    client.on_connect = lambda _c, _u, _f, reason, _p: None if reason.is_failure else taken.set()
    at = f"{line.host}:{line.port}"
    try:
        client.connect(line.host, line.port, clean_start=True)
        client.loop_start()
        answered = taken.wait(_TIMEOUT_S)
        client.disconnect()
        client.loop_stop()
    except OSError as error:
        raise Unavailable(f"the broker at {at} cannot be reached ({error}): run the same again") from error
    if not answered:
        raise Unavailable(f"the broker at {at} does not let us in: is our certificate in order?")


def _reload(command: str) -> None:
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Misconfigured(f"the broker could not be told to reload ({command}): {error}") from error
    if done.returncode:
        raise Misconfigured(f"the broker could not be told to reload ({command}): {done.stderr.strip()[:300]}")
