"""An empty regency: an office with its commands, a centre (database, broker, ingester, API), a simulated balena."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.tokens import ROLES
from provisioning.__main__ import app
from provisioning.boot_image import read_from_image
from provisioning.centre import Centre
from provisioning.certificates import CertificateAuthority
from provisioning.claims import Label, make_label
from provisioning.errors import ProvisioningError
from provisioning.settings import ProvisionSettings
from simulators.balena.server import BalenaSimulator
from simulators.broker import LocalBroker
from tests.bench.stack import Ingester
from tests.fix_api import RunningApi, serve
from tests.fix_balena import regency, settings_for, variables_for
from tests.fix_database import as_role
from tests.fix_images import make_image
from tests.fix_room import room_settings


@dataclass
class Office:
    """Gives commands, in a folder of its own.

    Attributes:
        home: the folder.
        files: the desired state.
        api: the centre's API.
        balena: the simulated one.
        broker: the centre's.
        settings: of the commands.
    """

    home: Path
    files: Path
    api: RunningApi
    balena: BalenaSimulator
    broker: LocalBroker
    authority: CertificateAuthority
    settings: ProvisionSettings

    def say(self, *words: str, status: int = 0) -> str:
        """Give a command of `satulayar-provision` the options that it knows; give what it printed.

        In this process: a dozen commands would spend most of their time importing the same packages.
        """
        command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in parameter.opts}
        places = {"--files": self.files, "--directory": self.authority.directory}
        options = [str(part) for name, value in places.items() if name in known for part in (name, value)]
        done = CliRunner().invoke(app, [*words, *options], env=self.variables())
        is_refused = isinstance(done.exception, ProvisioningError)
        if done.exception and not is_refused and not isinstance(done.exception, SystemExit):
            raise done.exception
        said = done.output + (str(done.exception) if is_refused else "")
        assert done.exit_code == status, said
        return said

    def variables(self) -> dict[str, str]:
        """Write the settings as the environment of a command."""
        assert self.settings.centre_token is not None
        return variables_for(self.settings) | {
            "SATULAYAR_PROVISION_BROKER_HOST": "localhost",
            "SATULAYAR_PROVISION_BROKER_PORT": str(self.broker.service_port),
            "SATULAYAR_PROVISION_BROKER_RELOAD": f"kill -HUP {self.broker.pid}",
            "SATULAYAR_PROVISION_CENTRE_URL": str(self.settings.centre_url),
            "SATULAYAR_PROVISION_CENTRE_TOKEN": self.settings.centre_token.get_secret_value(),
        }

    def variables_of(self, box: str) -> dict[str, str]:
        """Give the box's own variables as balena starts it with them, by the names of the settings."""
        device = next(row["id"] for row in self.balena.rows("device") if row["device_name"] == box)
        rows = [row for row in self.balena.rows("device_environment_variable") if row["device"] == device]
        return {row["name"].removeprefix("SATULAYAR_EDGE_").lower(): row["value"] for row in rows}

    def print_label(self, box: str) -> Label:
        """Make the label of a box and give what a crew sees on it; the command prints it without telling."""
        label = make_label("pasuruan", box)
        Centre(self.settings).add_labels([label])
        return label

    def write_parcel(self, box: str) -> Path:
        """Write a box's parcel into an image; give its boot partition as the start-up service sees it."""
        image = make_image(self.home / "balena.img")
        self.say("parcel", box, "--image", str(image), "--to", str(self.home / "card.img"))
        boot = self.home / "boot"
        (boot / "satulayar").mkdir(parents=True)
        for name in ("site.yaml", "ca.crt", "box.crt", "box.key"):
            (boot / "satulayar" / name).write_bytes(read_from_image(self.home / "card.img", f"satulayar/{name}"))
        return boot


@contextmanager
def open_office(
    home: Path, content: dict, dsn: str, broker: LocalBroker, authority: CertificateAuthority
) -> Iterator[Office]:
    """Run a centre on an empty, migrated database, and give the office that works with it."""
    files = home / "pasuruan.yaml"
    files.write_text(yaml.safe_dump(content, sort_keys=False))
    identity = authority.ensure("balena-simulator", ["localhost", "127.0.0.1"])
    share = uuid4().hex[:12]
    address = (broker.host, broker.service_port)
    ingester = Ingester(f"walk-{share}", as_role(dsn, "ingest"), address, authority, home / "log", {"SHARE": share})
    with (
        connect(dsn, "test", autocommit=True) as owner,
        BalenaSimulator(identity.certificate, identity.key) as balena,
        serve(room_settings(dsn, broker.service_port, authority, simulated=True)) as (url, server),
    ):
        tokens = {role: accounts.create_token(owner, f"its-{role}", role, "test") for role in ROLES}
        settings = settings_for(balena, authority).model_copy(update={"centre_url": url})
        settings = ProvisionSettings(**(settings.model_dump() | {"centre_token": tokens["admin"]}))
        ingester.start()
        try:
            ingester.wait_connected()
            api = RunningApi(url, dsn, owner, tokens, server)
            yield Office(home, files, api, balena, broker, authority, settings)
        finally:
            ingester.stop()


def one_gauge(box: str, port: int) -> dict:
    """A regency of one site with a gauge and its siren."""
    code = box.rpartition("-")[0]
    content = regency(1)
    place = {"code": code, "name": "Kali Welang", "district": "Kraton", "latitude": -7.66, "longitude": 112.85}
    buses = {"gauge": {"host": "127.0.0.1", "port": port}}
    assets = [{"code": f"{code}.gauge-1", "name": "Pos duga air Welang", "profile": "river-gauge", "bus": "gauge"}]
    content["regency"]["districts"] = ["Kraton"]
    content["sites"] = [place | {"buses": buses, "assets": assets, "boxes": [{"name": box, "group": "lamps"}]}]
    return content


@pytest.fixture
def make_office(
    cluster: LocalCluster, migrated_template: str, broker: LocalBroker, authority: CertificateAuthority, tmp_path: Path
) -> Iterator:
    """Open an office for a regency: `with make_office(content) as office`."""
    names: list[str] = []

    def make(content: dict):
        names.append(f"walk_{uuid4().hex[:12]}")
        dsn = cluster.create_database(names[-1], migrated_template)
        return open_office(tmp_path, content, dsn, broker, authority)

    yield make
    for name in names:
        cluster.drop_database(name)
