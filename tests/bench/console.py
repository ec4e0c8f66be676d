"""What the console's pages cost at the regency's size: 2,200 cameras at 700 places, 300 incidents in the queue.

Asked one after the other over HTTP with a person's session, as a browser does. How long a browser then takes to draw
the map is measured by `make walk`, which has one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx

from cloud.api.settings import ApiSettings
from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from tests.bench.marks import Figure, at_most
from tests.browser.console_walk import CAMERAS, SITES, people, places
from tests.fix_api import serve
from tests.fix_database import as_role
from tests.fix_people import PASSWORD

INCIDENTS, ROUNDS = 300, 30
PAGE_MS, MAP_MS = 500.0, 500.0
PATHS = {"the queue": "/incidents", "one incident": "/incidents/INS-0001", "the map's points": "/v1/map"}


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure the pages."""
    with make_temporary_home() as home, ExitStack() as stack:
        cluster = stack.enter_context(LocalCluster(home / "cluster", settings={"fsync": "off"}))
        dsn = cluster.create_database("bench")
        owner = stack.enter_context(connect(dsn, "bench", autocommit=True))
        migrate(owner)
        people(owner)
        places(owner)
        owner.execute("ANALYZE")
        url, _ = stack.enter_context(serve(ApiSettings(dsn=as_role(dsn, "api"), port=0, log_level="error")))
        browser = stack.enter_context(httpx.Client(base_url=url, headers={"Origin": url}, timeout=30))
        _take_calls(browser)
        say(f"{CAMERAS} cameras at {SITES} places, {INCIDENTS} incidents")
        for name, path in PATHS.items():
            yield from _ask(browser, name, path)


def _take_calls(browser: httpx.Client) -> None:
    me = browser.post("/v1/session", json={"name": "admin", "password": PASSWORD}).json()
    for number in range(INCIDENTS):
        call = {"kind": "lamp_out", "place": f"CAM-{number + 1}", "text": "padam", "request_id": f"bench-{number}"}
        taken = browser.post("/v1/incidents", json=call, headers={"X-CSRF-Token": me["csrf"]})
        assert taken.status_code == 201, taken.text


def _ask(browser: httpx.Client, name: str, path: str) -> Iterator[Figure]:
    took_ms = []
    for _ in range(ROUNDS):
        begun_s = time.perf_counter()
        answer = browser.get(path)
        took_ms.append((time.perf_counter() - begun_s) * 1_000)
        assert answer.status_code == 200, answer.text
    took_ms.sort()
    most = MAP_MS if path == "/v1/map" else PAGE_MS
    yield Figure(f"{name}, median of {ROUNDS}", took_ms[ROUNDS // 2], "ms")
    yield at_most(f"{name}, slowest of {ROUNDS}", took_ms[-1], "ms", most)
    yield Figure(f"{name}, octets", len(answer.content), "By")
