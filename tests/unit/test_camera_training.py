"""The figures of a model card: targets and their decoding, average precision, scenes that never meet."""

import cv2
import numpy as np
import pytest

from simulators.cameras.scene import State
from simulators.training import dataset
from simulators.training.change import changed
from simulators.training.course import BATCH, PARTS, Course, batch
from simulators.training.dataset import LABELS, MOST_BOXES, OBSTACLE, STATES, letterbox
from simulators.training.errors import KINDS, judged_of
from simulators.training.scenes import EVALUATION_FROM, TRAINING_FROM, WATCHING_FROM, scene
from simulators.training.score import Found, average_precision, decode, overlap, sifted, verdicts
from simulators.training.targets import targets

CAR, BUS = LABELS.index("car"), LABELS.index("bus")


def boxes(*rows: tuple[float, ...]):
    padded = np.full((MOST_BOXES, 6), -1, np.float32)
    padded[: len(rows)] = np.array(rows, np.float32).reshape(-1, 6)
    return padded


def rng(seed: int):
    return np.random.default_rng(seed)


def found(*rows: tuple[float, ...]):
    return np.array(rows, np.float32).reshape(-1, 6)


def test_what_the_net_should_answer_is_decoded_to_the_boxes_it_was_drawn_from():
    true = boxes((BUS, 400, 40, 580, 192, 1), (CAR, 80, 120, 180, 200, 1), (0, 20, 300, 36, 340, 1))
    heat, shape = targets(true)
    rows = decode(heat[..., : len(LABELS)], shape[..., :4])
    certain = rows[rows[:, 5] > 0.999]
    assert len(certain) == 3
    assert (rows[:, 5] > 0.2).sum() == 3  # each once, though many cells tell of it
    for row in true[:3]:
        (same,) = certain[certain[:, 0] == row[0]]
        assert same[1:5] == pytest.approx(row[1:5], abs=0.01)
    assert shape[..., 4].sum() == pytest.approx(3, abs=0.01)


def test_every_cell_that_learns_a_box_learns_the_same_box():
    _, shape = targets(boxes((BUS, 400, 40, 580, 192, 1)))
    cells = np.argwhere(shape[..., 4] > 0)
    assert len(cells) > 4
    for row, column in cells:
        heat = np.zeros((48, 80, 1), np.float32)
        heat[row, column] = 1
        assert decode(heat, shape[..., :4])[0, 1:5] == pytest.approx([400, 40, 580, 192], abs=0.01)


def test_what_lies_on_the_road_is_told_as_heat_and_has_no_box():
    heat, shape = targets(boxes((OBSTACLE, 100, 200, 300, 260, 1)))
    assert heat[..., OBSTACLE].max() == 1
    assert heat[..., : len(LABELS)].max() == 0
    assert shape[..., 4].sum() == 0


def test_a_box_that_does_not_count_is_neither_a_centre_nor_a_fault():
    heat, shape = targets(boxes((CAR, 80, 120, 88, 126, 0)))
    assert heat.min() == -1
    assert shape[..., 4].sum() == 0


def test_overlap_of_a_box_with_its_half_is_a_half():
    assert overlap(np.array([0, 0, 10, 10.0]), np.array([[0, 0, 10, 5], [20, 20, 30, 30.0]])).tolist() == [0.5, 0]


def test_average_precision_is_one_when_everything_is_found():
    true = [boxes((CAR, 0, 0, 10, 10, 1)), boxes((CAR, 5, 5, 30, 30, 1))]
    given = [found((CAR, 0, 0, 10, 10, 0.9)), found((CAR, 5, 5, 30, 30, 0.4))]
    assert average_precision(given, true, CAR) == 1.0


def test_average_precision_counts_misses_false_ones_and_doubles():
    true = [boxes((CAR, 0, 0, 10, 10, 1), (CAR, 50, 50, 60, 60, 1))]
    given = [found((CAR, 0, 0, 10, 10, 0.9), (CAR, 0, 0, 10, 9, 0.8), (CAR, 80, 80, 90, 90, 0.7))]
    assert average_precision(given, true, CAR) == pytest.approx(0.5)
    wrong_first = [found((CAR, 80, 80, 90, 90, 0.95), (CAR, 0, 0, 10, 10, 0.9), (CAR, 50, 50, 60, 60, 0.8))]
    assert average_precision(wrong_first, true, CAR) == pytest.approx(2 / 3)


