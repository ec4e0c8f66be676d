"""From a fallen tree to a verified end in the console, with a real browser: `make walk`.

`python -m tests.browser.console_walk BROWSER-PYTHON [FOLDER]` makes a room (database, API, engine of incidents, 2,200
cameras, three people and a crew) and sends a browser through it (`console.py`). Then it wants one incident, one
dispatch, one photo, every step in the log by who took it, and the audit chain whole. BROWSER-PYTHON has Playwright; the
Chromium is the distribution's. Pictures go into FOLDER, else into `build/console`.
"""

import hashlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import av
import cv2
import numpy as np

from cloud.api.settings import ApiSettings
from cloud.db import accounts, audit
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from tests.browser.walk import CHROMIUM, draw_photo
from tests.fix_api import serve
from tests.fix_database import as_role
from tests.fix_operations import Ground, engine_at, wait_until
from tests.fix_people import PASSWORD

FOLDER = Path(__file__).resolve().parents[2] / "build" / "console"
CAMERAS, SITES = 2_200, 700
LIMIT_S = 300
SENDER = "pusdalops@satulayar.invalid"
# A crew that is done with a photo has resolved it.
STEPS = [
    *("opened", "acknowledged", "dispatched", "accepted", "on_way", "arrived", "photographed", "done", "verified"),
]


def people(owner: Connection) -> None:
    """Make the accounts and the crew."""
    for name, role, agencies in (
        ("sari", "operator", ["disaster", "platform", "transport"]),
        ("budi", "head_of_shift", ["disaster"]),
        ("regu", "crew", ["disaster"]),
        ("admin", "admin", []),
    ):
        accounts.add_account(owner, name, role, "walk", agencies=agencies)  # type: ignore[arg-type]
        accounts.choose_password(owner, name, PASSWORD, "walk")
    owner.execute(
        "INSERT INTO crew (name, agency, skills, latitude, longitude, position_at) VALUES"
        " ('Regu BPBD 1', 'disaster', '{tree,flood}', -7.67, 112.7, now()),"
        " ('Regu Dishub 1', 'transport', '{signal}', -7.66, 112.69, now())"
    )
    owner.execute(
        "INSERT INTO crew_member SELECT crew.id, account.id FROM crew, account"
        " WHERE crew.name = 'Regu BPBD 1' AND account.name = 'regu'"
    )


def places(owner: Connection) -> Ground:
    """Make a regency's worth of places and cameras."""
    ground = Ground(owner, "")
    ground.place("TD-01", ("cam-1", "camera"), ("cabinet-1", "cabinet"))
    owner.execute(
        "INSERT INTO site (code, name, district, latitude, longitude)"
        " SELECT 'CAM-' || n, 'Titik kamera ' || n, 'Bangil', -7.8 + 0.2 * random(), 112.68 + 0.4 * random()"
        " FROM generate_series(1, %s) AS n",
        [SITES],
    )
    owner.execute("INSERT INTO box (name, site_id) SELECT code || '-a', id FROM site WHERE code LIKE 'CAM-%%'")
    owner.execute(
        "INSERT INTO asset (code, box_id, site_id, kind, name, expected_interval_s)"
        " SELECT site.code || '.cam-' || n, box.id, site.id, 'camera', 'Kamera ' || n, 60"
        " FROM generate_series(1, %s) AS n INNER JOIN site ON site.code = 'CAM-' || (1 + n %% %s)"
        " INNER JOIN box ON box.site_id = site.id",
        [CAMERAS - 1, SITES],
    )
    return ground


def fell_tree(ground: Ground) -> UUID:
    """Let a tree fall before a camera: the event, and its picture."""
    event = ground.event("obstacle.detected", "TD-01.cam-1", severity="critical")
    road = np.full((720, 1280, 3), (105, 100, 95), np.uint8)
    road[:300] = (210, 180, 150)
    cv2.line(road, (150, 640), (1_050, 380), (45, 75, 115), 42)
    cv2.circle(road, (1_030, 370), 130, (50, 120, 60), -1)
    add_media(ground, event, "image/jpeg", cv2.imencode(".jpg", road)[1].tobytes())
    return event


