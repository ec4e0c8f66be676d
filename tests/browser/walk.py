"""From an empty fleet to a commissioned box, with the crew's page in a real browser.

`python -m tests.browser.walk BROWSER-PYTHON [FOLDER]` makes a regency (database, broker, ingester, API, simulated
balena, a gauge on Modbus), lets the office work by its commands, starts the real agent from what lay in its parcel,
has a phone without network read the label (`scanning.py`), and sends a crew with a phone (`crew.py`) whose network is
cut half-way. Then it wants every piece in the database,
each once, and the box's signature on the report.

BROWSER-PYTHON has Playwright (`python -m venv /tmp/browser && /tmp/browser/bin/pip install playwright`); the Chromium
is the distribution's. Without FOLDER the pictures go into `docs/commissioning`, where the page is that shows them.
"""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from tests.browser.label_pictures import write_camera, write_photos
from tests.fix_edge import ModbusField, ParcelBox, wait_for
from tests.fix_people import PASSWORD
from tests.fix_walk import Office, one_gauge, open_office

DOCS = Path(__file__).resolve().parents[2] / "docs" / "commissioning"
CHROMIUM = "/usr/bin/chromium"
BOX = "KRT-01-a"
SENT = ["claim", "position", "photo", "exercise", "command", "position", "note", "done", "position"]
POSITIONS = [(-7.6603, 112.8502), (-7.6604, 112.8503), (-7.66, 112.85)]


def draw_photo(path: Path) -> Path:
    """Draw what a crew might photograph: 12 megapixels, as a phone makes them."""
    picture = np.full((3_000, 4_000, 3), (200, 180, 150), np.uint8)
    cv2.rectangle(picture, (1_200, 500), (2_800, 2_600), (90, 90, 95), -1)
    cv2.putText(picture, BOX, (1_400, 1_600), cv2.FONT_HERSHEY_SIMPLEX, 8, (240, 240, 240), 20)
    cv2.imwrite(str(path), picture)
    return path


def scan_label(office: Office, browser_python: str, label: str) -> None:
    """Have a phone whose browser reads no codes by itself read the label."""
    folder = office.home / "scanning"
    folder.mkdir()
    accounts.add_account(office.api.owner, "regu", "crew", "walk")
    accounts.choose_password(office.api.owner, "regu", PASSWORD, "walk")
    write_photos(label, folder)
    write_camera(label, folder / "camera.mjpeg")
    _browse(browser_python, "scanning.py", [office.api.url, f"regu:{PASSWORD}", label, folder, CHROMIUM])


def send_crew(office: Office, browser_python: str, label: str, folder: Path) -> dict:
    """Send a crew with a phone to the box; give what it typed."""
    photo = draw_photo(office.home / "photo.jpg")
    arguments = [office.api.url, f"regu:{PASSWORD}", label, photo, folder, CHROMIUM]
    return dict(json.loads(_browse(browser_python, "crew.py", arguments)))


def _browse(browser_python: str, script: str, arguments: list[object]) -> str:
    """Run a script of this folder in the Python that has Playwright; give what it prints."""
    command = [browser_python, str(Path(__file__).with_name(script)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def judge(office: Office, typed: dict, folder: Path) -> None:
    """Want everything that was typed in the database, each piece once, and the report signed by the box."""
    visit = office.api.get(f"/v1/crew/visits/{typed['visit']}", "crew").json()
    pieces = visit["pieces"]
    assert sorted(piece["kind"] for piece in pieces) == sorted(SENT), pieces
    assert not any(piece["rule"] for piece in pieces), pieces
    content = {piece["kind"]: piece["content"] for piece in pieces}
    assert content["note"] == {"text": typed["note"]}
    assert content["claim"]["hardware"] == typed["hardware"]
    places = [piece["content"] for piece in pieces if piece["kind"] == "position"]
    assert [(place["latitude"], place["longitude"]) for place in places] == POSITIONS
    standing = office.api.get(f"/v1/claims/{BOX}", "crew").json()
    assert [claim["hardware"] for claim in standing] == [typed["hardware"]]
    # A machine without a synchronised clock has one thing left to put right; the signature holds all the same.
    good = all(check["passed"] for check in json.loads(visit["reports"][0]["signed"]["document"])["checks"])
    checked = office.say("report", str(folder / "report.json"), "--to", str(folder / "report.pdf"), status=not good)
    assert "as it was signed, with a certificate of ours" in checked, checked
    (folder / "report.json").unlink()
    (folder / "report.pdf").unlink()


def walk(home: Path, browser_python: str, folder: Path) -> None:
    """Go the whole way."""
    authority = CertificateAuthority.open_or_create(home / "ca")
    field = ModbusField()
    field.tables["input"][0] = 1_234
    with (
        LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster,
        LocalBroker(home / "broker", authority) as broker,
    ):
        dsn = cluster.create_database("walk")
        with connect(dsn, "walk", autocommit=True) as connection:
            migrate(connection)
        with open_office(home, one_gauge(BOX, field.port), dsn, broker, authority) as office:
            office.say("registry", "--apply")
            office.say("apply")
            boot = office.write_parcel(BOX)
            with ParcelBox(home / "agent", boot, broker.port, host_interval_s=1) as agent:
                wait_for(lambda: agent.is_up() and agent.status()["connected"], 60)
                label = office.print_label(BOX).text()
                scan_label(office, browser_python, label)
                typed = send_crew(office, browser_python, label, folder)
            judge(office, typed, folder)
    field.close()


def main() -> None:
    browser_python, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else DOCS
    folder.mkdir(parents=True, exist_ok=True)
    with make_temporary_home() as home:
        walk(home, browser_python, folder)
    print(f"commissioned: nothing typed was lost, each piece is there once; pictures in {folder}")


if __name__ == "__main__":
    main()
