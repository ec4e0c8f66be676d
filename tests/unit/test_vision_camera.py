"""What a camera tells of its own stream, and what it ends that nobody looks at any more."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import Misconfigured, Refused, Unavailable
from edge.vision import pool as pool_module
from edge.vision import stream_thread
from edge.vision.eyesight import Eyesight
from edge.vision.happening import UNWATCHED, Happening
from edge.vision.neglect import LATE, MISSED
from edge.vision.reasons import because
from edge.vision.stream_thread import StreamThread
from edge.vision.watcher import Watcher
from tests.fix_station import CAMERA, StillBox
from tests.fix_vision import frame_of, place_of, road

COLOURS = {"detector": {"model": "colours.tflite", "head": "centre_point"}}
YARD = {"name": "gudang", "kind": "closed", "polygon": [[0, 0], [1, 0], [1, 1]]}
LAMP = {"name": "tiang-1", "kind": "lamp", "polygon": [[0, 0], [1, 0], [1, 1]]}


def watch(box: StillBox, seconds: int, each_s: Callable[[Any], None]) -> None:
    """Let seconds pass in which pictures come; `each_s` says of the eye's state how."""

    async def inside() -> None:
        for _ in range(seconds):
            state = box.camera.eye.state
            state.seen_s, state.rate_hz, state.reason = box.clock.at_s, 25.0, ""
            each_s(state)
            await box.turn()

    asyncio.run(inside())


def make(path: Path, notes: dict[str, str] | None = None, **content: Any) -> StillBox:
    async def inside() -> StillBox:
        return StillBox(path, notes, **content)

    return asyncio.run(inside())


def well(state: Any) -> None:
    state.rate_hz = 25.0


def slow(state: Any) -> None:
    state.rate_hz = 2.9


def misdated(state: Any) -> None:
    state.clock_off_s = -5.1


@pytest.mark.parametrize(
    ("noun", "how", "figure", "words"),
    [
        (
            "camera.slowed",
            slow,
            {"frame_rate": 2.9},
            (
                "Kamera mengirim terlalu sedikit gambar: 2.9 dari 5 tiap detik;"
                " setel laju gambar aliran ini ke 5 atau lebih"
            ),
        ),
        (
            "camera.misdated",
            misdated,
            {"clock_offset": -5.1},
            "Kamera salah jam: meleset 5.1 detik; setel jam kamera lewat server NTP",
        ),
    ],
)
def test_camera_when_its_stream_is_not_as_it_should_be_then_that_is_told_once_and_its_end(
    tmp_path, noun, how, figure, words
):
    box = make(tmp_path)
    watch(box, 15, how)
    watch(box, 3, well)
    box.camera.eye.state.clock_off_s = 4.9
    watch(box, 30, well)
    assert box.told(noun) == [], "it was too short"
    watch(box, 60, how)
    (begun,) = box.told(noun)
    assert figure.items() <= begun["data"]["values"].items()
    assert begun["data"]["message_id"] == words
    assert box.health.assets[CAMERA] == "failing"
    box.camera.eye.state.clock_off_s = 0.0
    watch(box, 30, well)
    assert box.told(noun)[1]["data"]["values"]["begun_event"] == begun["id"]
    assert box.health.assets[CAMERA] == "ok"


def test_camera_when_it_is_lost_then_the_operator_reads_why_in_indonesian_and_figures_stay_as_they_are(tmp_path):
    box = make(tmp_path)

    def lost(state: Any) -> None:
        state.seen_s, state.reason = float("-inf"), because("no_stream").at("10.0.0.9")

    watch(box, 30, lost)
    (begun,) = box.told("camera.lost")
    assert (
        begun["data"]["message_id"]
        == "Kamera tidak mengirim gambar: 10.0.0.9: kamera tidak punya aliran di alamat ini;"
        " periksa jalur sub dan main di berkas situs"
    )
    assert begun["data"]["message_en"].endswith("check the path of sub and main in the site file")
    assert begun["data"]["values"]["what"].startswith("10.0.0.9: the camera has no stream of this address;")


@pytest.mark.parametrize("why", [LATE, MISSED])
def test_camera_when_hardly_any_picture_is_looked_at_then_that_is_told_with_its_cause(tmp_path, why):
    box = make(tmp_path)
    watcher = box.camera._watcher

    def seen(state: Any) -> None:
        watcher.pictures, watcher.inferences = watcher.pictures + 5, watcher.inferences + 5
        state.late += 1

    def unseen(state: Any) -> None:
        if why == LATE:
            state.late, watcher.pictures = state.late + 4, watcher.pictures + 1
        else:
            watcher.pictures, watcher.missed = watcher.pictures + 5, watcher.missed + 2
            watcher.inferences += 1

    watch(box, 60, seen)
    assert box.told("camera.unwatched") == []
    watch(box, 60, unseen)
    (begun,) = box.told("camera.unwatched")
    assert begun["data"]["values"]["what"] == why
    assert begun["data"]["message_id"] == f"Kamera hampir tidak diperiksa: {why.id}"
    assert begun["data"]["severity"] == "major"
    assert "unwatched" in box.health.reason(CAMERA)
    watch(box, 60, seen)
    assert len(box.told("camera.unwatched")) == 2


@pytest.mark.parametrize("each_s", [50, 20])
def test_camera_when_the_box_is_too_slow_then_that_is_told_although_the_stream_has_gaps(tmp_path, each_s):
    box = make(tmp_path)

    def unseen(state: Any) -> None:
        state.late += 5
        if not state.late % (5 * each_s):
            state.gaps = (*state.gaps[-9:], (box.clock.at_s, 2.0))

    watch(box, 5 * each_s, unseen)
    (begun,) = box.told("camera.unwatched")
    assert begun["data"]["values"]["what"] == LATE


