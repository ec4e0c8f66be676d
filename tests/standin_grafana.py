"""A stand-in for the program `grafana`: reads what a Grafana on PATH is given, and uses it as Grafana would.

`python -m tests.standin_grafana server --homepath FOLDER`, with the variables of "Configure Grafana" (GF_…). It puts
its environment into the files' values as pkg/services/provisioning/values does, opens the data source with them, asks
the panels' SQL, and signs what it sends to the contact point ("Configure webhook notifications").

GET /api/health as in "Other HTTP API"; GET /ask/{uid}: rows of each panel of a dashboard, or its fault; POST /tell:
sends one alarm to the contact point and gives the answer's status.
"""

import hashlib
import hmac
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import yaml

from grafana.macros import Span, expand
from grafana.queries import of_dashboard

PROVISIONING = Path(os.environ.get("GF_PATHS_PROVISIONING", ""))
CHOSEN: dict[str, str | list[str]] = {
    "site": "TD-01",
    "gauge": "KRT-01.gauge-1",
    "box": "TD-01-a",
    "district": "35.14.11",
}


def main() -> None:
    """Serve until told to stop."""
    if sys.argv[1:2] != ["server"] or not (Path(sys.argv[3]) / "conf/defaults.ini").exists():
        sys.exit("no home path, or no server")
    server = ThreadingHTTPServer((os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])), _Handler)
    server.daemon_threads = True
    server.serve_forever()


def _provisioned(name: str) -> Any:
    return yaml.safe_load(os.path.expandvars((PROVISIONING / name).read_text(encoding="utf-8")))


def _boards() -> dict[str, Any]:
    folders = [one["options"]["path"] for one in _provisioned("dashboards/satulayar.yaml")["providers"]]
    read = [json.loads(path.read_text(encoding="utf-8")) for folder in folders for path in Path(folder).glob("*.json")]
    return {board["uid"]: board for board in read}


def _ask(uid: str) -> dict[str, Any]:
    source = _provisioned("datasources/satulayar.yaml")["datasources"][0]
    host, _, port = source["url"].partition(":")
    now = datetime.now(UTC)
    found: dict[str, Any] = {}
    with psycopg.connect(
        host=host,
        port=port,
        dbname=source["jsonData"]["database"],
        user=source["user"],
        password=source["secureJsonData"]["password"],
        sslmode=source["jsonData"]["sslmode"],
        autocommit=True,
    ) as connection:
        for query in of_dashboard(_boards()[uid]):
            sql = expand(query.sql, Span(now - timedelta(hours=6), now, query.points), CHOSEN)
            try:
                found[query.title] = len(connection.execute(sql.encode(), prepare=False).fetchall())
            except psycopg.Error as error:
                found[query.title] = str(error)
    return found


def _tell() -> int:
    settings = _provisioned("alerting/contact-points.yaml")["contactPoints"][0]["receivers"][0]["settings"]
    signs = settings["hmacConfig"]
    alert = {
        "status": "firing",
        "fingerprint": "standin",
        "startsAt": datetime.now(UTC).isoformat(),
        "labels": {"alertname": "Layar ruang kendali gelap", "category": "platform", "severity": "minor"},
        "annotations": {"summary": "Layar ruang kendali gelap: RK-01.screen-1 di Bangil."},
    }
    body = json.dumps({"alerts": [alert]}).encode()
    at = str(int(time.time()))
    signature = hmac.new(signs["secret"].encode(), f"{at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", signs["header"]: signature, signs["timestampHeader"]: at}
    with urlopen(Request(settings["url"], body, headers, method=settings["httpMethod"]), timeout=10) as answer:  # noqa: S310 - of our own file
        return int(answer.status)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/api/health":
            self._answer({"commit": "abc", "database": "ok", "version": "12.4.4"})
        else:
            self._answer(_ask(self.path.removeprefix("/ask/")))

    def do_POST(self) -> None:
        self._answer({"status": _tell()})

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    main()