def test_a_detection_of_the_wrong_class_is_no_hit():
    assert average_precision([found((BUS, 0, 0, 10, 10, 0.9))], [boxes((CAR, 0, 0, 10, 10, 1))], CAR) == 0.0


def test_boxes_that_do_not_count_are_no_fault_where_they_are_found_and_no_miss_where_not():
    true = [boxes((CAR, 0, 0, 10, 10, 1), (CAR, 50, 50, 53, 53, 0))]
    sure = [found((CAR, 50, 50, 53, 53, 0.99), (CAR, 0, 0, 10, 10, 0.9))]
    assert average_precision(sure, true, CAR) == 1.0
    assert average_precision([found((CAR, 0, 0, 10, 10, 0.9))], true, CAR) == 1.0
    assert average_precision(sure, true, CAR, least_high_px=16) is None


def test_a_scene_follows_from_its_number_alone():
    one, two, other = (scene(EVALUATION_FROM + 3, variant) for variant in (0, 0, 1))
    assert (one.view, one.sky, one.state) == (two.view, two.sky, two.state)
    assert next(one.moments(1)).things == next(two.moments(1)).things
    assert other.view == one.view
    assert other.sky != one.sky


def test_scenes_of_training_and_evaluation_never_meet():
    hundred_thousand = 100_000
    assert TRAINING_FROM + hundred_thousand < WATCHING_FROM
    assert WATCHING_FROM + hundred_thousand < EVALUATION_FROM


def test_people_who_stand_a_cell_apart_are_all_told():
    true = boxes(*((0, x, 200, x + 10, 230, 1) for x in (100, 108, 116, 124)))
    heat, shape = targets(true)
    rows = decode(heat[..., : len(LABELS)], shape[..., :4])
    assert sorted(rows[rows[:, 5] > 0.3, 1].tolist()) == pytest.approx([100, 108, 116, 124], abs=0.01)


def test_of_two_answers_of_a_label_for_one_thing_the_better_one_stays():
    rows = found((CAR, 0, 0, 10, 10, 0.9), (BUS, 0, 0, 10, 9, 0.8), (CAR, 0, 1, 10, 11, 0.75), (CAR, 0, 6, 10, 16, 0.7))
    assert sifted(rows, np.ones(4, bool))[:, 5].tolist() == pytest.approx([0.9, 0.8, 0.7])


def test_an_answer_beside_a_better_one_stays_only_where_it_tells_of_something_else():
    rows = found((CAR, 0, 0, 10, 10, 0.9), (CAR, 0, 4, 10, 14, 0.8), (CAR, 0, 6, 10, 16, 0.7))
    slopes = np.array([True, False, False])
    assert sifted(rows, slopes)[:, 5].tolist() == pytest.approx([0.9, 0.7])


def one_picture(rows, *true: tuple[float, ...]):
    looked = [Found(rows, np.zeros(0, np.float32))]
    data = dataset.Dataset(None, boxes(*true)[None], np.zeros(1, np.int64), ["day"])
    return [judged_of(looked, data, [0], label) for label in range(len(LABELS))]


def test_errors_are_told_apart_by_label_place_repetition_and_nothing_there():
    rows = found(
        (CAR, 0, 0, 10, 10, 0.9),  # right
        (CAR, 0, 0, 10, 9, 0.8),  # the same once more
        (CAR, 100, 0, 110, 10, 0.7),  # a bus
        (CAR, 54, 50, 64, 60, 0.6),  # a car, but for its place
        (CAR, 300, 300, 310, 310, 0.5),
    )
    of = one_picture(
        rows, (CAR, 0, 0, 10, 10, 1), (CAR, 50, 50, 60, 60, 1), (CAR, 200, 0, 210, 10, 1), (BUS, 100, 0, 110, 10, 1)
    )
    assert [KINDS[kind] for _, kind, _ in of[CAR].wrong] == ["twice", "label", "place", "nothing there"]
    assert (of[CAR].total, of[CAR].missed, of[BUS].missed) == (3, 1, 0)


