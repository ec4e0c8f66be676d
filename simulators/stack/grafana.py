"""The wall beside the demonstration: a Grafana that is on this machine's PATH, with everything from files.

Grafana's package puts `grafana` on PATH and its pages into /usr/share/grafana; unpacked, both are in one folder.
Source: Grafana documentation, "Configure Grafana" (GF_ variables) and "Start the Grafana server".
"""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from grafana.settings import WallSettings
from grafana.trees import write_tree
from simulators.stack.data import DataDirectory
from simulators.stack.keeper import Program

PACKAGED_HOME = Path("/usr/share/grafana")


@dataclass(frozen=True, slots=True)
class Grafana:
    """A Grafana on this machine.

    Attributes:
        program: its executable.
        home: where its own pages are.
    """

    program: Path
    home: Path


def find_grafana() -> Grafana | None:
    """Find one on PATH; None where there is none, or its pages are nowhere."""
    found = shutil.which("grafana")
    if not found:
        return None
    program = Path(found).resolve()
    homes = (program.parent.parent, PACKAGED_HOME)
    home = next((home for home in homes if (home / "conf" / "defaults.ini").exists()), None)
    return Grafana(program, home) if home else None


def keep_secret(data: DataDirectory, name: str) -> str:
    """Give a secret of this data directory; made at its first use, readable by its owner only."""
    path = data.path / name
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()


def grafana_program(found: Grafana, data: DataDirectory, database: str, console_url: str, port: int) -> Program:
    """Write the wall as files and say how to run a Grafana on it: anybody on this machine may look, nobody edit.

    Args:
        found: the Grafana.
        data: where the files and its own database go.
        database: host and port.
        console_url: of the API.
        port: where it listens, on loopback.
    """
    home = data.path / "grafana"
    settings = WallSettings.model_validate(
        {
            "console_url": console_url,
            "alerts_url": f"{console_url}/v1/alerts/grafana",
            "alerts_secret": "$ALERTS_SECRET",
            "database_host": database,
            "database_password": "$WALL_READER_PASSWORD",
            "database_ssl": "disable",  # over loopback
        }
    )
    write_tree(settings, home / "provisioning")
    environment = {
        "ALERTS_SECRET": keep_secret(data, "alerts-secret"),
        "WALL_READER_PASSWORD": keep_secret(data, "wall-reader-password"),
        "GF_PATHS_DATA": str(home / "data"),
        "GF_PATHS_LOGS": str(home / "logs"),
        "GF_PATHS_PLUGINS": str(home / "plugins"),
        "GF_PATHS_PROVISIONING": str(home / "provisioning"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_LOG_MODE": "console",
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(home / "provisioning/boards/id/satulayar-dinding.json"),
    }
    command = (str(found.program), "server", "--homepath", str(found.home))
    return Program("grafana", command, data.log("grafana"), environment)
