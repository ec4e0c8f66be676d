"""The shipped model: the same in both runtimes, and not blind on scenes that training never saw."""

from itertools import count, islice
from pathlib import Path

import av
import numpy as np
import pytest

from edge.site_vision import Detector
from edge.vision.model import read_model
from edge.vision.pool import InterpreterPool
from edge.vision.regions import Gaze
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind
from simulators.training.dataset import LABELS, PAD_PX, PICTURE_PX, STATES, WIDTH_PX, letterbox
from simulators.training.scenes import EVALUATION_FROM, scene
from simulators.training.score import RUNTIMES, Model, overlap

MODELS = Path(__file__).parents[2] / "firmware-config" / "models"
PATH = MODELS / "roadside-2.tflite"


@pytest.fixture(scope="module")
def looked():
    """Pictures of two scenes by day, with their truth and what each runtime made of them."""
    by_day = (one for one in map(scene, count(EVALUATION_FROM)) if one.condition == "day")
    models = []
    for runtime in RUNTIMES:
        pytest.importorskip(runtime, reason=f"{runtime} has no wheel for this Python")
        models.append(Model(PATH, runtime))
    found = []
    for one in islice(by_day, 2):
        renderer = Renderer("CAM", one.view.place, one.view.pose)
        for moment in one.moments(3):
            picture, truth = renderer.render(moment)
            found.append((picture, truth, [model.look(letterbox(picture)) for model in models]))
    return found


def test_both_runtimes_give_nearly_the_same(looked):
    for _, _, (old, new) in looked:
        assert np.abs(old.scene - new.scene).max() < 0.15
        strong = old.rows[old.rows[:, 5] > 0.5]
        for row in strong:
            assert overlap(row[1:5], new.rows[new.rows[:, 0] == row[0], 1:5]).max(initial=0) > 0.8


def test_most_large_vehicles_by_day_are_found(looked):
    hits = []
    for _, truth, (old, _) in looked:
        for box in truth.boxes:
            if box.kind is not Kind.PERSON and box.visible > 0.8 and box.bottom - box.top > 28:
                edges = np.array([box.left, box.top + PAD_PX, box.right, box.bottom + PAD_PX], np.float32)
                vehicles = old.rows[(old.rows[:, 0] > 0) & (old.rows[:, 5] > 0.3), 1:5]
                hits.append(overlap(edges, vehicles).max(initial=0) > 0.5)
    assert len(hits) >= 5
    assert np.mean(hits) > 0.8


def test_what_is_scored_is_what_a_box_makes_of_the_same_picture(looked):
    pool = InterpreterPool(read_model(MODELS, Detector(model=PATH.name)), 1)
    sizes = np.array([WIDTH_PX, PICTURE_PX] * 2, np.float32)
    for picture, _, (scored, _) in looked[::3]:
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        seen = Gaze(pool).find(frame, np.ones((90, 160), np.uint8))
        strong = scored.rows[scored.rows[:, 5] >= 0.3]
        shared = np.array([overlap(row[1:5] - [0, PAD_PX, 0, PAD_PX], seen.boxes * sizes) for row in strong])
        alike = (shared.max(axis=1) > 0.98) & (seen.classes[shared.argmax(axis=1)] == strong[:, 0])
        assert abs(len(strong) - int((seen.scores >= 0.3).sum())) <= 1
        assert alike.mean() > 0.8  # of two answers with the same score either may stay
        assert [seen.states[state] for state in STATES] == pytest.approx(scored.scene.tolist())


def test_its_label_files_are_in_the_order_of_the_truth():
    assert (MODELS / "roadside-2.labels.txt").read_text().split() == list(LABELS)
    assert (MODELS / "roadside-2.states.txt").read_text().split() == list(STATES)


def test_its_card_stands_beside_it():
    card = (MODELS / "roadside-2.md").read_text()
    assert "AP50" in card
    assert "simulators.training score" in card
