"""Parts of clips by HTTPS: the box's own uploader, with its certificate, against a real API and database."""

import asyncio
import base64
import hashlib
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from cloud.api.settings import ApiSettings
from cloud.cameras.uploads import LEAST_BYTES, MOST_UPLOADS
from cloud.db import accounts
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.signals.identity import new_id
from edge.contract.limits import MAX_MEDIA_BYTES
from edge.contract.uploads import PATH, PIECE_BYTES, PIECE_TYPE, SCHEME, address_of, write_metadata
from edge.errors import Unavailable
from edge.vision.reasons import reason_of
from edge.vision.uploads import Identity, NotTaken, Part, Uploader
from provisioning.certificates import CertificateAuthority
from tests.fix_api import HTTP, serve
from tests.fix_database import add_asset, add_box, as_role, ask_clip

DAY_BYTES = 5_000_000


@dataclass
class Room:
    """An API that takes uploads, and its database.

    Attributes:
        url: of the API.
        owner: a connection to its database.
        token: of an operator.
        authority: of its boxes; a test's own, because one revokes.
    """

    url: str
    owner: Connection
    token: str
    authority: CertificateAuthority

    def uploader(self, box: str = "TD-01-a", authority: CertificateAuthority | None = None, **more: Any) -> Uploader:
        known = (authority or self.authority).ensure(box)
        return Uploader(self.url, Identity(known.certificate, known.key, known.authority), **more)

    def ask(self, box: str = "TD-01-a") -> UUID:
        """Ask a box for a clip, as the room does."""
        return ask_clip(self.owner, box)

    def stored(self, part: Part) -> list[tuple[str, bytes]]:
        return self.owner.execute(
            "SELECT box.name, content FROM media INNER JOIN box ON media.box_id = box.id WHERE event_id = %s",
            [part.event],
        ).fetchall()

    def used(self, box: str) -> int:
        row = self.owner.execute(
            "SELECT coalesce(sum(bytes), 0) FROM media_day INNER JOIN box ON box.id = box_id WHERE name = %s", [box]
        ).fetchone()
        assert row
        return int(row[0])

    def request(self, uploader: Uploader, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask by hand, as this box."""
        headers = {"Authorization": f"{SCHEME} {uploader._prove(method, path)}"} | more.pop("headers", {})
        return HTTP.request(method, self.url + path, headers=headers, **more)

    def begin(self, uploader: Uploader, part: Part, length: int | None = None) -> httpx.Response:
        told = {"event": part.event, "command": part.command, "sha256": part.sha256}
        size = part.path.stat().st_size if length is None else length
        headers = {"Upload-Length": str(size), "Upload-Metadata": write_metadata(told)}
        return self.request(uploader, "POST", PATH, headers=headers)

    def add(self, uploader: Uploader, part: Part, offset: int, piece: bytes) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": PIECE_TYPE}
        path = address_of(part.event, part.sha256)
        return self.request(uploader, "PATCH", path, headers=headers, content=piece)


@pytest.fixture(scope="module")
def room(cluster: LocalCluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    authority = CertificateAuthority.open_or_create(tmp_path_factory.mktemp("ca"))
    settings = ApiSettings(
        dsn=as_role(dsn, "api"),
        port=0,
        log_level="error",
        box_ca_file=authority.certificate_file,
        box_crl_file=authority.crl_file,
        media_box_day_bytes=DAY_BYTES,
    )
    with connect(dsn, "test", autocommit=True) as owner:
        for box in ("TD-01-a", "GMP-01-a", "PWS-01-a", "BGL-01-a"):
            site = box.rpartition("-")[0]
            add_asset(owner, add_box(owner, site, box), f"{site}.cam-1")
        owner.execute("UPDATE asset SET kind = 'camera'")
        token = accounts.create_token(owner, "siti", "operator", "test")
        with serve(settings) as (url, _):
            yield Room(url, owner, token, authority)
    cluster.drop_database(name)


def mp4(size: int = 600_000) -> bytes:
    return b"\0\0\0\x18ftypisom" + uuid4().bytes * (size // 16)


def part_of(tmp_path: Path, command: UUID, content: bytes | None = None, **more: Any) -> Part:
    path = tmp_path / f"{uuid4().hex}.mp4"
    path.write_bytes(mp4() if content is None else content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Part(path, str(new_id()), str(command), more.get("sha256", digest))


def send(uploader: Uploader, part: Part) -> None:
    asyncio.run(uploader.send(part))


def test_part_when_sent_then_is_evidence_of_its_box_counts_for_its_day_and_is_stored_once(
    room: Room, tmp_path: Path
) -> None:
    part, before = part_of(tmp_path, room.ask()), room.used("TD-01-a")
    for _ in range(2):
        send(room.uploader(), part)
    assert room.stored(part) == [("TD-01-a", part.path.read_bytes())]
    assert room.used("TD-01-a") - before == part.path.stat().st_size
    assert room.owner.execute("SELECT count(*) FROM clip_upload_piece").fetchone() == (0,)
    again = room.add(room.uploader(), part, part.path.stat().st_size, b"")
    assert (again.status_code, again.headers["upload-offset"]) == (204, str(part.path.stat().st_size))


def test_part_when_it_is_small_then_counts_as_the_ingester_counts(room: Room, tmp_path: Path) -> None:
    part, before = part_of(tmp_path, room.ask(), mp4(160)), room.used("TD-01-a")
    send(room.uploader(), part)
    assert room.used("TD-01-a") - before == LEAST_BYTES


def test_part_when_the_line_was_lost_then_goes_on_from_where_it_was(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, uploader = part_of(tmp_path, room.ask()), room.uploader()
    assert room.begin(uploader, part).headers["location"] == address_of(part.event, part.sha256)
    first = part.path.read_bytes()[:PIECE_BYTES]
    assert room.add(uploader, part, 0, first).headers["upload-offset"] == str(PIECE_BYTES)
    sent = []
    piece = Uploader._send_piece
    monkeypatch.setattr(
        Uploader,
        "_send_piece",
        lambda self, line, at, offset, body: sent.append(offset) or piece(self, line, at, offset, body),
    )
    send(uploader, part)
    assert sent == [PIECE_BYTES, 2 * PIECE_BYTES]
    assert room.stored(part) == [("TD-01-a", part.path.read_bytes())]


def test_piece_when_its_answer_was_lost_then_the_room_says_how_much_it_has(room: Room, tmp_path: Path) -> None:
    part, uploader = part_of(tmp_path, room.ask()), room.uploader()
    room.begin(uploader, part)
    room.add(uploader, part, 0, part.path.read_bytes()[:5_000])
    small = room.add(uploader, part, 5_000, part.path.read_bytes()[5_000:5_100])
    assert (small.status_code, small.json()["rule"]) == (400, "upload_too_small")
    again = room.add(uploader, part, 0, part.path.read_bytes()[:5_000])
    assert (again.status_code, again.json()["rule"]) == (409, "upload_offset")
    assert room.request(uploader, "HEAD", address_of(part.event, part.sha256)).headers["upload-offset"] == "5000"
    beyond = room.add(uploader, part, 5_000, part.path.read_bytes()[:PIECE_BYTES])
    assert beyond.status_code == 204
    too_much = (
        room.add(uploader, part, 5_000 + PIECE_BYTES, bytes(PIECE_BYTES)),
        room.add(uploader, part, 5_000 + 2 * PIECE_BYTES, bytes(PIECE_BYTES)),
    )
    assert [one.status_code for one in too_much] == [204, 400]
    assert too_much[1].json()["rule"] == "upload_too_long"


@pytest.mark.parametrize("content", [mp4(), b"<html>" * 1_000], ids=["another", "no film"])
def test_part_when_it_is_not_what_was_announced_then_nothing_is_kept_and_that_is_said(
    room: Room, tmp_path: Path, content: bytes
) -> None:
    digest = hashlib.sha256(content).hexdigest() if content.startswith(b"<") else "0" * 64
    part = part_of(tmp_path, room.ask(), content, sha256=digest)
    with pytest.raises(NotTaken) as told:
        send(room.uploader(), part)
    assert told.value.rule == "upload_digest"
    assert " | " in told.value.detail
    assert room.stored(part) == []
    assert room.owner.execute("SELECT count(*) FROM clip_upload WHERE event_id = %s", [part.event]).fetchone() == (0,)


def test_part_when_another_box_was_asked_for_it_then_it_is_refused(room: Room, tmp_path: Path) -> None:
    part = part_of(tmp_path, room.ask("GMP-01-a"))
    with pytest.raises(NotTaken) as told:
        send(room.uploader("TD-01-a"), part)
    assert told.value.rule == "upload_not_asked"
    send(room.uploader("GMP-01-a"), part)
    # What another box has begun or stored is not to be seen, nor added to.
    assert room.request(room.uploader("TD-01-a"), "HEAD", address_of(part.event, part.sha256)).status_code == 404
    assert room.add(room.uploader("TD-01-a"), part, part.path.stat().st_size, b"x").status_code == 404
    with pytest.raises(NotTaken, match="upload_not_asked"):
        send(room.uploader("api"), part)  # a certificate of ours, and no box


def test_proof_when_it_is_not_this_boxs_for_this_request_now_then_nothing_is_taken(
    room: Room, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    part = part_of(tmp_path, room.ask())
    stranger = CertificateAuthority.open_or_create(tmp_path_factory.mktemp("other"))
    for uploader, rule in (
        (room.uploader(authority=stranger), "box_certificate"),
        (room.uploader(clock=lambda: time.time() - 120), "box_clock"),
        (room.uploader(clock=lambda: 10**400), "box_clock"),
    ):
        with pytest.raises(NotTaken) as told:
            send(uploader, part)
        assert told.value.rule == rule
        assert " | " in told.value.detail
    mine, other = room.uploader(), room.uploader("GMP-01-a")
    right = mine._prove("POST", PATH)
    deep = base64.urlsafe_b64encode(b"[" * 6_000).decode().rstrip("=")
    mixed = ".".join([other._prove("POST", PATH).split(".")[0], *right.split(".")[1:]])
    for proof in (f"{SCHEME} {mine._prove('POST', '/v1/box/uploads/x')}", f"{SCHEME} {mixed}", f"{SCHEME} a.b.c",
                  f"{SCHEME} {deep}.e30.AAAA",
                  f"{SCHEME} {right[:-6]}AAAAAA", f"Bearer {room.token}", ""):  # fmt: skip
        answer = HTTP.post(f"{room.url}{PATH}", headers={"Authorization": proof, "Upload-Length": "1"})
        assert answer.status_code == 401, proof
        assert answer.json()["detail_id"]
    assert room.stored(part) == []


def test_box_when_its_certificate_is_revoked_then_is_out_at_once(room: Room, tmp_path: Path) -> None:
    part = part_of(tmp_path, room.ask("PWS-01-a"))
    uploader = room.uploader("PWS-01-a")
    assert room.begin(uploader, part).status_code == 201
    room.authority.revoke("PWS-01-a")
    with pytest.raises(NotTaken) as told:
        send(uploader, part)
    assert told.value.rule == "box_certificate"


def test_part_when_it_is_too_much_then_a_clear_word_says_so(room: Room, tmp_path: Path) -> None:
    uploader, command = room.uploader("BGL-01-a"), room.ask("BGL-01-a")
    part = part_of(tmp_path, command)
    assert room.begin(uploader, part, MAX_MEDIA_BYTES + 1).json()["rule"] == "upload_too_large"
    assert room.begin(uploader, part, 0).json()["rule"] == "upload_too_large"
    assert room.begin(uploader, part).status_code == 201
    assert room.add(uploader, part, 0, bytes(PIECE_BYTES + 1)).status_code == 413
    quota = room.begin(uploader, part_of(tmp_path, command), DAY_BYTES - 500_000)
    assert (quota.status_code, quota.json()["rule"]) == (403, "upload_quota"), "what is on its way counts"
    for _ in range(MOST_UPLOADS - 1):
        assert room.begin(uploader, part_of(tmp_path, command, mp4(5_000))).status_code == 201
    crowded = room.begin(uploader, part_of(tmp_path, command, mp4(5_000)))
    assert (crowded.status_code, crowded.json()["rule"]) == (429, "too_many_uploads")
    assert room.begin(uploader, part).status_code == 201, "one that has begun goes on"
    with pytest.raises(Unavailable):
        send(uploader, part_of(tmp_path, command, mp4(5_000)))
    room.owner.execute("UPDATE clip_upload SET grown_at = now() - INTERVAL '25 hours'")
    send(uploader, part_of(tmp_path, command, mp4(5_000)))  # what did not grow for a day makes room
    assert room.owner.execute("SELECT count(*) FROM clip_upload").fetchone() == (0,)


@pytest.mark.parametrize("metadata", ["", "event", "event eA==,command eA==,sha256 eA==", "a b c", "event !!!"])
def test_upload_when_its_metadata_are_none_then_says_what_they_should_be(room: Room, metadata: str) -> None:
    uploader = room.uploader()
    headers = {"Upload-Length": "10", "Upload-Metadata": metadata}
    assert room.request(uploader, "POST", PATH, headers=headers).json()["rule"] == "upload_metadata"


@contextmanager
def behind_tls(room: Room) -> Iterator[str]:
    """A reverse proxy that ends TLS, as before a real room: its address."""
    known = room.authority.ensure("localhost", ["localhost"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(known.certificate, known.key)
    loop, port = asyncio.new_event_loop(), int(room.url.rpartition(":")[2])

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while octets := await source.read(65_536):
                    target.write(octets)
                    await target.drain()
            target.close()

        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = loop.run_until_complete(asyncio.start_server(carry, "localhost", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"https://localhost:{server.sockets[0].getsockname()[1]}"

    async def end() -> None:
        server.close()
        await asyncio.gather(*(one for one in asyncio.all_tasks() if one is not asyncio.current_task()))

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_uploader_when_the_line_is_tls_then_knows_the_rooms_authority_and_no_strangers(
    room: Room, tmp_path: Path
) -> None:
    part, known = part_of(tmp_path, room.ask()), room.authority.ensure("TD-01-a")
    with behind_tls(room) as url:
        with pytest.raises(Unavailable, match="certificate verify failed") as strange:
            send(Uploader(url, Identity(known.certificate, known.key, None)), part)
        assert "sambungan TLS gagal: " in reason_of(strange.value).id
        assert room.stored(part) == []
        send(Uploader(url, Identity(known.certificate, known.key, known.authority)), part)
    assert room.stored(part) == [("TD-01-a", part.path.read_bytes())]


def test_uploader_when_the_room_is_away_then_it_is_tried_again_later(room: Room, tmp_path: Path) -> None:
    known = room.authority.ensure("TD-01-a")
    gone = Uploader("http://127.0.0.1:9", Identity(known.certificate, known.key, None))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        send(gone, part_of(tmp_path, uuid4()))
    with pytest.raises(NotTaken) as told:
        send(Uploader(room.url, Identity(None, None, None)), part_of(tmp_path, uuid4()))
    assert told.value.rule == "no_certificate"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Something that is no room gives this answer to whatever comes, and closes the line: its host and port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


_PROBLEM = b'{"rule": "database_away", "detail_id": "Basis data terputus.", "detail_en": "The database is away."}'


@pytest.mark.parametrize(
    ("answer", "said_id", "said_en"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>Bad", "yang menjawab HTTP 502 di sana bukan ruang", "HTTP 502"),
        (
            b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n",
            "yang menjawab HTTP 204 di sana bukan ruang",
            "is no Satulayar room",
        ),
        (b"HTTP/1.1 503 Away\r\n\r\n" + _PROBLEM, "Basis data terputus.", "The database is away."),
        (b"", "sambungan diputus dari sana", "closed connection"),
        (b"SSH-2.0-x\r\n", "yang menjawab di sana tidak berbicara HTTP: SSH-2.0-x", "speaks no HTTP: SSH-2.0-x"),
    ],
)
def test_uploader_when_what_answers_is_no_room_then_says_so_in_each_language(
    tmp_path: Path, answer: bytes, said_id: str, said_en: str
) -> None:
    known = CertificateAuthority.open_or_create(tmp_path / "ca").ensure("TD-01-a")
    with answering(answer) as place:
        uploader = Uploader(f"http://{place}", Identity(known.certificate, known.key, None))
        with pytest.raises(Unavailable) as told:
            send(uploader, part_of(tmp_path, uuid4()))
    why = reason_of(told.value)
    assert why.id.startswith(f"{place}: {said_id}")
    assert said_en in why
    assert not {"Bad", "away", "closed", "speaks"} & set(why.id.replace(".", " ").split()), "English"


@pytest.mark.parametrize("status", [302, 403, 404])
def test_uploader_when_a_proxy_refuses_then_it_is_tried_again_and_says_so_in_each_language(
    tmp_path: Path, status: int
) -> None:
    known = CertificateAuthority.open_or_create(tmp_path / "ca").ensure("TD-01-a")
    with answering(b"HTTP/1.1 %d No\r\nContent-Type: text/html\r\n\r\n<html>No" % status) as place:
        uploader = Uploader(f"http://{place}", Identity(known.certificate, known.key, None))
        with pytest.raises(Unavailable) as told:
            send(uploader, part_of(tmp_path, uuid4()))
    why = reason_of(told.value)
    assert f"yang menjawab HTTP {status} di sana bukan ruang Satulayar" in why.id
    assert f"what answers HTTP {status} there is no Satulayar room" in why


@pytest.mark.parametrize("times", [1, 2])
def test_part_when_the_room_throws_it_away_before_it_is_asked_how_much_it_has_then_it_is_begun_anew(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    part, uploader, ask, heads = part_of(tmp_path, room.ask()), room.uploader(), Uploader._ask, []

    def forget(self: Uploader, line: Any, method: str, *given: Any) -> Any:
        if method == "HEAD" and len(heads) < times:
            heads.append(1)
            room.owner.execute("DELETE FROM clip_upload WHERE event_id = %s", [part.event])
        return ask(self, line, method, *given)

    monkeypatch.setattr(Uploader, "_ask", forget)
    if times == 1:
        send(uploader, part)
        assert room.stored(part) == [("TD-01-a", part.path.read_bytes())]
        return
    with pytest.raises(NotTaken) as told:
        send(uploader, part)
    assert (told.value.rule, " | " in told.value.detail) == ("upload_digest", True)
