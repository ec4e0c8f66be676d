"""A new service from an empty folder to its figure on the wall, as its page says, with no other file touched."""

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from grafana.macros import Span, expand
from grafana.queries import of_dashboard
from tests.fix_database import as_role

ROOT = Path(__file__).parents[2]
README = ROOT / "cloud" / "modules" / "README.md"
MOST_S = 60.0  # of the machine's time; the rest of the ten minutes is for reading and typing


@pytest.fixture
def source() -> Iterator[str]:
    """The service's own file on a server, as the page's example describes it."""
    today = datetime.now(UTC) + timedelta(hours=7)
    body = f"Tanggal;Kecamatan;Sampah Terangkut (ton)\n{today:%d/%m/%Y};Bangil;41,5\n{today:%d/%m/%Y};Pandaan;38,25\n"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            octets = body.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sampah.csv"
    server.shutdown()
    server.server_close()
    thread.join()


def _example() -> str:
    """Take the manifest out of the page: what is printed there must work."""
    found = re.search(r"```yaml\n(title: \{id: Sampah.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found, "the page has no example"
    return found[1]


def _run(module: str, *arguments: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _digest() -> str:
    """Sum up every file of the repository that a person might have to touch."""
    found = hashlib.sha256()
    for folder in ("cloud", "grafana", "edge", "simulators", "provisioning", "firmware-config"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(path.as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def test_module_when_written_as_its_page_says_then_its_figure_is_on_the_wall_within_minutes(database, source, tmp_path):
    before, began_s = _digest(), time.monotonic()
    folder = tmp_path / "modules"
    environment = {
        "SATULAYAR_MODULES_DSN": as_role(database, "modules"),
        "SATULAYAR_MODULES_MORE_FOLDERS": str(folder),
        "SATULAYAR_MODULES_ALLOWED_HOSTS": "127.0.0.1",
        "SATULAYAR_MODULES_DROP_FOLDER": str(tmp_path / "drop"),
        "SATULAYAR_GRAFANA_MODULE_FOLDERS": str(folder),
    }
    folder.mkdir()
    with (tmp_path / "work.log").open("wb") as log:
        command = [sys.executable, "-m", "cloud.modules", "work"]
        worker = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        (folder / "waste").mkdir()
        text = _example().replace("https://dlh.example/sampah.csv", source)
        (folder / "waste" / "module.yaml").write_text(text, encoding="utf-8")
        assert "in order" in _run("cloud.modules", "check", str(folder / "waste"), environment=environment)
        boards = tmp_path / "wall"
        _run("grafana", "export", str(boards), environment=environment)
        board = json.loads((boards / "boards" / "id" / "satulayar-layanan.json").read_text(encoding="utf-8"))
        (query,) = [
            one for one in of_dashboard(board) if "'waste_taken'" in one.sql and "wall.indicator WHERE" in one.sql
        ]
        now = datetime.now(UTC)
        shown: list[Any] = []
        with psycopg.connect(as_role(database, "wall_reader"), autocommit=True) as wall:
            while not shown and time.monotonic() - began_s < MOST_S:
                time.sleep(0.2)
                shown = wall.execute(expand(query.sql, Span(now, now), {"district": "35.14.14"}).encode()).fetchall()
            place = "SELECT district, value FROM wall.district_figure WHERE module = 'waste' ORDER BY 1"
            assert wall.execute(place).fetchall() == [("Bangil", 41.5), ("Pandaan", 38.25)]
    finally:
        worker.terminate()
        worker.wait()
    assert shown, (tmp_path / "work.log").read_text()
    assert shown[0][0] == 79.75
    assert time.monotonic() - began_s < MOST_S
    assert _digest() == before