def add_film(ground: Ground, event: UUID) -> None:
    """Have the film of it come, in two parts; what the second shows is darker."""
    for position, grey in enumerate((160, 60)):
        add_media(ground, event, "video/mp4", draw_film(grey), position)


def draw_film(grey: int) -> bytes:
    """Make a second of H.264 in MP4."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.full((180, 320, 3), grey, np.uint8), format="bgr24")
            film.mux(stream.encode(picture))
        film.mux(stream.encode())
    return sink.getvalue()


def add_media(ground: Ground, event: UUID, content_type: str, content: bytes, position: int = 0) -> None:
    """Store a piece of evidence, as the ingester does."""
    ground.owner.execute(
        "INSERT INTO media (event_id, box_id, content_type, content, sha256, position)"
        " SELECT %s, id, %s, %s, %s, %s FROM box WHERE name = 'TD-01-a'",
        [event, content_type, content, hashlib.sha256(content).digest(), position],
    )


def send_browser(
    browser_python: str, url: str, folder: Path, photo: Path, ground: Ground, parts: Sequence[str]
) -> dict:
    """Send a browser through the console; give what it measured."""
    script = Path(__file__).with_name("console.py")
    order = [browser_python, *map(str, [script, url, PASSWORD, photo, folder, CHROMIUM, *parts])]
    with subprocess.Popen(order, stdout=subprocess.PIPE, text=True) as browser:
        assert browser.stdout
        if "tree" in parts:
            assert browser.stdout.readline().strip() == "ready"
            event = fell_tree(ground)
            assert browser.stdout.readline().strip() == "opened"
            add_film(ground, event)
        told = browser.stdout.read()
        assert browser.wait(LIMIT_S) == 0, told
    return dict(json.loads(told.splitlines()[-1]))


def judge(ground: Ground) -> None:
    """Want one incident with every step once, by whoever took it."""
    tree = ground.incidents("kind = 'fallen_tree'")
    assert [one["state"] for one in tree] == ["closed"], tree
    log = ground.log(tree[0]["id"])
    assert log == STEPS, log
    for table in ("dispatch", "incident_photo"):
        row = ground.owner.execute(f"SELECT count(*) FROM {table} WHERE incident_id = %s", [tree[0]["id"]]).fetchone()  # noqa: S608 - two names
        assert row == (1,), table
    assert audit.find_broken(ground.owner) == []


def walk(home: Path, browser_python: str, folder: Path) -> dict:
    """Go the whole way, in a room of its own."""
    with LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("walk")
        with connect(dsn, "walk", autocommit=True) as owner:
            migrate(owner)
        return walk_at(dsn, home, browser_python, folder, ("warning", "tree", "map"))


def walk_at(dsn: str, home: Path, browser_python: str, folder: Path, parts: Sequence[str]) -> dict:
    """Go some parts of the way, on a migrated database.

    Args:
        dsn: of the database, as its owner.
        home: for a photo.
        browser_python: has Playwright.
        folder: for pictures.
        parts: of `console.py`.
    """
    with connect(dsn, "walk", autocommit=True) as owner:
        people(owner)
        ground = places(owner)
        settings = ApiSettings(dsn=as_role(dsn, "api"), port=0, log_level="error", simulated=True, cap_sender=SENDER)
        with serve(settings) as (url, _), engine_at(dsn):
            ground.event("camera.covered", "TD-01.cam-1")
            wait_until(ground.incidents)
            photo = draw_photo(home / "photo.jpg")
            found = send_browser(browser_python, url, folder, photo, ground, parts)
        if "tree" in parts:
            judge(ground)
    return found


def main() -> None:
    browser_python, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()
    with make_temporary_home() as home:
        found = walk(home, browser_python, folder)
    print("\n".join(found["faults"]) or "no fault: one incident, from the tree to its verified end")
    print(f"{found['measured']}; {time.monotonic() - begun_s:.0f} s; pictures in {folder}")
    sys.exit(bool(found["faults"]))


if __name__ == "__main__":
    main()