def test_what_mending_an_error_would_give_is_the_average_precision_without_it():
    rows = found((CAR, 54, 50, 64, 60, 0.9), (CAR, 0, 0, 10, 10, 0.8))
    car = one_picture(rows, (CAR, 0, 0, 10, 10, 1), (CAR, 50, 50, 60, 60, 1))[CAR]
    assert car.average_precision() == pytest.approx(0.25)
    assert car.average_precision(KINDS.index("place")) == 1.0
    assert (
        one_picture(rows[1:], (CAR, 0, 0, 10, 10, 1), (CAR, 200, 50, 210, 60, 1))[CAR].average_precision(all_found=True)
        == 1.0
    )


def test_a_mark_is_met_by_day_or_said_not_to_be():
    rows = [["", "all", "day"], ["AP50 person", "0.9", "0.640"], ["state, share right", "0.1", "0.950"]]
    assert [line.rsplit(": ", 1)[1] for line in verdicts(rows)] == ["not met", "met"]


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_picture_keeps_its_boxes_on_what_they_are_round(seed):
    picture = np.full((384, 640, 3), 40, np.uint8)
    picture[200:260, 300:360] = 220
    moved, rows = changed(picture, boxes((CAR, 300, 200, 360, 260, 1)), STATES.index(State.CLEAR), rng(seed))
    ys, xs = np.nonzero((moved.max(axis=2) > 150) & (np.ptp(moved.astype(int), axis=2) < 60))
    assert rows[0, 1:5] == pytest.approx([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], abs=3)


def test_a_thing_that_a_change_cuts_off_no_longer_counts():
    picture = np.zeros((384, 640, 3), np.uint8)
    edge = boxes((CAR, 0, 12, 40, 40, 1), (CAR, 600, 350, 640, 384, 1), (OBSTACLE, 0, 12, 40, 40, 1))
    cut = [changed(picture, edge, STATES.index(State.CLEAR), rng(seed))[1] for seed in range(40)]
    assert any(len(rows[rows[:, 0] == CAR]) < 2 or not rows[rows[:, 0] == CAR, 5].all() for rows in cut)
    assert all(rows[rows[:, 0] == OBSTACLE, 5].all() for rows in cut)


def test_a_data_set_gives_back_what_was_rendered(tmp_path):
    dataset.keep(tmp_path, dataset.rendered(TRAINING_FROM, 1, 2))
    one, other = dataset.load(tmp_path), dataset.load(tmp_path)
    assert len(one) == 2
    assert one.pictures[1].shape == (384, 640, 3)
    assert np.array_equal(one.pictures[1], other.pictures[1])
    with pytest.raises(IndexError):
        one.pictures[2]


def test_a_picture_is_letterboxed_as_rgb():
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[..., 0] = 200
    boxed = letterbox(picture)
    assert boxed.shape == (384, 640, 3)
    assert boxed[192, 320].tolist() == [0, 0, 200]
    assert boxed[4, 4].tolist() == [114, 114, 114]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dataset.Dataset:
    """A data set of three pictures of noise with something in each."""
    directory, random, boxed = tmp_path_factory.mktemp("set"), rng(5), boxes((CAR, 80, 120, 180, 200, 1))
    noise = [random.integers(0, 255, (dataset.PICTURE_PX, dataset.WIDTH_PX, 3), np.uint8) for _ in range(3)]
    dataset.keep(directory, [(bytes(cv2.imencode(".jpg", one)[1]), boxed, 0, "day") for one in noise])
    return dataset.load(directory)


@pytest.mark.parametrize("number", [2, 3], ids=["parts", "whole"])
def test_a_step_is_shown_the_same_again_and_another_seed_or_step_something_else(small, number):
    first = batch(small, Course(100, seed=1), number)
    again = batch(small, Course(100, seed=1), number)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len(first[0]) == (BATCH if number == 3 else PARTS)
    for other in (batch(small, Course(100, seed=2), number), batch(small, Course(100, seed=1), number + 3)):
        assert not np.array_equal(first[0], other[0])
