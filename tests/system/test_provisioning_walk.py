"""From an empty fleet to a commissioned box: the commands as the office and the crew give them, and a real agent.

Real: balena's SDK on a socket, the broker, the agent started from what lay in its parcel. Simulated: balena, the
device on the bus, and the cloud's receipts.
"""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from provisioning.boot_image import read_from_image
from provisioning.certificates import CertificateAuthority
from provisioning.claims import ClaimBook
from provisioning.settings import ProvisionSettings
from simulators.balena.server import BalenaSimulator
from simulators.broker import LocalBroker
from tests.fix_balena import Write, regency, variables_for
from tests.fix_edge import Cloud, ModbusField, ParcelBox, wait_for
from tests.fix_images import make_image


class Office:
    """Gives commands, in a folder of its own."""

    def __init__(self, home: Path, settings: ProvisionSettings, files: Path, authority: CertificateAuthority) -> None:
        self.home = home
        self.book = home / "claims.sqlite"
        self._environment = os.environ | variables_for(settings)
        self._places = {
            "--files": files,
            "--directory": authority.directory,
            "--book": self.book,
        }

    def say(self, *words: str, status: int = 0) -> str:
        """Run `satulayar-provision` with the options that the command knows; give what it printed."""
        known = subprocess.run(
            [sys.executable, "-m", "provisioning", words[0], "--help"], capture_output=True, text=True, check=True
        ).stdout
        options = [str(part) for name, value in self._places.items() if name in known for part in (name, value)]
        done = subprocess.run(
            [sys.executable, "-m", "provisioning", *words, *options],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout


def one_gauge(box: str, port: int) -> dict:
    """A regency of one site with a gauge."""
    code = box.rpartition("-")[0]
    content = regency(1)
    place = {"code": code, "name": "Kali Welang", "district": "Pandaan", "latitude": -7.66, "longitude": 112.85}
    buses = {"gauge": {"host": "127.0.0.1", "port": port}}
    assets = [{"code": f"{code}.gauge-1", "profile": "river-gauge", "bus": "gauge"}]
    content["sites"] = [place | {"buses": buses, "assets": assets, "boxes": [{"name": box, "group": "lamps"}]}]
    return content


def mount(image: Path, to: Path) -> Path:
    """Stand in for the boot partition as the start-up service sees it: root alone could mount the image."""
    for name in ("site.yaml", "ca.crt", "box.crt", "box.key"):
        (to / "satulayar").mkdir(parents=True, exist_ok=True)
        (to / "satulayar" / name).write_bytes(read_from_image(image, f"satulayar/{name}"))
    return to


def test_walk_when_fleet_is_empty_then_ends_with_a_commissioned_box(
    balena: BalenaSimulator,
    balena_settings: ProvisionSettings,
    write_regency: Write,
    authority: CertificateAuthority,
    broker: LocalBroker,
    cloud: Cloud,
    field: ModbusField,
    box_name: str,
    tmp_path: Path,
) -> None:
    field.tables["input"][0] = 1_234
    office = Office(tmp_path, balena_settings, write_regency(one_gauge(box_name, field.port)), authority)

    office.say("apply")
    assert [row["device_name"] for row in balena.rows("device")] == [box_name]
    office.say("labels", str(tmp_path / "labels.pdf"))
    label = ClaimBook(office.book).issue("pasuruan", box_name, datetime.now(UTC))
    image = make_image(tmp_path / "balena.img")
    office.say("parcel", box_name, "--image", str(image), "--to", str(tmp_path / "card.img"))
    boot = mount(tmp_path / "card.img", tmp_path / "boot")

    refused = office.say("commission", box_name, "--url", "http://127.0.0.1:1", status=1)
    assert refused == ""
    office.say("claim", label.text(), "--hardware", "pi-7", "--by", "budi")

    with ParcelBox(tmp_path / "agent", boot, broker.port, host_interval_s=1) as agent:
        wait_for(lambda: agent.is_up() and agent.status()["connected"], 60)
        assert agent.status()["box"] == box_name
        assert not (boot / "satulayar" / "box.key").exists()
        url = f"http://127.0.0.1:{agent.health_port}"
        # A machine of tests may have no synchronised clock; everything else must be in order.
        clock_is_good = "clock_offset" in agent.status()["latest"]
        printed = office.say(
            *("commission", box_name, "--url", url, "--by", "budi", "--to", str(tmp_path / "reports")),
            *("--tried", f"{box_name.rpartition('-')[0]}.gauge-1"),
            *("--within-s", "60" if clock_is_good else "20"),
            status=0 if clock_is_good else 1,
        )
    assert set(re.findall(r"GAGAL ([^:]+):", printed)) <= {"clock"}
    report = json.loads(next((tmp_path / "reports").glob("*.json")).read_text())
    assert (report["box"], report["hardware"], report["by"]) == (box_name, "pi-7", "budi")
    signed = json.loads(report["signed"]["document"])
    assert {check["name"] for check in report["checks"] + signed["checks"] if check["passed"]} >= {
        "claim",
        "site file",
        f"siren {report['site']}.gauge-1 by hand",
        f"asset {report['site']}.gauge-1",
        "broker",
        "round trip with receipt",
        "certificate",
    }
    checked = office.say("report", str(next((tmp_path / "reports").glob("*.json"))), status=0 if clock_is_good else 1)
    assert "as it was signed, with a certificate of ours" in checked
    assert next((tmp_path / "reports").glob("*.pdf")).read_bytes().startswith(b"%PDF-")
