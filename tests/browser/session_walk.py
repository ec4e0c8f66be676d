"""A crew's phone whose session ends, and the pages of access, with a real browser.

`python -m tests.browser.session_walk BROWSER-PYTHON [FOLDER]` makes a room (database, API, two crews, an order) and
sends a browser through it (`phone_session.py`). Pictures go into FOLDER, else into `build/sessions`.
"""

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx

from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from tests.browser.console_walk import people
from tests.browser.walk import CHROMIUM
from tests.fix_api import serve
from tests.fix_database import as_role
from tests.fix_operations import Ground
from tests.fix_people import PASSWORD

FOLDER = Path(__file__).resolve().parents[2] / "build" / "sessions"
LIMIT_S = 240


def order_crew(url: str, token: str) -> None:
    """Take a call and send the crew there."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as room:
        call = {"request_id": str(uuid4()), "kind": "flood_stage", "text": "air naik", "place": "TD-01"}
        taken = room.post("/v1/incidents", json=call)
        assert taken.is_success, taken.text
        sent = room.post(f"/v1/incidents/{taken.json()['incident']}/dispatch", json={"crew": "Regu BPBD 1"})
        assert sent.is_success, sent.text


def walk(home: Path, browser_python: str, folder: Path) -> list[str]:
    """Go the whole way."""
    with LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("walk")
        with connect(dsn, "walk", autocommit=True) as owner:
            migrate(owner)
            people(owner)
            accounts.add_account(owner, "regu-lain", "crew", "walk", agencies=["disaster"])
            accounts.choose_password(owner, "regu-lain", PASSWORD, "walk")
            Ground(owner, "").place("TD-01", ("cam-1", "camera"))
            token = accounts.create_token(owner, "pusat", "admin", "walk")
            with serve(ApiSettings(dsn=as_role(dsn, "api"), port=0, log_level="error", simulated=True)) as (url, _):
                order_crew(url, token)
                script = Path(__file__).with_name("phone_session.py")
                order = [browser_python, *map(str, [script, url, PASSWORD, folder, CHROMIUM])]
                done = subprocess.run(order, capture_output=True, text=True, timeout=LIMIT_S, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
    return list(json.loads(done.stdout.splitlines()[-1])["faults"])


def main() -> None:
    browser_python, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with make_temporary_home() as home:
        faults = walk(home, browser_python, folder)
    print("\n".join(faults) or f"no fault: what was pressed was sent once, in its own name; pictures in {folder}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
