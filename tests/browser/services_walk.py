"""A table from an office to the wall in the console, with a real browser: by keyboard alone, and dragged.

`python -m tests.browser.services_walk BROWSER-PYTHON [FOLDER]` makes a database, an API, a service and its owner, and
sends a browser through it (`services.py`). BROWSER-PYTHON has Playwright; the Chromium is the distribution's. Pictures
go into FOLDER, else into `build/services`.
"""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.modules.manifest import Manifest
from cloud.modules.store import put_districts, register
from tests.browser.walk import CHROMIUM
from tests.fix_api import serve
from tests.fix_database import as_role
from tests.fix_people import PASSWORD

FOLDER = Path(__file__).resolve().parents[2] / "build" / "services"
LIMIT_S = 240
MODULE = "bansos"
_MANIFEST = """
title: {id: Bantuan sosial, en: Social aid}
owner: Dinas Sosial
contact: bidang bantuan
legal_basis: UU 13/2011
period: quarter
fresh_for: 100d
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators: {families: {title: {id: Keluarga, en: Families}, unit: "{family}", dimensions: [district], people: true}}
source:
  kind: upload
  mapping: {true_at: Triwulan, keys: {district: {column: Kecamatan}}, values: {families: KPM}}
"""


def main() -> None:
    browser, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with make_temporary_home() as home, LocalCluster(home / "cluster") as cluster:
        dsn = cluster.create_database("services", "template0")
        with connect(dsn, "walk", autocommit=True) as owner:
            migrate(owner)
            accounts.add_account(owner, "dinsos", "module_owner", "walk")
            accounts.choose_password(owner, "dinsos", PASSWORD, "walk")
            put_districts(owner, iter([("35.14.14", "Bangil"), ("35.14.11", "Pandaan")]))
            register(owner, MODULE, Manifest.model_validate(yaml.safe_load(_MANIFEST)))
        with serve(ApiSettings(dsn=as_role(dsn, "api"), port=0, log_level="error")) as (url, _):
            script = Path(__file__).with_name("services.py")
            told = subprocess.run(
                [browser, script, url, PASSWORD, MODULE, folder, CHROMIUM], stdout=subprocess.PIPE, timeout=LIMIT_S,
                check=True,
            )  # fmt: skip
    faults = json.loads(told.stdout)["faults"]
    print(*(faults or [f"in order; pictures in {folder}"]), sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