def test_camera_when_what_a_gap_held_up_comes_all_at_once_and_old_then_the_box_is_not_blamed(tmp_path):
    box = make(tmp_path)
    watcher, seconds = box.camera._watcher, iter(range(1_000))

    def burst(state: Any) -> None:
        second = next(seconds)
        if second % 24 == 0:
            state.gaps = (*state.gaps[-9:], (box.clock.at_s, 12.0))
        if second % 24 < 4:
            state.late += 40
        else:
            watcher.pictures, watcher.inferences = watcher.pictures + 5, watcher.inferences + 5

    watch(box, 300, burst)
    assert box.told("camera.unwatched") == []


NOUNS = {
    "closed gudang": "intrusion.detected",
    "obstacle": "obstacle.detected",
    "lamp tiang-1": "lamp.failed",
    "camera recording": "recording.stopped",
    "camera turned": "camera.turned",
}
OPEN = json.dumps({key: [f"event of {key}", noun] for key, noun in NOUNS.items()})


def ended(box: StillBox) -> dict[str, str]:
    """Tell what ends as the box starts, by the key of what went on; and the sentence with which."""

    async def inside() -> None:
        await box.camera._recall()
        await box.turn()

    asyncio.run(inside())
    found = {}
    for key, noun in NOUNS.items():
        for event in box.told(noun):
            assert event["data"]["values"]["begun_event"] == f"event of {key}"
            assert event["data"]["values"]["what"] == UNWATCHED
            found[key] = event["data"]["message_en"]
    return found


def test_camera_when_its_site_file_is_the_same_then_nothing_ends_by_a_restart_and_all_still_holds(
    tmp_path, colour_models
):
    notes = {f"camera {CAMERA}": OPEN}
    content = {"models": colour_models, "vision": COLOURS, "zones": [YARD, LAMP]}
    box = make(tmp_path, notes, main="rtsp://127.0.0.1:9/y", **content)
    assert ended(box) == {}
    watcher = box.camera._watcher
    judged = watcher._incidents._conditions | {"camera turned": watcher.eyesight.conditions["turned"]}
    assert {key for key, condition in judged.items() if condition.holds} == set(NOUNS) - {"camera recording"}
    assert box.camera._fitness._judged["recording"].holds


@pytest.mark.parametrize(("noun", "films"), [("obstacle.detected", 1), ("camera.turned", 0), ("recording.stopped", 0)])
def test_camera_when_something_begins_then_only_what_can_be_seen_is_filmed(tmp_path, noun, films):
    box = make(tmp_path, main="rtsp://127.0.0.1:9/y")
    asyncio.run(box.camera._raise(Happening("key", noun, begun=True, at_s=box.clock.now_s(), values={"what": "x"})))
    assert len(box.camera._films) == films
    assert len(box.told(noun)) == 1


def test_watcher_when_no_interpreter_is_free_then_that_is_counted(tmp_path, colour_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "PATIENCE_S", 0.01)
    watcher = Watcher(place_of(), colour_pool, Eyesight(), (-7.65, 112.69))
    model = colour_pool._free.get()
    watcher.look(frame_of(road()), 1_000.0)
    assert (watcher.missed, watcher.inferences, colour_pool.missed) == (1, 0, 1)
    colour_pool._free.put(model)
    watcher.look(frame_of(road()), 1_000.2)
    assert (watcher.missed, watcher.inferences, colour_pool.missed) == (1, 1, 1)


def tries_until(count: int, error: Exception, within_s: float) -> int:
    """Give how often a stream is tried that always fails."""
    tries, enough = [], threading.Event()

    def read() -> None:
        tries.append(1)
        if len(tries) >= count:
            enough.set()
        raise error

    thread = StreamThread("x", read, lambda _: None)
    thread.start()
    enough.wait(within_s)
    thread.stop()
    assert thread.join(5)
    return len(tries)


def test_stream_when_it_is_refused_then_the_next_try_is_much_later_than_after_a_loss(monkeypatch):
    monkeypatch.setattr(stream_thread, "RECONNECT_BASE_S", 0.005)
    monkeypatch.setattr(stream_thread, "RECONNECT_CAP_S", 0.01)
    assert tries_until(10, Unavailable("nothing came"), 20) >= 10
    assert tries_until(2, Refused("the credentials"), 0.5) == 1
    assert tries_until(2, Misconfigured("no video"), 0.5) == 1


def test_camera_when_its_site_file_is_changed_then_what_nobody_looks_at_any_more_ends_in_so_many_words(
    tmp_path, colour_models
):
    notes = {f"camera {CAMERA}": OPEN}
    renamed = [YARD | {"name": "halaman"}]
    found = ended(make(tmp_path, notes, models=colour_models, vision=COLOURS, zones=renamed))
    assert set(found) == {"closed gudang", "lamp tiang-1", "camera recording"}
    assert all("no longer watched" in words for words in found.values())
    assert set(json.loads(notes[f"camera {CAMERA}"])) == {"obstacle", "camera turned"}


def test_camera_when_it_has_no_detector_any_more_then_only_lamps_are_still_looked_at(tmp_path):
    found = ended(make(tmp_path, {f"camera {CAMERA}": OPEN}, zones=[YARD, LAMP]))
    assert set(found) == {"closed gudang", "obstacle", "camera recording"}


def test_camera_when_its_detector_is_refused_then_what_it_found_goes_on_until_it_is_mended(tmp_path):
    zones = {"vision": COLOURS, "zones": [YARD, LAMP], "main": "rtsp://127.0.0.1:9/y"}
    assert ended(make(tmp_path, {f"camera {CAMERA}": OPEN}, **zones)) == {}
