"""A model is run once in a process of its own: whatever it does there, the agent lives and says which file it was."""

import os
import sys
from pathlib import Path

import pytest

from edge.site_vision import Detector
from edge.vision import assemble, proving
from edge.vision.assemble import Detectors

COLOURS = Detector(model="colours.tflite", head="centre_point")


def stand_in(path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Let this run in place of the child; each run leaves a line in the file that is given back."""
    program, runs = path / "child", path / "runs"
    program.write_text(f"#!/bin/sh\necho x >> {runs}\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(proving.sys, "executable", str(program))
    return runs


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -SEGV $$", "ends the process that runs it (SIGSEGV)"),
        ("kill -KILL $$", "ends the process that runs it (SIGKILL)"),
        ("echo the runtime refuses it; exit 1", "the runtime refuses it"),
        ("exit 1", "it does not run"),
        ("sleep 60", "does not come back within"),
    ],
)
def test_model_when_it_would_end_or_hold_up_the_agent_then_it_is_refused_by_name_and_remembered(
    tmp_path, colour_models, monkeypatch, script, words
):
    monkeypatch.setattr(proving, "WITHIN_S", 0.3 if "sleep" in script else 30.0)
    runs = stand_in(tmp_path, monkeypatch, f"exec {script}" if "sleep" in script else script)
    for _ in range(2):
        pool, why = Detectors(colour_models, 1, tmp_path / "proven").pool(COLOURS)
        assert pool is None
        assert words in why
        assert "colours.tflite" in why
    assert len(runs.read_text().splitlines()) == 1, "the second start knows it"
    (found,) = (tmp_path / "proven").iterdir()
    os.utime(found, (0, 0))
    Detectors(colour_models, 1, tmp_path / "proven").pool(COLOURS)
    assert len(runs.read_text().splitlines()) == 2, "a day later it is tried again"


def test_model_when_it_runs_then_it_is_taken_and_not_tried_again(tmp_path, colour_models, monkeypatch):
    pool, why = Detectors(colour_models, 1, tmp_path / "proven").pool(COLOURS)
    assert (pool is not None, why) == (True, "")
    monkeypatch.setattr(proving.sys, "executable", "/nowhere")
    pool, why = Detectors(colour_models, 1, tmp_path / "proven").pool(COLOURS)
    assert pool is not None


def test_model_when_its_form_is_wrong_then_the_child_says_what_the_runtime_says(tmp_path):
    with pytest.raises(Exception, match=r"model x\.tflite: the runtime refuses it"):
        proving.prove("x.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 100, None)


def test_model_when_loading_it_is_a_surprise_then_it_costs_its_cameras_and_not_the_box(
    tmp_path, colour_models, monkeypatch
):
    def surprise(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(assemble, "InterpreterPool", surprise)
    assert Detectors(colour_models, 1, None).pool(COLOURS) == (None, "model colours.tflite: MemoryError")
    assert sys.executable
