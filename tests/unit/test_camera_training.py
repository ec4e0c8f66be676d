"""The figures of a model card: targets and their decoding, average precision, scenes that never meet."""

import numpy as np
import pytest

from simulators.training.dataset import LABELS, MOST_BOXES, letterbox
from simulators.training.scenes import EVALUATION_FROM, TRAINING_FROM, WATCHING_FROM, scene
from simulators.training.score import average_precision, decode, overlap
from simulators.training.targets import targets

CAR, BUS = LABELS.index("car"), LABELS.index("bus")


def boxes(*rows: tuple[float, ...]):
    padded = np.full((MOST_BOXES, 6), -1, np.float32)
    padded[: len(rows)] = np.array(rows, np.float32).reshape(-1, 6)
    return padded


def found(*rows: tuple[float, ...]):
    return np.array(rows, np.float32).reshape(-1, 6)


def test_what_the_net_should_answer_is_decoded_to_the_boxes_it_was_drawn_from():
    true = boxes((CAR, 40, 60, 90, 100, 1), (BUS, 200, 20, 290, 96, 1), (0, 10, 150, 18, 170, 1))
    heat, shape = targets(true)
    rows = decode(heat, shape[..., :4])
    certain = rows[rows[:, 5] > 0.999]
    assert len(certain) == 3
    for row in true[:3]:
        (same,) = certain[certain[:, 0] == row[0]]
        assert same[1:5] == pytest.approx(row[1:5], abs=0.01)


def test_a_box_that_does_not_count_is_neither_a_centre_nor_a_fault():
    heat, shape = targets(boxes((CAR, 40, 60, 44, 63, 0)))
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
    one, two = (scene(EVALUATION_FROM + 3) for _ in range(2))
    assert (one.view, one.sky, one.state) == (two.view, two.sky, two.state)
    assert next(one.moments(1)).things == next(two.moments(1)).things


def test_scenes_of_training_and_evaluation_never_meet():
    hundred_thousand = 100_000
    assert TRAINING_FROM + hundred_thousand < WATCHING_FROM
    assert WATCHING_FROM + hundred_thousand < EVALUATION_FROM


def test_a_picture_is_letterboxed_as_rgb():
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[..., 0] = 200
    boxed = letterbox(picture)
    assert boxed.shape == (192, 320, 3)
    assert boxed[96, 160].tolist() == [0, 0, 200]
    assert boxed[2, 2].tolist() == [114, 114, 114]
