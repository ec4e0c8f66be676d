"""What is made of pictures: motion, eyesight, evidence with its masks, times; and no secret in any word."""

import time
from types import SimpleNamespace

import av
import av.error
import cv2
import numpy as np
import pytest

from edge.errors import Refused, Unavailable
from edge.vision import evidence
from edge.vision.conditions import Condition
from edge.vision.evidence import Masks, jpeg_of, shrunk
from edge.vision.eye import LATE_S, Eye
from edge.vision.eyesight import Eyesight
from edge.vision.found import Found
from edge.vision.frame_clock import FrameClock
from edge.vision.happening import WORDINGS, Happening, say
from edge.vision.motion import MotionGate, shrink
from edge.vision.reasons import reason_of
from edge.vision.regions import Gaze, tiles
from edge.vision.stream import Address, explain
from edge.vision.sun import elevation_deg
from edge.vision.tracker import Tracker
from edge.vision.watcher import Watcher, luma_of
from tests.fix_vision import BLUE, GREEN, RED, YELLOW, driving, frame_of, place_of, road

T0 = 1_763_780_400.0
SITE = (-7.65, 112.69)


def luma(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def looks(gate, paint, seconds, began_s=T0):
    """Look five times a second; give the share of pictures that are worth an inference."""
    steps = range(round(seconds * 5))
    return sum(gate.look(shrink(luma(paint(step))), began_s + step / 5) for step in steps) / len(steps)


def test_gate_when_nothing_but_noise_moves_then_it_closes():
    gate = MotionGate()
    looks(gate, lambda n: road(seed=n), 3)
    assert looks(gate, lambda n: road(seed=100 + n), 10, T0 + 3) == 0


def test_gate_when_light_changes_slowly_then_it_stays_closed():
    gate = MotionGate()
    looks(gate, lambda n: road(seed=n), 3)
    assert looks(gate, lambda n: road(seed=n, ground=90 + n // 5), 10, T0 + 3) == 0


def test_gate_when_somebody_passes_then_it_opens_and_closes_a_second_after():
    gate = MotionGate()
    looks(gate, lambda n: road(seed=n), 3)
    assert looks(gate, lambda n: road((100 + 20 * n, 200, RED), seed=n), 4, T0 + 3) > 0.9
    looks(gate, lambda n: road(seed=n), 6, T0 + 7)
    assert looks(gate, lambda n: road(seed=n), 3, T0 + 13) == 0


def test_gate_when_a_vehicle_parks_then_it_soon_costs_nothing():
    gate = MotionGate()
    looks(gate, lambda n: road(seed=n), 3)
    looks(gate, lambda n: road((320, 200, RED), seed=n), 15, T0 + 3)
    assert looks(gate, lambda n: road((320, 200, RED), seed=n), 5, T0 + 18) == 0


def test_gate_when_only_the_cameras_clock_runs_or_trees_outside_the_zones_sway_then_it_stays_closed():
    gate = MotionGate([[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]])

    def paint(n):
        picture = road((100 + 30 * (n % 5), 60, BLUE), seed=n)
        cv2.putText(picture, f"10:00:{n:02}", (10, 352), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
        return picture

    looks(gate, paint, 3)
    assert looks(gate, paint, 8, T0 + 3) == 0


def see(eyes, paint, seconds, began_s=T0):
    told = []
    for step in range(seconds):
        picture = luma(paint(step))
        told += eyes.look(picture, shrink(picture), began_s + step)
    return told


def view(n, *, ground=100):
    """A road with a house and a car."""
    picture = road((60 * n % 640, 250, RED), seed=n, ground=ground)
    picture[40:140, 80:300] = (150, 170, 190)
    picture[60:90, 100:280:40] = 30
    return picture


FAULTS = {
    "frozen": lambda _: view(3),
    "darkened": lambda n: road(seed=n, ground=0) // 8,
    "covered": lambda n: np.clip(
        np.full((360, 640, 3), 70) + np.random.default_rng(n).integers(-3, 4, (360, 640, 1)), 0, 255
    ),
    "defocused": lambda n: cv2.GaussianBlur(view(n), (0, 0), 9),
    "turned": lambda n: np.roll(view(n), (90, 260), (0, 1)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_eyesight_when_something_is_wrong_then_it_alone_is_told_within_a_minute_and_its_end_too(name):
    eyes = Eyesight()
    assert see(eyes, view, 60) == []
    assert not eyes.is_doubtful
    assert see(eyes, lambda n: FAULTS[name](n).astype(np.uint8), 1, T0 + 60) == []
    assert eyes.is_doubtful is (name != "frozen")  # from the first look on; what is frozen shows what was true
    assert see(eyes, lambda n: FAULTS[name](n + 1).astype(np.uint8), 7, T0 + 61) == []
    assert (eyes.is_doubtful, eyes.is_repeated) == (name != "frozen", name == "frozen")  # until it is sure
    assert eyes.is_clear
    assert see(eyes, lambda n: FAULTS[name](n + 8).astype(np.uint8), 37, T0 + 68) == [name]
    assert not eyes.is_clear
    assert see(eyes, view, 45, T0 + 105) == [name]
    assert eyes.is_clear


def test_eyesight_when_the_box_restarts_then_it_still_knows_what_it_should_see(tmp_path):
    eyes = Eyesight(tmp_path / "cam.npz")
    see(eyes, view, 100)
    assert see(Eyesight(tmp_path / "cam.npz"), FAULTS["turned"], 30, T0 + 200) == ["turned"]
    (tmp_path / "cam.npz").write_bytes(b"PK broken")
    assert see(Eyesight(tmp_path / "cam.npz"), FAULTS["turned"], 30, T0 + 200) == []


def test_eyesight_when_its_zones_are_drawn_anew_then_it_learns_the_view_that_is_there(tmp_path):
    see(Eyesight(tmp_path / "cam.npz", drawn="before"), view, 70)
    told = {
        drawn: see(Eyesight(tmp_path / "cam.npz", drawn=drawn), FAULTS["turned"], 20, T0 + 200)
        for drawn in ("before", "anew")
    }
    assert told == {"before": ["turned"], "anew": []}


def cobbles(n, *, is_wet=False):
    """A camera that looks down on cobbles with a fence behind them, or on water with a fence behind it."""
    picture = road(seed=n, ground=170)
    if not is_wet:
        picture[120:350:6, :] = picture[120:350, ::6] = 70
    picture[:48:6, :] = picture[:48, ::6] = 20
    return picture


def test_eyesight_when_water_covers_all_but_a_fifth_of_what_has_detail_then_the_lens_is_not_out_of_focus():
    eyes = Eyesight()
    assert see(eyes, cobbles, 60) == []
    assert see(eyes, lambda n: cobbles(n, is_wet=True), 60, T0 + 60) == []


def test_eyesight_when_day_becomes_night_then_nothing_is_told():
    eyes = Eyesight()
    assert see(eyes, lambda n: view(n, ground=max(30, 120 - n // 2)), 200) == []


def test_eyesight_when_water_or_a_tree_covers_half_of_what_it_knows_then_nothing_is_told():
    def flooded(n):
        picture = view(n)
        picture[150:] = (150, 165, 175)
        return np.clip(picture + np.random.default_rng(n).integers(-3, 4, picture.shape), 0, 255).astype(np.uint8)

    def blocked(n):
        picture = view(n)
        for row in range(180, 300, 6):
            cv2.line(picture, (0, row), (639, row + 20), (30, 30 + row % 60, 20), 3)
        return picture

    for covered in (flooded, blocked):
        eyes = Eyesight()
        assert see(eyes, view, 60) == []
        assert see(eyes, covered, 60, T0 + 60) == []


def test_eyesight_when_it_begins_before_a_dark_even_road_in_the_rain_then_nothing_is_told():
    def night(n):
        random = np.random.default_rng(n)
        picture = np.full((360, 640, 3), 30, np.uint8)
        for x, y in random.integers((0, 0), (640, 340), (1500, 2)).tolist():
            cv2.line(picture, (x, y), (x + 2, y + 16), (75, 75, 75), 1)
        return picture

    eyes = Eyesight()
    assert see(eyes, night, 40) == []
    assert eyes.is_clear


MASK = [(0.25, 0.25), (0.5, 0.25), (0.5, 0.5), (0.25, 0.5)]


def test_evidence_when_a_camera_has_masks_then_nothing_of_what_is_behind_is_in_the_picture(colour_pool):
    """Behind the mask stands something bright; boxes and zones are drawn over, never under it."""
    picture = road((240, 135, (255, 255, 255)), seed=1)
    coded = jpeg_of(frame_of(picture), Masks([MASK]), (), ())
    decoded = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    inner = decoded[92:178, 162:318]
    assert inner.max() < 12
    assert decoded[230:, :].mean() > 60


def test_evidence_when_somebody_is_behind_a_mask_then_no_box_shows_it():
    tracker = Tracker()
    behind = Found(np.array([[0.3, 0.3, 0.4, 0.45]], np.float32), np.array([0]), np.array([0.9], np.float32))
    tracker.follow(behind, 0.0, 0.5)
    coded = jpeg_of(frame_of(road(seed=1)), Masks([MASK]), tracker.tracks, MASK)
    decoded = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    assert decoded[92:178, 162:318].max() < 12


def test_evidence_when_somebody_is_found_in_a_zone_then_the_box_and_the_zone_are_drawn_round_what_they_are_of():
    tracker, frame = Tracker(), frame_of(road(seed=1))
    car = Found(np.array([[0.5, 0.5, 0.7, 0.8]], np.float32), np.array([2]), np.array([0.9], np.float32))
    tracker.follow(car, 0.0, 0.5)
    zone = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4)]
    with_both, plain = (
        cv2.imdecode(np.frombuffer(jpeg_of(frame, Masks([]), *drawn), np.uint8), cv2.IMREAD_COLOR).astype(int)
        for drawn in ((tracker.tracks, zone), ((), ()))
    )
    more = with_both - plain  # blue, green, red
    for edge in (more[180, 330:440], more[288, 330:440], more[190:280, 320], more[190:280, 448]):  # a car's is green
        assert edge[:, 1].mean() > 50
        assert edge[:, 1].mean() > edge[:, [0, 2]].mean() + 40
    for edge in (more[36, 70:250], more[144, 70:250], more[45:135, 64], more[45:135, 256]):  # a zone's is yellow
        assert edge[:, 1:].mean() > 50
        assert edge[:, 1:].mean() > edge[:, 0].mean() + 40
    assert abs(more[190:280, 330:440]).mean() < 3
    assert abs(more[45:135, 75:245]).mean() < 3


ELSEWHERE = {
    "aside": lambda n: np.roll(view(n), 200, axis=1),
    "a wall": lambda n: cv2.GaussianBlur(np.roll(view(n), 300, axis=1), (0, 0), 3),
}


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.parametrize("masks", [[], [MASK]])
def test_picture_when_a_camera_with_masks_is_turned_then_none_leaves_for_they_hide_something_else(where, masks):
    watcher = Watcher(place_of(masks=masks), None, Eyesight(), SITE)
    for n in range(60):
        watcher.look(frame_of(view(n)), T0 + n)
        assert watcher.picture(frame_of(view(n)))
    told = []
    for n in range(60, 150):
        turned = frame_of(ELSEWHERE[where](n))
        assert bool(watcher.picture(turned)) is not bool(masks)
        told += watcher.look(turned, T0 + n)
    assert told
    assert {bool(one.picture) for one in told} == {not masks}


@pytest.mark.parametrize("noun", ["obstacle.detected", "camera.frozen"])
def test_happenings_when_a_camera_has_masks_then_every_picture_of_it_is_masked(colour_pool, noun):
    watcher = Watcher(place_of(masks=[MASK]), colour_pool, Eyesight(), SITE)
    told = []

    def paint(n):
        if n < 300:
            return view(n)
        if noun == "camera.frozen":
            return view(3)
        picture = road(seed=n)
        picture[60:330] = GREEN
        return picture

    for n in range(700):
        picture = paint(n)
        picture[95:175, 165:315] = 255
        told += watcher.look(frame_of(picture), T0 + n / 5)
    pictures = [one.picture for one in told if one.noun == noun]
    assert pictures
    for one in told:
        decoded = cv2.imdecode(np.frombuffer(one.picture, np.uint8), cv2.IMREAD_COLOR)
        assert decoded[97:173, 167:313].max() < 12


def test_watcher_when_the_road_is_empty_then_it_hardly_infers(colour_pool):
    watcher = Watcher(place_of(), colour_pool, Eyesight(), SITE)
    for n in range(150):
        watcher.look(frame_of(road(seed=n)), T0 + n / 5)
    assert watcher.inferences <= 5 + 30 / 2 + 1


def test_watcher_when_somebody_turns_between_gates_then_he_is_looked_at_there(colour_pool):
    gates = [
        {"name": name, "kind": "gate", "polygon": [[x, 0.3], [x + 0.15, 0.3], [x + 0.15, 0.9], [x, 0.9]]}
        for name, x in (("barat", 0.02), ("timur", 0.83))
    ]
    ways = [{"name": "lurus", "origin": "barat", "destination": "timur"}]
    looked = []
    for movements in (ways, []):
        watcher = Watcher(place_of(zones=gates, movements=movements), colour_pool, Eyesight(), SITE)
        for n in range(60):
            watcher.look(frame_of(road((200 + 8 * (n % 30), 200, RED), seed=n)), T0 + n / 5)
        looked.append(watcher.inferences)
    assert looked[0] == 60
    assert looked[1] < 30


def test_watcher_when_the_size_changes_then_it_goes_on(colour_pool):
    watcher = Watcher(place_of(), colour_pool, Eyesight(), SITE)
    for n in range(60):
        picture = driving(n, 5)
        watcher.look(frame_of(picture if n < 30 else cv2.resize(picture, (480, 270))), T0 + n / 5)
    assert [track.kind for track in watcher.tracker.tracks if track.is_sure] == ["car"]


@pytest.mark.parametrize(("x", "y"), [(640, 360), (680, 360), (640, 500), (700, 390), (340, 210)])
def test_tiles_when_a_picture_is_cut_then_a_thing_is_found_once_and_in_its_place_on_a_seam_too(colour_pool, x, y):
    big = cv2.resize(road(seed=1), (1280, 720))
    big[y - 37 : y + 37, x - 55 : x + 55] = YELLOW
    gaze = Gaze(colour_pool, 2, 2)
    found = gaze.find(frame_of(big), np.ones((180, 320), np.uint8))
    assert len(tiles(2, 2)) == 4
    assert found.classes[found.scores > 0.35].tolist() == [0]
    assert found.boxes[0] * [1280, 720, 1280, 720] == pytest.approx([x - 55, y - 37, x + 55, y + 37], abs=30)
    assert gaze.find(frame_of(big), np.zeros((180, 320), np.uint8)).scores.size == 0


def test_luma_when_a_frame_is_padded_then_it_is_the_picture_without_copying():
    frame = frame_of(np.full((270, 482, 3), 128, np.uint8))
    assert luma_of(frame).shape == (270, 482)
    assert abs(int(luma_of(frame).mean()) - 126) < 4


def test_condition_when_it_lapses_shortly_then_it_begins_still_and_ends_only_after_its_time():
    condition = Condition(6, 10)
    changes = [(at_s, condition.holds) for at_s in range(9) if condition.look(at_s != 3, at_s)]
    assert changes == [(6, True)]
    assert not any(condition.look(seems=False, at_s=at_s) for at_s in range(9, 19))
    assert condition.look(seems=False, at_s=19)
    assert not condition.holds


def test_condition_when_it_only_flickers_then_it_never_begins():
    condition = Condition(6, 10)
    assert not any(condition.look(at_s % 8 < 3, at_s) for at_s in range(200))


def test_frame_clock_when_packets_jitter_then_times_run_evenly_and_never_ahead():
    clock = FrameClock()
    delays = np.abs(np.random.default_rng(4).normal(0, 0.2, 300))
    arrivals = np.maximum.accumulate(T0 + np.arange(300) / 10 + delays)
    taken = [clock.taken_at_s(n / 10, arrivals[n]) for n in range(300)]
    assert np.all(np.array(taken) <= arrivals)
    assert np.allclose(np.diff(taken[100:]), 0.1, atol=0.02)


def test_frame_clock_when_the_streams_times_begin_anew_then_it_follows():
    clock = FrameClock()
    for n in range(50):
        clock.taken_at_s(n / 10, T0 + n / 10)
    assert clock.taken_at_s(0.0, T0 + 100) == T0 + 100
    assert clock.taken_at_s(None, T0 + 101) == T0 + 101


@pytest.mark.parametrize("pace", [0.5, 0.9, 0.96, 1.05])
def test_frame_clock_when_the_streams_times_run_slow_then_pictures_do_not_grow_old(pace):
    clock, jitter = FrameClock(), np.random.default_rng(4).exponential(0.03, 1_000)
    ages = []
    for n in range(1_000):
        arrived_s = T0 + n / 5 + jitter[n]
        ages.append(arrived_s - clock.taken_at_s(n / 5 * pace, arrived_s, waited_s=0.15))
    assert max(ages[100:]) < LATE_S / 2
    assert min(ages) >= 0


def test_frame_clock_when_the_reader_falls_behind_then_pictures_are_as_old_as_they_are():
    clock = FrameClock()
    for n in range(200):
        clock.taken_at_s(n / 5, T0 + n / 5, waited_s=0.15)
    for n in range(200, 600):
        arrived_s = T0 + n / 5 + (n - 200) / 5 * 0.02
        taken_s = clock.taken_at_s(n / 5, arrived_s, waited_s=0.0)
    assert arrived_s - taken_s == pytest.approx(1.6, abs=0.15)


def test_address_when_shown_or_failing_then_the_password_is_in_no_word():
    address = Address("rtsp://10.0.0.9/main", "kepala:p@ss/wörd")
    assert address.secret_url() == "rtsp://kepala:p%40ss%2Fw%C3%B6rd@10.0.0.9/main"
    kinds = (av.error.HTTPUnauthorizedError, av.error.ExitError, av.error.InvalidDataError, av.error.BugError)
    errors = [kind(5, f"failed for {address.secret_url()}", address.secret_url()) for kind in kinds]
    found = [explain(error, address) for error in errors]
    told = [repr(address), *map(str, found), *(reason_of(error).id for error in found)]
    assert not [one for one in told if "p%40ss" in one or "p@ss" in one]
    assert isinstance(explain(av.error.HTTPUnauthorizedError(1, "x"), address), Refused)
    assert isinstance(explain(OSError(113, "x"), address), Unavailable)


def test_sentences_when_said_then_each_kind_has_both_languages_for_beginning_and_end():
    for noun in WORDINGS:
        for begun in (True, False):
            sentences = say(Happening("k", noun, begun, T0, {"place": "utara", "what": "x"}))
            assert all(sentences)
            assert not any("{" in one for one in sentences)


def test_sun_when_calculated_then_noon_and_midnight_in_pasuruan_are_right():
    noon_utc = 1_766_278_800.0 - (1_766_278_800.0 % 86_400) + 4.45 * 3_600  # December solstice, about 11:27 WIB
    assert elevation_deg(*SITE, noon_utc) == pytest.approx(90 - (23.44 - 7.65), abs=1.0)
    assert elevation_deg(*SITE, noon_utc + 12 * 3_600) < -50


@pytest.mark.parametrize("twice", [MASK, [(0.375, 0.375), (0.6, 0.375), (0.6, 0.6), (0.375, 0.6)]])
def test_evidence_when_masks_overlap_then_what_they_share_is_black_as_well(twice):
    picture = road((240, 135, (255, 255, 255)), seed=1)
    coded = jpeg_of(frame_of(picture), Masks([MASK, twice]), (), ())
    decoded = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    assert decoded[92:178, 162:318].max() < 12


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (641, 361)])
def test_masks_when_the_size_has_changed_then_they_cover_all_of_their_place_and_two_pixels_more(size):
    masks = Masks([MASK])
    masks.burn(np.full((270, 480, 3), 255, np.uint8))
    picture = masks.burn(np.full((size[1], size[0], 3), 255, np.uint8))
    corners = np.array(MASK) * (np.array(size) - 1)
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    assert picture[top - 1 : bottom + 2, left - 1 : right + 2].max() == 0
    assert picture[: top - 4].min() == picture[:, : left - 4].min() == picture[bottom + 5 :].min() == 255


def test_picture_when_it_is_shrunk_for_a_live_view_then_its_longer_side_is_so_long_and_others_stay():
    for width, height in ((1920, 1080), (360, 1280)):
        is_done, coded = cv2.imencode(".jpg", np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8))
        small = cv2.imdecode(np.frombuffer(shrunk(bytes(coded), 640, 1 << 24), np.uint8), cv2.IMREAD_COLOR)
        assert is_done
        assert max(small.shape) == 640
        assert small.shape[1] / small.shape[0] == pytest.approx(width / height, rel=0.01)
        assert shrunk(bytes(coded), 1_920, 1 << 24) == bytes(coded)
    assert shrunk(b"\xff\xd8\xff", 640, 1 << 24) == b"\xff\xd8\xff"


def test_evidence_when_it_has_too_many_bytes_then_it_is_halved_until_it_fits(monkeypatch):
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
    whole = jpeg_of(frame_of(noise), Masks([]), [])
    monkeypatch.setattr(evidence, "MOST_BYTES", len(whole) // 12)
    small = jpeg_of(frame_of(noise), Masks([[(0, 0), (0.5, 0), (0.5, 1), (0, 1)]]), [])
    assert len(small) <= len(whole) // 12
    shown = cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[:2] in {(180, 320), (90, 160)}
    assert shown[:, : shown.shape[1] // 2 - 4].mean() < 2, "what is private stays black"
    monkeypatch.setattr(evidence, "MOST_BYTES", 10)
    assert jpeg_of(frame_of(noise), Masks([]), []) is None


def an_eye(watcher):
    return Eye("TD-01.cam-1", Address("rtsp://10.0.0.9/x"), watcher, 5.0, lambda _: None)


def test_eye_when_a_picture_is_old_then_it_is_counted_and_not_looked_at():
    watcher = Watcher(place_of(), None, Eyesight(), SITE)
    eye, now_s = an_eye(watcher), time.monotonic()
    eye._take(frame_of(road()), now_s - 2 * LATE_S)
    assert (eye.state.late, watcher.pictures) == (1, 0)
    eye._take(frame_of(road()), now_s)
    assert (eye.state.late, watcher.pictures) == (1, 1)


@pytest.mark.parametrize("size", [(8, 8), (640, 2), (16, 10)])
def test_eye_when_pictures_are_tiny_then_that_is_said_with_what_to_set(size):
    frame = SimpleNamespace(width=size[0], height=size[1], is_corrupt=False)
    decoder = SimpleNamespace(decode=lambda _: [frame])
    stream = SimpleNamespace(video=SimpleNamespace(codec_context=decoder))
    eye = an_eye(Watcher(place_of(), None, Eyesight(), SITE))
    assert eye._decoded(stream, SimpleNamespace(packet=None)) == []
    assert eye._why_none("h264").startswith(f"sends {size[0]}x{size[1]} pixels; set")
    assert eye.state.broken == 1


WINDOW = [(0.65, 0.15), (0.9, 0.15), (0.9, 0.35), (0.65, 0.35)]


def test_eyesight_when_something_is_private_then_its_memory_on_disk_shows_nothing_of_it(tmp_path):
    kept = []
    for painted in (view, lambda n: behind_a_mask(view(n), n)):
        see(Eyesight(tmp_path / "cam.npz", [WINDOW]), painted, 70)
        with np.load(tmp_path / "cam.npz") as file:
            kept.append({name: file[name] for name in ("maps", "edges")})
        assert see(Eyesight(tmp_path / "cam.npz", [WINDOW]), FAULTS["turned"], 20, T0 + 100) == ["turned"]
        (tmp_path / "cam.npz").unlink()
    for one, other in zip(kept[0].values(), kept[1].values(), strict=True):
        assert one.any()
        np.testing.assert_array_equal(one, other)


def behind_a_mask(picture, n):
    """Put a window with somebody in it where the mask will be."""
    picture[60:120, 420:560] = 200
    cv2.putText(picture, f"who {n % 2}", (430, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
    return picture


def test_gate_when_a_zone_lies_over_a_lane_then_motion_in_both_opens_it():
    lane, zone = [(0.0, 0.3), (1.0, 0.3), (1.0, 0.8), (0.0, 0.8)], [(0.0, 0.2), (1.0, 0.2), (1.0, 0.9), (0.0, 0.9)]
    gate = MotionGate([lane, zone])
    looks(gate, lambda n: road(seed=n), 3)
    assert looks(gate, lambda n: road((100 + 20 * n, 200, RED), seed=n), 4, T0 + 3) > 0.9


@pytest.mark.parametrize("damage", ["cut", "flipped", "no numbers"])
def test_eyesight_when_its_memory_is_damaged_then_it_is_learnt_anew(tmp_path, damage):
    kept = {"maps": np.ones((3, 22, 40), np.float32), "figures": np.full((3, 3), 50.0, np.float32)}
    np.savez(tmp_path / "cam.npz", **kept)
    whole = (tmp_path / "cam.npz").read_bytes()
    if damage == "cut":
        (tmp_path / "cam.npz").write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        (tmp_path / "cam.npz").write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    else:
        np.savez(tmp_path / "cam.npz", **(kept | {"maps": kept["maps"] * np.nan}))
    assert Eyesight(tmp_path / "cam.npz")._figures.sum() == 0
