"""The shipped model: the same in both runtimes, and not blind on scenes that training never saw."""

from pathlib import Path

import numpy as np
import pytest

from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind
from simulators.training.dataset import LABELS, STATES, letterbox
from simulators.training.scenes import EVALUATION_FROM, scene
from simulators.training.score import RUNTIMES, Model, overlap

MODELS = Path(__file__).parents[2] / "firmware-config" / "models"
PATH = MODELS / "roadside-1.tflite"


@pytest.fixture(scope="module")
def looked():
    """Pictures of two scenes by day, with their truth and what each runtime made of them."""
    numbers = [n for n in range(EVALUATION_FROM, EVALUATION_FROM + 40) if scene(n).condition == "day"][:2]
    models = []
    for runtime in RUNTIMES:
        pytest.importorskip(runtime, reason=f"{runtime} has no wheel for this Python")
        models.append(Model(PATH, runtime))
    found = []
    for number in numbers:
        one = scene(number)
        renderer = Renderer("CAM", one.view.place, one.view.pose)
        for moment in one.moments(3):
            picture, truth = renderer.render(moment)
            found.append((truth, [model.look(letterbox(picture)) for model in models]))
    return found


def test_both_runtimes_give_nearly_the_same(looked):
    for _, (old, new) in looked:
        assert np.abs(old.scene - new.scene).max() < 0.15
        strong = old.rows[old.rows[:, 5] > 0.5]
        for row in strong:
            assert overlap(row[1:5], new.rows[new.rows[:, 0] == row[0], 1:5]).max(initial=0) > 0.8


def test_most_large_vehicles_by_day_are_found(looked):
    hits = []
    for truth, (old, _) in looked:
        scale = 320 / truth.width_px
        for box in truth.boxes:
            if box.kind is not Kind.PERSON and box.visible > 0.8 and (box.bottom - box.top) * scale > 14:
                edges = np.array([box.left, box.top + 12, box.right, box.bottom + 12], np.float32) * scale
                vehicles = old.rows[(old.rows[:, 0] > 0) & (old.rows[:, 5] > 0.2), 1:5]
                hits.append(overlap(edges, vehicles).max(initial=0) > 0.3)
    assert len(hits) >= 5
    assert np.mean(hits) > 0.4


def test_its_label_files_are_in_the_order_of_the_truth():
    assert (MODELS / "roadside-1.labels.txt").read_text().split() == list(LABELS)
    assert (MODELS / "roadside-1.states.txt").read_text().split() == list(STATES)


def test_its_card_stands_beside_it():
    card = (MODELS / "roadside-1.md").read_text()
    assert "AP50" in card
    assert "simulators.training score" in card
