"""Evidence and cameras over HTTP, on a real database."""

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from cloud.api.settings import ApiSettings
from cloud.signals.identity import new_id
from edge.contract.cameras import chained
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import add_asset, add_box, add_series, as_role, ask_clip, set_latest, write_samples

CLIP = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40
NOW = datetime.now(UTC)


def jpeg(width: int = 640, height: int = 360) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(written, "JPEG")
    return written.getvalue()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def box(api: RunningApi) -> int:
    """A box with two cameras, of which one has never said anything."""
    box = add_box(api.owner, "TD-01", "TD-01-a")
    api.owner.execute("UPDATE box SET online = true, last_seen_at = now()")
    for code in ("TD-01.cam-1", "TD-01.cam-2"):
        add_asset(api.owner, box, code)
    api.owner.execute("UPDATE asset SET kind = 'camera'")
    rate, _ = add_series(api.owner, camera_id(api), ["frame_rate", "recorded"])
    set_latest(api.owner, rate, 9.8)
    return box


def camera_id(api: RunningApi) -> int:
    row = api.owner.execute("SELECT id FROM asset WHERE code = 'TD-01.cam-1'").fetchone()
    assert row
    return int(row[0])


def tell(
    api: RunningApi,
    box: int,
    noun: str,
    *,
    at: datetime = NOW,
    values: Any = None,
    ended: bool = False,
    identity: UUID | None = None,
) -> UUID:
    """Store an event of the first camera."""
    identity = identity or new_id()
    data = {"message_id": f"{noun}!", "values": values or {}} | ({"ended_at": at.isoformat()} if ended else {})
    api.owner.execute(
        "INSERT INTO event (id, type, source, box_id, asset_id, time, severity, payload)"
        " VALUES (%s, %s, 'sl/1/TD-01-a', %s, %s, %s, 'minor', %s)",
        [identity, f"id.satulayar.{noun}", box, camera_id(api), at, json.dumps({"data": data})],
    )
    return identity


def show(api: RunningApi, box: int, event: UUID, *contents: bytes) -> None:
    """Store evidence."""
    for content in contents:
        kind = "video/mp4" if content[4:8] == b"ftyp" else "image/jpeg"
        api.owner.execute(
            "INSERT INTO media (event_id, box_id, content_type, sha256, content) VALUES (%s, %s, %s, %s, %s)",
            [event, box, kind, bytes.fromhex(sha(content)), content],
        )


def test_event_when_it_has_evidence_then_lists_it_in_order_with_what_it_is(api: RunningApi, box: int) -> None:
    picture = jpeg()
    event = tell(api, box, "obstacle.detected")
    show(api, box, event, CLIP, picture)
    wanted = [
        {"sha256": sha(picture), "content_type": "image/jpeg", "bytes": len(picture), "position": 0},
        {"sha256": sha(CLIP), "content_type": "video/mp4", "bytes": len(CLIP), "position": 0},
    ]
    assert api.get(f"/v1/events/{event}").json()["evidence"] == wanted
    listed = api.get("/v1/events", asset="TD-01.cam-1").json()["items"]
    assert next(one for one in listed if one["id"] == str(event))["evidence"] == wanted
    assert api.get(f"/v1/events/{uuid4()}").status_code == 404


def test_event_when_it_is_a_clip_of_parts_then_they_stand_in_the_order_of_their_record(
    api: RunningApi, box: int
) -> None:
    parts = [CLIP + bytes([number]) for number in range(4)]
    event = tell(api, box, "clip.delivered", values={"sha256": " ".join(map(sha, parts))})
    show(api, box, event, *reversed(parts))
    found = api.get(f"/v1/events/{event}").json()["evidence"]
    assert [(one["sha256"], one["position"]) for one in found] == [(sha(one), at) for at, one in enumerate(parts)]


