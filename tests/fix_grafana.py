"""A Grafana to publish to: the part of its HTTP API that its documentation describes, over a socket.

It refuses what Grafana refuses: a wrong token, a method or path that is not documented, a payload that lacks what the
documentation marks as required, a reference to something that is not there. It gives back what Grafana gives back: its
own defaults besides, secrets as `[REDACTED]`, durations in Prometheus' form.

What was read, on 2026-11-22, in Grafana's own repository:

- docs/sources/developers/http_api/: folder.md (409 where the uid is taken, `version` or `overwrite`), data_source.md
  (`secureJsonFields`, routes by uid), dashboard.md (`folderUid`, `overwrite`, `message`; 412), dashboard_versions.md (a
  list; newer ones put it into `versions`), playlist.md (items `dashboard_by_uid`; the uid is Grafana's).
- pkg/services/ngalert/api/tooling/definitions/: provisioning_alert_rules.go (what a rule requires, RULE_NEEDS; a group
  with its `interval` in seconds), provisioning_contactpoints.go (202, `name` as filter), provisioning_mute_timings.go
  (201, 202), provisioning_policies.go (the whole tree, 202), alertmanager_validation.go (receivers and mute timings
  must be there, none of them on the root), and the header X-Disable-Provenance of every write.
- pkg/expr/threshold.go: exactly one condition, `unloadEvaluator` beside `evaluator`.
- pkg/services/provisioning/alerting/*_types.go and values/values.go, for the files: see `grafana/trees.py`.
- grafana/terraform-provider-grafana, its test of contact points: `hmacConfig` is taken from 11.6 on.
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from grafana.settings import WallSettings

TOKEN = "glsa_test"
Json = dict[str, Any]
RULE_NEEDS = (
    "uid",
    "title",
    "ruleGroup",
    "folderUID",
    "orgID",
    "condition",
    "data",
    "for",
    "noDataState",
    "execErrState",
)
ROUTES = (
    ("GET", r"/api/health", "health"),
    ("POST", r"/api/folders", "make_folder"),
    ("(GET|PUT)", r"/api/folders/(?P<uid>[^/]+)", "folder"),
    ("POST", r"/api/datasources", "make_source"),
    ("(GET|PUT)", r"/api/datasources/uid/(?P<uid>[^/]+)", "source"),
    ("POST", r"/api/dashboards/db", "save_board"),
    ("GET", r"/api/dashboards/uid/(?P<uid>[^/]+)", "board"),
    ("GET", r"/api/dashboards/uid/(?P<uid>[^/]+)/versions", "versions"),
    ("POST", r"/api/v1/provisioning/mute-timings", "make_mute"),
    ("(GET|PUT)", r"/api/v1/provisioning/mute-timings/(?P<name>[^/]+)", "mute"),
    ("(GET|POST)", r"/api/v1/provisioning/contact-points", "points"),
    ("PUT", r"/api/v1/provisioning/contact-points/(?P<uid>[^/]+)", "put_point"),
    ("(GET|PUT)", r"/api/v1/provisioning/policies", "policies"),
    ("(GET|PUT)", r"/api/v1/provisioning/folder/(?P<folder>[^/]+)/rule-groups/(?P<group>[^/]+)", "group"),
    ("(GET|POST)", r"/api/playlists", "playlists"),
    ("(GET|PUT)", r"/api/playlists/(?P<uid>[^/]+)", "playlist"),
)


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class FakeGrafana:
    """What it holds, and how it misbehaves.

    Attributes:
        version: that it says it is.
        fails_after: writes after which it answers 503, None: never.
        log: (method, path) of every request that was well-formed.
        writes: those that changed something.
    """

    def __init__(self) -> None:
        self.version = "12.4.4"
        self.fails_after: int | None = None
        self.log: list[tuple[str, str]] = []
        self.writes: list[tuple[str, str]] = []
        self.folders: dict[str, Json] = {}
        self.sources: dict[str, Json] = {}
        self.boards: dict[str, Json] = {}
        self.mutes: dict[str, Json] = {}
        self.contact_points: dict[str, Json] = {}
        self.tree: Json = {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]}
        self.groups: dict[tuple[str, str], Json] = {}
        self.lists: dict[str, Json] = {}
        self.provenance: list[str | None] = []
        self.url = ""

    def answer(self, method: str, address: str, headers: Any, content: Json | None) -> tuple[int, Any]:
        parts = urlsplit(address)
        for allowed, pattern, name in ROUTES:  # noqa: B007 - used after the loop
            match = re.fullmatch(pattern, parts.path)
            if match and re.fullmatch(allowed, method):
                break
        else:
            raise Refusal(404, f"no such route: {method} {parts.path}")
        if name != "health" and headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "Invalid API key")
        self.log.append((method, parts.path))
        if method != "GET":
            if self.fails_after is not None and len(self.writes) >= self.fails_after:
                raise Refusal(503, "database is locked")
            self.provenance.append(headers.get("X-Disable-Provenance"))
        names = {key: unquote(value) for key, value in match.groupdict().items()}
        given = getattr(self, name)(method, content, parse_qs(parts.query), **names)
        if method != "GET":
            self.writes.append((method, parts.path))
        return given if isinstance(given, tuple) else (200, given)

    def health(self, *_: Any) -> Json:
        return {"commit": "abc", "database": "ok", "version": self.version}

    def make_folder(self, _method: str, content: Json, _query: Any) -> Any:
        need(content, "uid", "title")
        if content["uid"] in self.folders:
            raise Refusal(409, "a folder with that uid exists")
        self.folders[content["uid"]] = {"id": len(self.folders) + 1, "version": 1} | content
        return self.folders[content["uid"]]

    def folder(self, method: str, content: Json, _query: Any, uid: str) -> Any:
        found = got(self.folders, uid)
        if method == "PUT":
            need(content, "title")
            if not content.get("overwrite") and content.get("version") != found["version"]:
                raise Refusal(412, "The folder has been changed by someone else")
            found["title"] = content["title"]
        return found

    def make_source(self, _method: str, content: Json, _query: Any) -> Any:
        need(content, "name", "type", "access", "url", "uid")
        self.sources[content["uid"]] = kept_source(content, {})
        return {"datasource": self.sources[content["uid"]], "id": 1, "message": "Datasource added"}

    def source(self, method: str, content: Json, _query: Any, uid: str) -> Any:
        found = got(self.sources, uid)
        if method == "PUT":
            need(content, "name", "type", "access", "url")
            self.sources[uid] = kept_source(content, found["secureJsonFields"])
        return self.sources[uid]

    def save_board(self, _method: str, content: Json, _query: Any) -> Any:
        need(content, "dashboard", "folderUid")
        if content["folderUid"] not in self.folders:
            raise Refusal(400, "folder not found")
        board = content["dashboard"]
        need(board, "uid", "title", "schemaVersion")
        before = self.boards.get(board["uid"])
        if before and not content.get("overwrite"):
            raise Refusal(412, "The dashboard has been changed by someone else")
        version = before["dashboard"]["version"] + 1 if before else 1
        stored = json.loads(json.dumps(board)) | {"id": 7, "version": version}
        self.boards[board["uid"]] = {
            "dashboard": stored,
            "meta": {"folderUid": content["folderUid"], "provisioned": False},
            "message": content.get("message", ""),
        }
        return {"status": "success", "uid": board["uid"], "version": version}

    def board(self, _method: str, _content: Any, _query: Any, uid: str) -> Any:
        found = got(self.boards, uid)
        return {"dashboard": found["dashboard"], "meta": found["meta"]}

    def versions(self, _method: str, _content: Any, _query: Any, uid: str) -> Any:
        found = got(self.boards, uid)
        listed = [{"version": found["dashboard"]["version"], "message": found["message"]}]
        return {"versions": listed} if self.version.startswith("12") else listed

    def make_mute(self, _method: str, content: Json, _query: Any) -> Any:
        need(content, "name", "time_intervals")
        self.mutes[content["name"]] = content
        return 201, content

    def mute(self, method: str, content: Json, _query: Any, name: str) -> Any:
        found = got(self.mutes, name)
        if method == "PUT":
            self.mutes[name] = content
            return 202, content
        return found | {"version": "8f2c"}

    def points(self, method: str, content: Json, query: Any) -> Any:
        if method == "GET":
            wanted = query.get("name", [""])[0]
            return [redacted(point) for point in self.contact_points.values() if not wanted or point["name"] == wanted]
        need(content, "name", "type", "settings")
        self.contact_points[content["uid"]] = checked_point(content)
        return 202, redacted(content)

    def put_point(self, _method: str, content: Json, _query: Any, uid: str) -> Any:
        got(self.contact_points, uid)
        self.contact_points[uid] = checked_point(content)
        return 202, {}

    def policies(self, method: str, content: Json, _query: Any) -> Any:
        if method == "GET":
            return self.tree | {"provenance": "api"}
        need(content, "receiver")
        if content.get("object_matchers") or content.get("matchers") or content.get("mute_time_intervals"):
            raise Refusal(400, "root route must not have any matchers or mute time intervals")
        known = {point["name"] for point in self.contact_points.values()} | {"grafana-default-email", "Ronda"}
        for branch in walk(content):
            if branch.get("receiver") not in known:
                raise Refusal(400, f"receiver {branch.get('receiver')} does not exist")
            if not set(branch.get("mute_time_intervals", [])) <= set(self.mutes):
                raise Refusal(400, "mute time interval does not exist")
        self.tree = content
        return 202, {"message": "policies updated"}

    def group(self, method: str, content: Json, _query: Any, folder: str, group: str) -> Any:
        if method == "GET":
            return got(self.groups, (folder, group))
        need(content, "title", "folderUid", "interval", "rules")
        if folder not in self.folders or content["interval"] % 10:
            raise Refusal(400, "folder does not exist, or the interval is no multiple of 10 s")
        self.groups[folder, group] = content | {
            "rules": [checked_rule(rule, folder, group) for rule in content["rules"]]
        }
        return self.groups[folder, group]

    def playlists(self, method: str, content: Json, query: Any) -> Any:
        if method == "GET":
            wanted = query.get("query", [""])[0]
            return [{"uid": uid, "name": one["name"]} for uid, one in self.lists.items() if wanted in one["name"]]
        need(content, "name", "interval", "items")
        uid = f"p{len(self.lists)}"
        self.lists[uid] = {"uid": uid} | content
        return self.lists[uid]

    def playlist(self, method: str, content: Json, _query: Any, uid: str) -> Any:
        found = got(self.lists, uid)
        if method == "PUT":
            need(content, "name", "interval", "items")
            self.lists[uid] = {"uid": uid} | content
        return found


def need(content: Json | None, *names: str) -> None:
    missing = [name for name in names if content is None or name not in content]
    if missing:
        raise Refusal(400, f"{missing[0]} is required")


def got(table: Any, key: Any) -> Any:
    if key not in table:
        raise Refusal(404, "not found")
    return table[key]


def kept_source(content: Json, had: Json) -> Json:
    secrets = had | dict.fromkeys(content.get("secureJsonData", {}), True)
    kept = {name: value for name, value in content.items() if name != "secureJsonData"}
    return {"id": 1, "orgId": 1, "readOnly": False, "secureJsonFields": secrets} | kept


def checked_point(content: Json) -> Json:
    need(content["settings"], "url")
    if "hmacConfig" in content["settings"]:
        need(content["settings"]["hmacConfig"], "secret")
    return content


def redacted(point: Json) -> Json:
    settings = dict(point["settings"])
    if "authorization_credentials" in settings:
        settings["authorization_credentials"] = "[REDACTED]"
    if "hmacConfig" in settings:
        settings["hmacConfig"] = settings["hmacConfig"] | {"secret": "[REDACTED]"}
    return point | {"settings": settings, "provenance": "api"}


def checked_rule(rule: Json, folder: str, group: str) -> Json:
    need(rule, *RULE_NEEDS)
    if rule["folderUID"] != folder or rule["ruleGroup"] != group or len(rule["uid"]) > 40:
        raise Refusal(400, "a rule does not belong to its group")
    refs = {query["refId"] for query in rule["data"]}
    if rule["condition"] not in refs:
        raise Refusal(400, "condition names no query")
    for query in rule["data"]:
        need(query, "refId", "relativeTimeRange", "datasourceUid", "model")
    duration_s = int(rule["for"].removesuffix("s"))
    written = f"{duration_s // 60}m" if duration_s and duration_s % 60 == 0 else f"{duration_s}s"
    return {"id": 1, "provenance": "api", "updated": "2026-11-22T00:00:00Z"} | rule | {"for": written}


def walk(branch: Json) -> Iterator[Json]:
    yield branch
    for below in branch.get("routes", []) or []:
        yield from walk(below)


def _handler(grafana: FakeGrafana) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # head and body in one segment: else each answer waits 40 ms for an acknowledgement
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            try:
                status, answer = grafana.answer(self.command, self.path, self.headers, content)
            except Refusal as refusal:
                status, answer = refusal.status, {"message": str(refusal)}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the base class's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    """A Grafana that listens on loopback and holds nothing."""
    fake = FakeGrafana()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wall_settings(grafana: FakeGrafana) -> WallSettings:
    """Settings that reach it."""
    return WallSettings(url=grafana.url, token=TOKEN, alerts_secret="shared", database_password="reads")  # type: ignore[arg-type]
