"""What can be known to be wrong before anything is connected: the files of the certificate, and each with its key."""

import ssl
from collections.abc import Callable
from pathlib import Path

from cloud.errors import Misconfigured
from cloud.ingest.settings import PREFIX, Settings

REMEDY = "export the identity again: `satulayar-provision ca export ingest FOLDER`"


def check_files(settings: Settings) -> None:
    """Open the files that TLS needs.

    Raises:
        Misconfigured: one is missing, unreadable or no certificate or key, or key and certificate differ; the message
            names variable, file and remedy.
    """
    for name in ("ca_file", "cert_file", "key_file"):
        path: Path = getattr(settings, name)
        try:
            path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"{PREFIX}{name.upper()}: {path}: {error.strerror}; {REMEDY}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _try(lambda: context.load_verify_locations(settings.ca_file), f"CA_FILE: {settings.ca_file}: no certificate")
    _try(
        # A password would be asked for at the terminal.
        lambda: context.load_cert_chain(settings.cert_file, settings.key_file, password=""),
        f"CERT_FILE, {PREFIX}KEY_FILE: {settings.cert_file}, {settings.key_file}: no certificate with its own key",
    )


def _try(load: Callable[[], None], fault: str) -> None:
    try:
        load()
    except (ssl.SSLError, ValueError) as error:
        raise Misconfigured(f"{PREFIX}{fault}; {REMEDY}") from error
