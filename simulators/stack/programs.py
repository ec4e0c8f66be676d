"""Which programs the local stack is made of, with their settings."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from provisioning.certificates import Identity
from simulators.regency.derive import is_port_free
from simulators.services.server import COMPLAINTS_TOKEN
from simulators.stack.data import DataDirectory
from simulators.stack.keeper import Program

HOST = "127.0.0.1"
PUSHED = "flood_posts"  # the module whose service pushes


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen on loopback; boxes by name."""

    api: int
    ingest_metrics: int
    boxes: Mapping[str, int]
    rtsp: int
    grafana: int
    bmkg: int
    services: int


def choose_ports(api_port: int, boxes: list[str], rtsp_port: int) -> Ports:
    """Choose the ports of a run: the wanted ones for API and cameras where they are free, any free one for the rest."""
    api = api_port if api_port and is_port_free(api_port) else 0
    rtsp = rtsp_port if is_port_free(rtsp_port) else 0
    free = _free_ports(6 + len(boxes))
    return Ports(api or free[0], free[1], dict(zip(boxes, free[6:], strict=True)), rtsp or free[2], *free[3:6])


def world_program(data: DataDirectory, regency: Path, arguments: tuple[str, ...]) -> Program:
    """The Modbus devices."""
    command = (sys.executable, "-m", "simulators", "world", "--data", str(data.path), "--regency", str(regency))
    return Program("world", (*command, *arguments), data.log("world"))


def city_program(data: DataDirectory, regency: Path, arguments: tuple[str, ...]) -> Program:
    """Traffic and signal controllers."""
    command = (sys.executable, "-m", "simulators", "city", "--data", str(data.path), "--regency", str(regency))
    return Program("city", (*command, *arguments), data.log("city"))


def cameras_program(data: DataDirectory, regency: Path, arguments: tuple[str, ...]) -> Program:
    """Cameras as RTSP streams."""
    command = (sys.executable, "-m", "simulators", "cameras", "--data", str(data.path), "--regency", str(regency))
    return Program("cameras", (*command, *arguments), data.log("cameras"))


def loudspeakers_program(data: DataDirectory, regency: Path, arguments: tuple[str, ...]) -> Program:
    """Loudspeakers as network horns."""
    command = (sys.executable, "-m", "simulators", "loudspeakers", "--data", str(data.path), "--regency", str(regency))
    return Program("loudspeakers", (*command, *arguments), data.log("loudspeakers"))


def services_program(data: DataDirectory, port: int, registry_dsn: str, api_url: str, push_token: str) -> Program:
    """The public services: what modules ask over HTTP, their files, their database, and what they push."""
    command = (sys.executable, "-m", "simulators", "services", "--port", str(port), "--registry-dsn", registry_dsn)
    push_url = f"{api_url}/v1/modules/{PUSHED}/figures"
    places = ("--aid-folder", str(data.drop / "social_aid"), "--push-url", push_url)
    environment = {"SATULAYAR_SIM_PUSH_TOKEN": push_token}
    return Program("services", (*command, *places), data.log("services"), environment)


def modules_program(data: DataDirectory, dsn: str, services_url: str, registry_url: str) -> Program:
    """What keeps the modules' figures; it finds the simulated services as it would find real ones."""
    environment = {
        "SATULAYAR_MODULES_DSN": dsn,
        "SATULAYAR_MODULES_DROP_FOLDER": str(data.drop),
        "SATULAYAR_MODULES_ALLOWED_HOSTS": HOST,
        "SOURCE_HOSPITAL_BEDS_URL": services_url,
        "SOURCE_REVENUE_URL": services_url,
        "SOURCE_COMPLAINTS_URL": services_url,
        "SOURCE_COMPLAINTS_TOKEN": COMPLAINTS_TOKEN,
        "SOURCE_POPULATION_DSN": registry_url,
    }
    return Program("modules", (sys.executable, "-m", "cloud.modules", "work"), data.log("modules"), environment)


def ingest_program(
    data: DataDirectory, dsn: str, broker_port: int, broker_log: Path, identity: Identity, metrics_port: int
) -> Program:
    """The ingester."""
    environment = {
        "SATULAYAR_INGEST_DATABASE": dsn,
        "SATULAYAR_INGEST_BROKER_HOST": "localhost",
        "SATULAYAR_INGEST_BROKER_PORT": str(broker_port),
        "SATULAYAR_INGEST_BROKER_LOG": str(broker_log),
        "SATULAYAR_INGEST_CA_FILE": str(identity.authority),
        "SATULAYAR_INGEST_CERT_FILE": str(identity.certificate),
        "SATULAYAR_INGEST_KEY_FILE": str(identity.key),
        "SATULAYAR_INGEST_INSTANCE": "demo",
        "SATULAYAR_INGEST_METRICS_PORT": str(metrics_port),
    }
    return Program("ingester", (sys.executable, "-m", "cloud.ingest"), data.log("ingester"), environment)


