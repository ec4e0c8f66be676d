"""Live voice from mouth to horn: frames as a browser sends them, over API, broker and the real box, to a socket."""

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import find_free_port
from cloud.db.places import make_temporary_home
from edge.contract.announcements import FRAME_BYTES, FRAME_S
from tests.bench.marks import Figure, at_most
from tests.bench.operations import _is_ready, _program, _wait
from tests.bench.stack import Stack, run_stack
from tests.fix_edge import Box
from tests.fix_loudspeakers import Horns, speaker_place, speaker_site

Say = Callable[[str], None]

SPOKEN_S = 60.0
BATCH = 3  # frames of one request, as the page sends them
IN_FLIGHT = 6
MARK_MS = 400.0
BOX, HORN = "TD-01-a", "TD-01.speaker-1"


def measure(say: Say) -> Iterator[Figure]:
    """Speak for a minute and give the figures."""
    with make_temporary_home() as home, run_stack(home) as stack:
        horns = Horns()
        horn = horns.add(HORN)
        came: dict[bytes, float] = {}
        horn.on_frame = lambda frame: came.setdefault(frame, time.monotonic())
        _register(stack)
        ingester = stack.ingester()
        ingester.start()
        ingester.wait_connected()
        site = speaker_site(BOX, speaker_place(horn))
        box = Box(home / "box", BOX, stack.authority.ensure(BOX), stack.broker.port, site)
        try:
            with box, _api(stack) as (port, token):
                _wait(lambda: box.is_up() and box.status()["connected"])
                yield from _speak(_Api(port, token), came, say)
        finally:
            ingester.stop()
            horns.close()


class _Api:
    """Connections are kept, one for each thread, as a browser keeps six."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._own = threading.local()
        self._headers = {"Authorization": f"Bearer {token}"}

    def anew(self) -> "_Api":
        return _Api(self._port, self._token)

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        line = self._own.__dict__.setdefault("line", http.client.HTTPConnection("127.0.0.1", self._port, timeout=10))
        line.request(method, path, body, self._headers | {"Content-Type": kind})
        answer = line.getresponse()
        content = answer.read()
        assert answer.status < 300, content
        return json.loads(content) if content else None


def _speak(api: _Api, came: dict[bytes, float], say: Say) -> Iterator[Figure]:
    order = {"loudspeakers": [HORN], "reason": "pengukuran", "request_id": "bench"}
    began_s = time.monotonic()
    made = api.call("POST", "/v1/announcements/live", json.dumps(order).encode())["id"]
    _wait(lambda: api.call("GET", f"/v1/announcements/{made}")["places"][0]["state"] == "applied")
    yield Figure(
        "live voice: from the press to the word that one may speak",
        time.monotonic() - began_s,
        "s",
    )
    frames = [os.urandom(FRAME_BYTES) for _ in range(round(SPOKEN_S / FRAME_S))]
    say(f"speaking for {SPOKEN_S:.0f} s")
    mouth_s = time.monotonic()
    with ThreadPoolExecutor(IN_FLIGHT) as browser:
        for first in range(0, len(frames), BATCH):
            # A frame is there when its 20 ms have been spoken, a batch when its last frame is.
            time.sleep(max(0.0, mouth_s + (first + BATCH) * FRAME_S - time.monotonic()))
            path = f"/v1/announcements/{made}/voice?first={first}"
            part = b"".join(frames[first : first + BATCH])
            browser.submit(api.call, "POST", path, part, "application/octet-stream")
    api = api.anew()  # the server has closed what was idle for a minute
    api.call("POST", f"/v1/announcements/{made}/end")
    _wait(lambda: api.call("GET", f"/v1/announcements/{made}")["places"][0]["state"] in ("confirmed", "failed"))
    delays_ms = sorted(
        1_000 * (came[frame] - mouth_s - number * FRAME_S) for number, frame in enumerate(frames) if frame in came
    )
    what = "live voice, from the mouth to the horn's socket, a minute of frames"
    yield Figure(f"{what}: median", statistics.median(delays_ms), "ms")
    yield at_most(f"{what}: p99", delays_ms[int(0.99 * (len(delays_ms) - 1))], "ms", MARK_MS)
    yield at_most("live voice: frames that the horn never got", 100 * (1 - len(delays_ms) / len(frames)), "%", 1.0)


def _register(stack: Stack) -> None:
    with stack.connect() as connection:
        connection.execute("INSERT INTO site (code, name) VALUES ('TD-01', 'Simpang Taman Dayu')")
        connection.execute("INSERT INTO box (name, site_id) SELECT %s, id FROM site", [BOX])
        connection.execute(
            "INSERT INTO asset (code, box_id, site_id, kind) SELECT %s, id, site_id, 'loudspeaker' FROM box", [HORN]
        )


@contextmanager
def _api(stack: Stack) -> Iterator[tuple[int, str]]:
    port, identity = find_free_port(), stack.authority.ensure("api")
    with connect(stack.cluster.dsn("satulayar"), "bench", autocommit=True) as owner:
        token = accounts.create_token(owner, "bench", "admin", "bench")
    variables = {
        "DSN": stack.cluster.dsn("satulayar", "api"),
        "PORT": str(port),
        "BROKER_HOST": "localhost",
        "BROKER_PORT": str(stack.broker.service_port),
        "CA_FILE": str(identity.authority),
        "CERT_FILE": str(identity.certificate),
        "KEY_FILE": str(identity.key),
    }
    named = {f"SATULAYAR_API_{name}": value for name, value in variables.items()}
    with _program(stack, "api", ["cloud.api"], named):
        _wait(lambda: _is_ready(port))
        yield port, token