def test_event_when_its_film_comes_in_parts_then_they_stand_in_the_order_in_which_they_came(
    api: RunningApi, box: int
) -> None:
    parts = sorted((CLIP + bytes([number]) for number in range(5)), key=sha, reverse=True)
    picture, event = jpeg(), tell(api, box, "crowd.formed")
    show(api, box, event, parts[0], picture, *parts[1:])
    for evidence in (
        api.get(f"/v1/events/{event}").json()["evidence"],
        next(one for one in api.get("/v1/events").json()["items"] if one["id"] == str(event))["evidence"],
    ):
        films = [one for one in evidence if one["content_type"] == "video/mp4"]
        assert [(one["sha256"], one["position"]) for one in films] == [(sha(one), at) for at, one in enumerate(parts)]
        assert [one["position"] for one in evidence if one["content_type"] == "image/jpeg"] == [0]
    saved = [api.get(f"/v1/media/{event}/{sha(one)}").headers["content-disposition"] for one in parts]
    assert [name.rpartition("_")[2] for name in saved] == [f'{at}.mp4"' for at in range(5)], "none writes over another"


def test_media_when_read_then_is_what_was_sent_and_says_so(api: RunningApi, box: int) -> None:
    picture = jpeg()
    event = tell(api, box, "crowd.formed")
    show(api, box, event, picture)
    answer = api.get(f"/v1/media/{event}/{sha(picture)}")
    assert (answer.status_code, answer.content) == (200, picture)
    headers = answer.headers
    assert (headers["content-type"], headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert headers["content-disposition"].startswith('inline; filename="TD-01.cam-1_crowd.formed_')
    assert headers["etag"] == f'"{sha(picture)}"'
    same = HTTP.get(answer.url, headers=api.headers() | {"If-None-Match": headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert HTTP.get(answer.url).status_code == 401
    assert api.get(f"/v1/media/{event}/{'0' * 64}").status_code == 404
    assert api.get(f"/v1/media/{event}/nothing").status_code == 422


def test_media_when_a_player_seeks_then_gets_the_part_or_is_told_how_much_there_is(api: RunningApi, box: int) -> None:
    event = tell(api, box, "intrusion.detected")
    show(api, box, event, CLIP)
    url = f"{api.url}/v1/media/{event}/{sha(CLIP)}"
    part = HTTP.get(url, headers=api.headers() | {"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, CLIP[1_000:2_000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(CLIP)}"
    head = HTTP.request("HEAD", url, headers=api.headers())
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(CLIP)), "bytes")
    assert HTTP.request("HEAD", url).status_code == 401
    end = HTTP.get(url, headers=api.headers() | {"Range": "bytes=-5"})
    assert (end.status_code, end.content) == (206, CLIP[-5:])
    none = HTTP.get(url, headers=api.headers() | {"Range": f"bytes={len(CLIP)}-"})
    assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{len(CLIP)}")
    other = HTTP.get(url, headers=api.headers() | {"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, CLIP)
    seen = "SELECT actor, detail ->> 'subject' FROM audit WHERE action = 'evidence_seen' AND subject = %s"
    assert len(api.owner.execute(seen, [str(event)]).fetchall()) == 1, (
        "who looked, once, however many parts he asked for"
    )


def test_media_when_somebody_only_brings_figures_then_sees_no_camera(api: RunningApi, box: int) -> None:
    event = tell(api, box, "intrusion.detected")
    show(api, box, event, CLIP)
    for path in (f"/v1/media/{event}/{sha(CLIP)}", f"/v1/media/{event}/{sha(CLIP)}/thumbnail", "/v1/clips"):
        answer = api.get(path, role="module_owner")
        assert (answer.status_code, answer.json()["rule"]) == (403, "not_of_the_room")


def test_events_when_somebody_only_brings_figures_then_who_was_given_which_clip_is_not_among_them(
    api: RunningApi, box: int
) -> None:
    seen, clip = tell(api, box, "crowd.formed"), tell(api, box, "clip.delivered", values={"actor": "siti"})
    for role, wanted in (("viewer", {seen, clip}), ("module_owner", {seen})):
        listed = {UUID(one["id"]) for one in api.get("/v1/events", role=role, limit=1_000).json()["items"]}
        assert listed & {seen, clip} == wanted
    answer = api.get(f"/v1/events/{clip}", role="module_owner")
    assert (answer.status_code, answer.json()["rule"]) == (403, "not_of_the_room")
    assert api.get(f"/v1/events/{seen}", role="module_owner").status_code == 200
    assert api.get(f"/v1/events/{clip}").status_code == 200
    assert api.get("/v1/cameras", role="module_owner").status_code == 200, "how cameras are is no picture"


def test_media_when_it_was_changed_in_the_database_then_is_not_shown_and_that_is_in_the_audit(
    api: RunningApi, box: int
) -> None:
    picture = jpeg(320, 180)
    event = tell(api, box, "crowd.formed")
    show(api, box, event, picture)
    api.owner.execute("UPDATE media SET content = content || 'x'::bytea WHERE event_id = %s", [event])
    for path in ("", "/thumbnail"):
        answer = api.get(f"/v1/media/{event}/{sha(picture)}{path}")
        assert (answer.status_code, "TD-01-a" in answer.json()["detail"]) == (502, True)
    assert (
        HTTP.get(
            f"{api.url}/v1/media/{event}/{sha(picture)}", headers=api.headers() | {"Range": "bytes=0-9"}
        ).status_code
        == 502
    )
    told = api.get("/v1/audit", "operator", action="evidence_altered").json()["items"]
    assert [row["subject"] for row in told] == [str(event)], "once, however often it is looked at"


def test_media_when_another_box_sent_it_then_is_not_shown(api: RunningApi, box: int) -> None:
    foreign = add_box(api.owner, "KRT-01", "KRT-01-a")
    event = tell(api, box, "crowd.formed")
    show(api, foreign, event, CLIP)
    assert api.get(f"/v1/media/{event}/{sha(CLIP)}").status_code == 404
    assert api.get(f"/v1/events/{event}").json()["evidence"] == []


def test_thumbnail_when_asked_then_is_a_small_picture_and_a_bad_one_harms_nobody(api: RunningApi, box: int) -> None:
    picture, broken = jpeg(1280, 720), b"\xff\xd8\xff\xe0 no picture"
    event = tell(api, box, "crowd.formed")
    show(api, box, event, picture, broken, CLIP)
    for _ in range(2):
        answer = api.get(f"/v1/media/{event}/{sha(picture)}/thumbnail", width=200)
        with Image.open(io.BytesIO(answer.content)) as small:
            assert (small.size, answer.headers["content-type"]) == ((224, 126), "image/jpeg")
    bad = api.get(f"/v1/media/{event}/{sha(broken)}/thumbnail")
    assert (bad.status_code, bad.headers["content-type"]) == (502, "application/problem+json")
    assert api.get(f"/v1/media/{event}/{sha(CLIP)}/thumbnail").status_code == 400
    assert api.get(f"/v1/media/{event}/{sha(picture)}/thumbnail", width=9_000).status_code == 422
    assert api.get("/readyz").status_code == 200


def test_camera_when_listed_then_says_what_is_wrong_now_what_it_saw_last_and_what_was_recorded(
    api: RunningApi, box: int
) -> None:
    midnight = NOW.astimezone(UTC) + timedelta(hours=7)
    midnight = midnight.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=7)
    row = api.owner.execute("SELECT id FROM series WHERE quantity = 'recorded'").fetchone()
    assert row
    hours = [midnight - timedelta(hours=hour) for hour in range(24)]
    write_samples(api.owner, [(at, row[0], 100.0 if at != hours[3] else 76.0) for at in hours])
    begun = tell(api, box, "camera.frozen", at=NOW - timedelta(hours=2))
    tell(api, box, "camera.frozen", at=NOW - timedelta(hours=1), values={"begun_event": str(begun)}, ended=True)
    covered = tell(api, box, "camera.covered", at=NOW - timedelta(minutes=5))
    seen = tell(api, box, "obstacle.detected", at=NOW + timedelta(seconds=5))
    show(api, box, seen, jpeg())
    first, second = api.get("/v1/cameras", site="TD-01").json()["items"]
    assert (first["camera"], first["box"], first["state"], first["frame_rate_hz"]) == (
        *("TD-01.cam-1", "TD-01-a", "ok"),
        9.8,
    )
    assert [(one["event"], one["type"]) for one in first["health"]] == [(str(covered), "id.satulayar.camera.covered")]
    assert (first["picture"]["event"], first["picture"]["sha256"]) == (str(seen), sha(jpeg()))
    assert (first["recorded_yesterday_pct"], first["recorded_yesterday_hours"]) == (99.0, 24)
    assert (second["state"], second["health"], second["picture"]) == ("never", [], None)
    assert second["recorded_yesterday_pct"] is None
    assert api.get("/v1/cameras/TD-01.cam-1").json() | {"age_s": None} == first | {"age_s": None}
    assert api.get("/v1/cameras", limit=1).json()["next"] == "TD-01.cam-1"
    coverage = api.get("/v1/cameras/TD-01.cam-1/coverage", days=2).json()
    yesterday = coverage["days"][-1]
    assert (yesterday["recorded_pct"], yesterday["accounted"], len(coverage["hours"])) == (99.0, 24, 24)
    unknown = api.get("/v1/cameras/TD-01.cam-9")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "unknown_camera")


def test_camera_when_two_boxes_watch_it_then_both_are_named_until_one_stops(api: RunningApi, box: int) -> None:
    other = add_box(api.owner, "TD-01", "TD-01-b")
    status = json.dumps({"assets": {"TD-01.cam-1": "ok"}})
    api.owner.execute("UPDATE box SET online = true, status = %s WHERE id = %s", [status, other])
    first, second = api.get("/v1/cameras", site="TD-01").json()["items"]
    assert (first["box"], first["other_boxes"], second["other_boxes"]) == ("TD-01-a", ["TD-01-b"], [])
    api.owner.execute("UPDATE box SET status = '{}' WHERE id = %s", [other])
    assert api.get("/v1/cameras/TD-01.cam-1").json()["other_boxes"] == []


def ask(api: RunningApi, what: str, role: str = "operator", **body: object) -> Any:
    return HTTP.post(f"{api.url}/v1/cameras/{what}", headers=api.headers(role), json=body)  # type: ignore[arg-type]


def test_clip_when_asked_without_a_broker_then_is_refused_and_that_is_in_the_audit(api: RunningApi, box: int) -> None:
    wish = {"since": (NOW - timedelta(minutes=5)).isoformat(), "seconds": 30, "reason": "laporan warga"}
    assert ask(api, "TD-01.cam-1/clips", "viewer", **wish).status_code == 403
    refused = ask(api, "TD-01.cam-1/clips", **wish)
    assert (refused.status_code, refused.json()["rule"]) == (503, "no_broker")
    future = ask(api, "TD-01.cam-1/clips", **wish | {"since": NOW.isoformat(), "seconds": 600})
    assert (future.status_code, future.json()["rule"]) == (400, "future")
    assert ask(api, "TD-01.cam-9/clips", **wish).json()["rule"] == "unknown_camera"
    for bad in (
        {"seconds": 601},
        {"seconds": 0},
        {"reason": " "},
        {"since": "2026-11-22T10:00:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
    ):
        assert ask(api, "TD-01.cam-1/clips", **wish | bad).status_code == 422
    told = api.get("/v1/audit", "operator", action="camera_refused").json()["items"]
    assert [row["detail"]["rule"] for row in told] == ["unknown_camera", "future", "no_broker"]
    assert {row["actor"] for row in told} == {"its-operator"}
    assert api.get("/v1/clips").json()["items"] == []
    assert ask(api, "TD-01.cam-1/live", reason="melihat").json()["rule"] == "no_broker"
    assert api.get("/v1/cameras/TD-01.cam-1/live/picture").status_code == 204


def ask_live(api: RunningApi, seconds: float, said: tuple[str, str] | None) -> UUID:
    """Ask for a live view, and let its box answer; give its id."""
    command = ask_clip(api.owner, "TD-01-a")
    changed = "UPDATE box_request SET action = 'camera.live', arguments = %s, asset_id = %s WHERE id = %s"
    api.owner.execute(changed, [json.dumps({"seconds": seconds}), camera_id(api), command])
    if said:
        api.owner.execute(
            "INSERT INTO command_result (command_id, box_id, state, reason, detail, time)"
            " SELECT id, box_id, %s, 'busy', %s, now() FROM box_request WHERE id = %s",
            [*said, command],
        )
    return command


def test_live_view_when_its_box_refuses_it_then_the_box_words_are_said_until_its_time_is_over(
    api: RunningApi, box: int
) -> None:
    path = "/v1/cameras/TD-01.cam-1/live/picture"
    assert api.get(path).status_code == 204
    ask_live(api, 60, ("refused", "Sudah ditonton. | It is watched already."))
    refused = api.get(path)
    assert (refused.status_code, refused.json()["rule"]) == (409, "live_refused")
    assert (refused.json()["detail_id"], refused.json()["detail_en"]) == ("Sudah ditonton.", "It is watched already.")
    ask_live(api, 30, None)
    assert api.get(path).json()["rule"] == "no_broker", "another is on, which this process cannot hear"
    api.owner.execute("UPDATE box_request SET requested_at = now() - INTERVAL '5 minutes' WHERE action = 'camera.live'")
    assert api.get(path).status_code == 204
    api.owner.execute("UPDATE box_request SET action = 'camera.clip' WHERE action = 'camera.live'")


def test_live_view_when_the_audit_could_not_be_written_then_nobody_watches_until_it_is(
    api: RunningApi, box: int
) -> None:
    path = "/v1/cameras/TD-01.cam-1/live/picture"
    told = "SELECT actor FROM audit WHERE action = 'live_watched' AND subject = %s"
    view = str(ask_live(api, 60, None))
    try:
        api.owner.execute("REVOKE INSERT ON audit FROM api")
        assert api.get(path).status_code == 500
    finally:
        api.owner.execute("GRANT INSERT ON audit TO api")
    assert api.owner.execute(told, [view]).fetchall() == []
    for _ in range(2):
        assert api.get(path).json()["rule"] == "no_broker", "this process hears no box; whoever looked is written down"
    assert api.owner.execute(told, [view]).fetchall() == [("its-viewer",)], "once"
    api.owner.execute("UPDATE box_request SET action = 'camera.clip' WHERE action = 'camera.live'")


def test_chain_when_asked_then_names_the_records_that_were_altered_or_left_out(api: RunningApi, box: int) -> None:
    foreign = add_box(api.owner, "PWS-01", "PWS-01-a")
    add_asset(api.owner, foreign, "PWS-01.cam-1")
    previous, events = "", []
    for number, identity in enumerate(sorted(new_id() for _ in range(3))):  # of one millisecond, in any order
        content = CLIP + bytes([number + 100])
        record: dict[str, Any] = {"since_s": 1_763_780_700.123, "seconds": 5.0, "actor": "siti", "previous": previous}
        record |= {"sha256": sha(content), "parts": 1.0, "command": str(ask_clip(api.owner, "PWS-01-a"))}
        record["hash"] = previous = chained(record)
        event = tell(api, foreign, "clip.delivered", values=record, identity=identity)
        events.append(event)
        show(api, foreign, event, content)
    (chain,) = api.get("/v1/clip-chains", "operator", box="PWS-01-a").json()
    assert (chain["records"], chain["holds"], chain["parts_missing"]) == (3, True, 0)
    api.owner.execute(
        "UPDATE event SET payload = jsonb_set(payload, '{data,values,actor}', '\"budi\"') WHERE id = %s", [events[2]]
    )
    api.owner.execute("UPDATE media SET content = content || 'x'::bytea WHERE event_id = %s", [events[1]])
    api.owner.execute("DELETE FROM event WHERE id = %s", [events[0]])
    (chain,) = api.get("/v1/clip-chains", "operator", box="PWS-01-a").json()
    assert chain["holds"] is False
    assert [(one["kind"], one["event"]) for one in chain["faults"]] == [
        ("record_missing", str(events[0])),
        ("part_altered", str(events[1])),
        ("record_altered", str(events[2])),
    ]
    unasked = tell(api, foreign, "clip.delivered", values=record | {"command": str(new_id())})
    (chain,) = api.get("/v1/clip-chains", "operator", box="PWS-01-a").json()
    assert ("record_added", str(unasked)) in [(one["kind"], one["event"]) for one in chain["faults"]], "nobody asked"
    api.owner.execute("DELETE FROM event WHERE id = ANY(%s)", [[*events, unasked]])
    (chain,) = api.get("/v1/clip-chains", "operator", box="PWS-01-a").json()
    assert [one["kind"] for one in chain["faults"]] == ["record_missing"] * 3, "nothing is left, and that is seen"
    assert api.get("/v1/clip-chains", "viewer").status_code == 403
    assert api.get("/v1/clip-chains", "operator", box="XX-99-a").json()["rule"] == "unknown_box"


@pytest.fixture
def slow(api: RunningApi) -> Iterator[str]:
    """Address of an API that reads so much that a digest takes its database 20 ms, and a statement may take 1 s."""
    api.owner.execute(
        "CREATE FUNCTION public.sha256(content bytea) RETURNS bytea LANGUAGE sql VOLATILE"
        " AS 'SELECT pg_catalog.sha256(content) FROM pg_sleep(0.02)'"
    )
    name = api.owner.info.dbname
    api.owner.execute(f'ALTER ROLE api IN DATABASE "{name}" SET search_path = public, pg_catalog')  # ours comes first
    try:
        with serve(ApiSettings(dsn=as_role(api.dsn, "api"), port=0, log_level="error", statement_timeout_s=1.0)) as (
            url,
            _,
        ):
            yield url
    finally:
        api.owner.execute(f'ALTER ROLE api IN DATABASE "{name}" RESET search_path')
        api.owner.execute("DROP FUNCTION public.sha256(bytea)")


def test_chain_when_a_box_has_more_clips_than_can_be_read_in_time_then_all_of_them_are_judged(
    api: RunningApi, box: int, slow: str
) -> None:
    foreign = add_box(api.owner, "BGL-01", "BGL-01-a")
    add_asset(api.owner, foreign, "BGL-01.cam-1")
    contents = [CLIP + number.to_bytes(2, "big") for number in range(60)]
    record: dict[str, Any] = {"since_s": 1_763_780_700.0, "previous": "", "sha256": " ".join(map(sha, contents))}
    record |= {"command": str(ask_clip(api.owner, "BGL-01-a"))}
    record["hash"] = chained(record)
    event = tell(api, foreign, "clip.delivered", values=record)
    show(api, foreign, event, *contents)

    def check() -> tuple[bool, int, list[str]]:
        answer = HTTP.get(f"{slow}/v1/clip-chains", params={"box": "BGL-01-a"}, headers=api.headers("operator"))
        assert answer.status_code == 200, answer.text
        (chain,) = answer.json()
        return chain["holds"], chain["parts_missing"], [one["kind"] for one in chain["faults"]]

    assert check() == (True, 0, [])
    last = bytes.fromhex(max(map(sha, contents)))
    api.owner.execute("UPDATE media SET content = content || 'x'::bytea WHERE sha256 = %s", [last])
    assert check() == (False, 0, ["part_altered"]), "the last one, too"