def maintain_program(data: DataDirectory, dsn: str) -> Program:
    """Rollups and retention."""
    command = (sys.executable, "-m", "cloud.db", "maintain")
    return Program("maintain", command, data.log("maintain"), {"SATULAYAR_DB_DSN": dsn})


def operations_program(data: DataDirectory, dsn: str) -> Program:
    """What makes incidents of what sources say."""
    environment = {"SATULAYAR_OPERATIONS_DSN": dsn}
    return Program(
        "operations", (sys.executable, "-m", "cloud.operations", "work"), data.log("operations"), environment
    )


def bmkg_program(data: DataDirectory, regency: Path, arguments: tuple[str, ...]) -> Program:
    """A simulated BMKG."""
    command = (sys.executable, "-m", "simulators", "bmkg", "--data", str(data.path), "--regency", str(regency))
    return Program("bmkg", (*command, *arguments), data.log("bmkg"))


def warnings_program(data: DataDirectory, dsn: str, bmkg_port: int) -> Program:
    """What reads BMKG's feeds."""
    root = f"http://{HOST}:{bmkg_port}"
    environment = {
        "SATULAYAR_WARNINGS_DSN": dsn,
        "SATULAYAR_WARNINGS_WEATHER_URL": f"{root}/alerts/nowcast/id",
        "SATULAYAR_WARNINGS_EARTHQUAKE_URLS": f"{root}/DataMKG/TEWS/gempadirasakan.json",
        "SATULAYAR_WARNINGS_ALLOWED_HOSTS": HOST,
        "SATULAYAR_WARNINGS_EVERY_S": "10",
    }
    return Program("warnings", (sys.executable, "-m", "cloud.warning", "work"), data.log("warnings"), environment)


def api_program(
    data: DataDirectory, dsn: str, port: int, broker_port: int, identity: Identity, alerts_secret: str
) -> Program:
    """The API, with a line to the broker for commands, and a secret by which it knows the wall's alarms."""
    environment = {
        "SATULAYAR_API_DSN": dsn,
        "SATULAYAR_API_HOST": HOST,
        "SATULAYAR_API_PORT": str(port),
        "SATULAYAR_API_SIMULATED": "true",
        "SATULAYAR_API_CAP_SENDER": "simulasi@satulayar.invalid",
        "SATULAYAR_API_CAP_SENDER_NAME": "Kabupaten Pasuruan (simulasi)",
        "SATULAYAR_API_ALERTS_SECRET": alerts_secret,
        "SATULAYAR_API_BROKER_HOST": "localhost",
        "SATULAYAR_API_BROKER_PORT": str(broker_port),
        "SATULAYAR_API_CA_FILE": str(identity.authority),
        "SATULAYAR_API_CERT_FILE": str(identity.certificate),
        "SATULAYAR_API_KEY_FILE": str(identity.key),
        "SATULAYAR_API_BOX_CA_FILE": str(identity.authority),
        "SATULAYAR_API_BOX_CRL_FILE": str(identity.authority.with_name("crl.pem")),
    }
    return Program("api", (sys.executable, "-m", "cloud.api"), data.log("api"), environment)


def with_speech(api: Program, program: Path | None) -> Program:
    """The API with a program that speaks texts; None where there is none."""
    return replace(api, environment=dict(api.environment) | {"SATULAYAR_API_SPEECH_PROGRAM": str(program or "")})


def box_program(data: DataDirectory, box: str, variables: Mapping[str, str]) -> Program:
    """One box with the real agent, which takes its parcel as one at the roadside does.

    Args:
        data: where its files are; on a real box the composition says so (`firmware-config/fleet`).
        box: its name.
        variables: that balena starts it with.
    """
    home = data.box(box)
    environment = {
        "SATULAYAR_EDGE_PARCEL_DIR": str(home / "boot"),
        "SATULAYAR_EDGE_IDENTITY_DIR": str(home / "identity"),
        "SATULAYAR_EDGE_OUTBOX_DIR": str(home / "outbox"),
        "SATULAYAR_EDGE_VISION_DIR": str(home / "vision"),
        "SATULAYAR_CAMERA_LOGIN": "room:simulated",  # of simulated cameras, see simulators/cameras
        "SATULAYAR_SNMP_COMMUNITY": "private",  # of simulated controllers, see simulators/ntcip
    }
    return Program(box, (sys.executable, "-m", "edge"), data.log(box), environment | dict(variables))


def _free_ports(count: int) -> list[int]:
    """Find ports that are free now; all are held until the last is found, so that none comes twice."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
