"""Every model that is shipped loads as a box would load it, in both runtimes, and tells the states that events need."""

from pathlib import Path

import numpy as np
import pytest

from edge.site_vision import Detector
from edge.vision import runtime
from edge.vision.model import Model, read_model

MODELS = sorted(Path("firmware-config/models").glob("*.tflite"))


def test_models_when_looked_for_then_one_is_shipped_with_its_card():
    assert MODELS
    assert all(path.with_suffix(".md").exists() for path in MODELS)


@pytest.mark.parametrize("package", ["tflite_runtime.interpreter", "ai_edge_litert.interpreter"])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_model_when_it_is_shipped_then_it_loads_and_answers_in_both_runtimes(path, package, monkeypatch):
    monkeypatch.setattr(runtime, "Interpreter", pytest.importorskip(package).Interpreter)
    model = Model(read_model(path.parent, Detector(model=path.name)))
    found = model.find(np.full((model.height_px, model.width_px, 3), 114, np.uint8))
    assert set(found.states) >= {"clear", "obstacle", "flood_shallow", "flood_deep", "crowd"}
    assert sum(found.states.values()) == pytest.approx(1, abs=0.05)
    assert len(found.scores) < 5
