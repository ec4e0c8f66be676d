"""Where the broker is, and the certificates that open its door."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from edge.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to be let in; times in seconds.

    Attributes:
        host: as in its certificate.
        port: of its TLS listener.
        client_id: the box name.
        ca_file: authority of the broker's certificate.
        cert_file: this box's certificate.
        key_file: its key.
        plain_text: no TLS at all.
        keepalive_s: MQTT keep alive.
        connect_timeout_s: until the broker's word that the box is in.
    """

    host: str
    port: int
    client_id: str
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None
    plain_text: bool
    keepalive_s: int
    connect_timeout_s: float

    def tls(self) -> ssl.SSLContext | None:
        """Read the certificates; anew for every connection, since they get renewed.

        Raises:
            Misconfigured: a file is missing or is none.
        """
        if self.plain_text:
            return None
        if not (self.ca_file and self.cert_file and self.key_file):
            raise Misconfigured("ca_file, cert_file and key_file must all be set (or plain_text, on a desk)")
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            context.load_cert_chain(self.cert_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            files = f"{self.ca_file}, {self.cert_file}, {self.key_file}"
            raise Misconfigured(f"certificates cannot be used: {error} ({files})") from error
        return context
