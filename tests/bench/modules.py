"""Modules: a million rows of a CSV backfilled by the command itself, and two hundred modules due in the same second."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import psycopg
import yaml

from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from tests.bench.marks import Figure, at_least, at_most
from tests.fix_database import as_role

ROWS = 1_000_000
MODULES = 200
SERVICE_S = 0.05  # that a source takes to answer
TICK_TIMEOUT_S = 90
MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()  # noqa: SIM905
CODES = [f"K{number:03}" for number in range(100)]
_HEAD: dict[str, Any] = {
    "title": {"id": "Uji", "en": "Test"},
    "owner": "uji",
    "contact": "uji",
    "legal_basis": "uji",
    "fresh_for": "2h",
    "dimensions": {
        "kind": {"title": {"id": "Jenis", "en": "Kind"}, "values": {code: {"id": code, "en": code} for code in CODES}}
    },
    "indicators": {"count": {"title": {"id": "Jumlah", "en": "Count"}, "unit": "{row}", "dimensions": ["kind"]}},
}
_MAPPING = {"true_at": "Tanggal", "keys": {"kind": {"column": "Jenis"}}, "values": {"count": "Jumlah"}}


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures, from a cluster of its own that goes away."""
    with make_temporary_home() as home, LocalCluster(home / "cluster") as cluster, _Source() as source:
        dsn = cluster.create_database("bench", "template0")
        with connect(dsn, "bench", autocommit=True) as connection:
            migrate(connection)
            say(f"modules: {ROWS:,} rows of CSV by `satulayar-modules backfill`")
            yield from _backfill(connection, dsn, source, home)
            say(f"modules: {MODULES} of them every minute in one process, each source answering after {SERVICE_S} s")
            yield from _schedule(connection, dsn, source, home)


class _Source:
    """Serves the table, and a small one to everybody else."""

    def __init__(self) -> None:
        self.table = b""
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/table"):
                    body = source.table
                else:
                    time.sleep(SERVICE_S)
                    now = f"{time.time():.0f}"
                    body = "\n".join(
                        ["Tanggal;Jenis;Jumlah", *(f"22 April 2025;{c};{now}" for c in CODES[:20])]
                    ).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 512

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _write(folder: Path, name: str, url: str, **more: Any) -> None:
    source = {"kind": "http_csv", "url": url, "mapping": _MAPPING, "most_bytes": 500_000_000, "timeout_s": 600}
    (folder / name).mkdir(parents=True)
    (folder / name / "module.yaml").write_text(yaml.safe_dump(_HEAD | {"period": "day", "source": source} | more))


def _environment(dsn: str, folder: Path) -> dict[str, str]:
    settings = {
        "DSN": as_role(dsn, "modules"),
        "FOLDERS": str(folder),
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "error",
    }
    return os.environ | {f"SATULAYAR_MODULES_{name}": value for name, value in settings.items()}


def _backfill(connection: psycopg.Connection[Any], dsn: str, source: _Source, home: Path) -> Iterator[Figure]:
    lines = ["Tanggal;Jenis;Jumlah"]
    for number in range(ROWS):
        day, code = divmod(number, len(CODES))
        year, rest = divmod(day, 336)
        lines.append(
            f"{rest % 28 + 1} {MONTHS[rest // 28]} {1995 + year};{CODES[code]};{number % 9 + 1}.{number % 1000:03}"
        )
    source.table = "\n".join(lines).encode()
    del lines
    folder = home / "one"
    _write(folder, "table", source.url + "/table?dari={from}&sampai={to}")
    command = [
        sys.executable,
        "-m",
        "cloud.modules",
        "backfill",
        "table",
        "--since",
        "1995-01-01",
        "--until",
        "2025-01-01",
    ]
    for what in ("new", "again, unchanged"):
        began_s = time.perf_counter()
        process = subprocess.Popen(command, env=_environment(dsn, folder), stdout=subprocess.DEVNULL)
        peak_mib = 0.0
        while process.poll() is None:
            peak_mib = max(peak_mib, _peak_mib(process.pid))
            time.sleep(0.05)
        took_s = time.perf_counter() - began_s
        assert process.returncode == 0
        yield at_least(f"modules: backfill of {ROWS:,} rows, {what}", ROWS / took_s, "/s", 50_000)
        yield at_most(f"modules: memory of that backfill, {what}", peak_mib, "MiB", 300)
    assert connection.execute("SELECT count(*) FROM indicator_value").fetchone() == (ROWS,)


def _schedule(connection: psycopg.Connection[Any], dsn: str, source: _Source, home: Path) -> Iterator[Figure]:
    folder = home / "many"
    for number in range(MODULES):
        _write(folder, f"m{number:03}", f"{source.url}/{number}", schedule="* * * * *")
    process = subprocess.Popen([sys.executable, "-m", "cloud.modules", "work"], env=_environment(dsn, folder))
    try:
        late = _tick(connection)
        peak_mib = _peak_mib(process.pid)
    finally:
        process.terminate()
        process.wait()
    yield at_most(f"modules: {MODULES} due in the same second, the latest begins after", late[0], "s", 5)
    yield Figure(f"modules: {MODULES} due in the same second, the last is done after", late[1], "s")
    yield at_most("modules: memory of the process that keeps them", peak_mib, "MiB", 300)


def _peak_mib(pid: int) -> float:
    """Read the most memory that a process ever had; 0 once it is gone. Its parent's, before exec, is not in it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _tick(connection: psycopg.Connection[Any]) -> tuple[float, float]:
    """Wait until all have run at the same full minute; give (latest start, last end) in s after it."""
    query = """SELECT
            extract(EPOCH FROM max(started_at - due_at))::float8, extract(EPOCH FROM max(ended_at - due_at))::float8
        FROM module_run WHERE due_at = date_trunc('minute', due_at) AND state = 'done'
        GROUP BY due_at HAVING count(*) = %s ORDER BY due_at LIMIT 1"""
    deadline_s = time.monotonic() + TICK_TIMEOUT_S
    while time.monotonic() < deadline_s:
        found = connection.execute(query, [MODULES]).fetchone()
        if found:
            return float(found[0]), float(found[1])
        time.sleep(0.5)
    raise TimeoutError(f"{MODULES} modules did not all run at one full minute within {TICK_TIMEOUT_S} s")
