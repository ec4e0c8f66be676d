"""A balena of the test's own: its API over HTTPS, and settings that lead there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from provisioning.balena import BalenaFleets
from provisioning.certificates import CertificateAuthority
from provisioning.desired import Desired
from provisioning.desired_files import read_desired
from provisioning.settings import ProvisionSettings
from simulators.balena.server import BalenaSimulator

QUICK_PER_MINUTE = 600_000


@pytest.fixture
def balena(authority: CertificateAuthority) -> Iterator[BalenaSimulator]:
    """A simulated balena with an organization and nothing in it."""
    identity = authority.ensure("balena-simulator", ["localhost", "127.0.0.1"])
    with BalenaSimulator(identity.certificate, identity.key) as simulator:
        yield simulator


@pytest.fixture
def open_balena(authority: CertificateAuthority) -> Iterator[BalenaSimulator]:
    """A simulated openBalena, which lacks what only balenaCloud has."""
    identity = authority.ensure("balena-simulator", ["localhost", "127.0.0.1"])
    with BalenaSimulator(identity.certificate, identity.key, edition="open") as simulator:
        yield simulator


@pytest.fixture
def balena_settings(balena: BalenaSimulator, authority: CertificateAuthority) -> ProvisionSettings:
    """Settings that lead to `balena`."""
    return settings_for(balena, authority)


def settings_for(
    balena: BalenaSimulator, authority: CertificateAuthority, per_minute: int = QUICK_PER_MINUTE
) -> ProvisionSettings:
    return ProvisionSettings(
        balena_url=balena.url,
        balena_token=balena.token,
        balena_ca_file=authority.certificate_file,
        requests_per_minute=per_minute,
        timeout_s=10,
    )


@pytest.fixture
def fleets(balena_settings: ProvisionSettings) -> BalenaFleets:
    """The adapter, on the line to `balena`."""
    return BalenaFleets(balena_settings, "pasuruan")


def variables_for(settings: ProvisionSettings) -> dict[str, str]:
    """Write settings as the environment of a command."""
    assert settings.balena_token is not None
    return {
        "SATULAYAR_PROVISION_BALENA_URL": settings.api_url,
        "SATULAYAR_PROVISION_BALENA_TOKEN": settings.balena_token.get_secret_value(),
        "SATULAYAR_PROVISION_BALENA_CA_FILE": str(settings.balena_ca_file),
        "SATULAYAR_PROVISION_REQUESTS_PER_MINUTE": str(settings.requests_per_minute),
    }


def regency(boxes: int = 2) -> dict:
    """A small regency: one fleet, one group, sites T0001, T0002 … with a box and a lamp panel each."""
    return {
        "regency": {
            "code": "pasuruan",
            "name": "Kabupaten Pasuruan",
            "organization": "pasuruan",
            "bounds": {"south": -8.5, "north": -7.5, "west": 112.5, "east": 113.5},
            "districts": ["Pandaan"],
            "settings": {"broker_host": "broker.example"},
        },
        "fleets": {"pole-boxes": {"device_type": "raspberrypi4-64"}},
        "groups": {"lamps": {"fleet": "pole-boxes"}},
        "sites": [site(number) for number in range(1, boxes + 1)],
    }


def site(number: int) -> dict:
    code = f"T{number:04}"
    return {
        "code": code,
        "name": f"Simpang {number}",
        "district": "Pandaan",
        "latitude": -7.6 - number / 10_000,
        "longitude": 112.7,
        "buses": {"lamps": {"host": f"10.{number // 250}.{number % 250}.21"}},
        "assets": [{"code": f"{code}.lamp-1", "profile": "lamp-panel", "bus": "lamps"}],
        "boxes": [{"name": f"{code}-a", "group": "lamps"}],
    }


Write = Callable[[dict], Path]


@pytest.fixture
def write_regency(tmp_path: Path) -> Write:
    """Write a regency as the file that the commands read; give the file."""

    def write(content: dict) -> Path:
        path = tmp_path / "regency" / "pasuruan.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write


@pytest.fixture
def desired_from(write_regency: Write) -> Callable[[dict], Desired]:
    """Read a regency from its file."""
    return lambda content: read_desired(write_regency(content))
