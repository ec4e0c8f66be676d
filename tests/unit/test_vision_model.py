"""A detector is checked as a whole when it is loaded, and read alike whatever its head and its numbers are."""

import asyncio
from typing import Any

import numpy as np
import pytest

from edge.errors import Misconfigured
from edge.site_vision import Detector
from edge.vision import runtime
from edge.vision.assemble import Detectors
from edge.vision.heads import MOST_DETECTIONS, CentreHead, Output, StandardHead
from edge.vision.model import Model, read_model
from edge.vision.pool import InterpreterPool
from edge.vision.watcher import Watcher
from tests import tiny_models
from tests.fix_station import StillBox
from tests.tiny_models import FLOAT32, INT8, INT32, UINT8, colour_model, save, standard_model

PICTURE = np.full((tiny_models.HEIGHT, tiny_models.WIDTH, 3), 90, np.uint8)
PICTURE[40:56, 60:84] = (255, 0, 0)
PICTURE[8:24, 100:124] = (0, 0, 255)


def load(directory, content, labels=tiny_models.LABELS, states=(), **settings: Any):
    save(directory, "made", content, labels, states)
    return Model(read_model(directory, Detector(model="made.tflite", **settings)))


@pytest.mark.parametrize("kind", [UINT8, INT8, FLOAT32])
def test_centre_points_when_found_then_boxes_and_classes_are_right_for_every_number_type(tmp_path, kind):
    model = load(tmp_path, colour_model(kind), states=tiny_models.STATES, score=0.6, head="centre_point")
    found = model.find(PICTURE)
    assert model.head.name == "centre_point"
    assert found.classes.tolist() == [1, 2]
    scale = [tiny_models.WIDTH, tiny_models.HEIGHT] * 2
    assert np.allclose(found.boxes * scale, [[104, 12, 128, 28], [56, 36, 80, 52]], atol=0.5)
    assert found.states["clear"] > 0.9
    assert sum(found.states.values()) == pytest.approx(1, abs=1e-3)


def test_cells_when_bodies_stand_less_than_a_cell_apart_then_each_is_told_once():
    heat, shape = np.zeros((1, 6, 12, 1), np.float32), np.zeros((1, 6, 12, 4), np.float32)
    shape[..., 2:] = np.log([1.0, 3.0])
    for column, score, centre in ((4, 0.9, 4.5), (5, 0.8, 5.4), (3, 0.6, 4.5), (6, 0.5, 5.45)):
        heat[0, 3, column, 0], shape[0, 3, column, :2] = score, (centre - column, 0.5)
    outputs = [Output(heat, 0.0, 0), Output(shape, 0.0, 0)]
    assert CentreHead(0, 1).read(outputs, 0.3).scores.tolist() == pytest.approx([0.9, 0.8])
    assert CentreHead(0, 1, "centre_point").read(outputs, 0.3).scores.tolist() == pytest.approx([0.9])


def test_cells_when_there_are_very_many_then_the_best_are_taken():
    heat = np.linspace(0.5, 0.9, 48 * 80 * 2).reshape(1, 48, 80, 2).astype(np.float32)
    found = CentreHead(0, 1).read([Output(heat, 0.0, 0), Output(np.zeros((1, 48, 80, 4), np.float32), 0.0, 0)], 0.3)
    assert len(found.scores) <= MOST_DETECTIONS
    assert found.scores[0] == pytest.approx(0.9)


def test_standard_outputs_when_found_then_corners_are_turned_and_weak_ones_left_out(tmp_path):
    rows = [(0.1, 0.2, 0.3, 0.4, 2, 0.9), (0.5, 0.5, 0.6, 0.6, 0, 0.01)]
    found = load(tmp_path, standard_model(rows)).find(PICTURE)
    assert np.allclose(found.boxes, [[0.2, 0.1, 0.4, 0.3]])
    assert found.classes.tolist() == [2]


@pytest.mark.parametrize(
    ("classes_first", "numbers"), [(True, ("", ":1", ":2", ":3")), (False, (":3", ":1", ":2", ":0"))]
)
@pytest.mark.parametrize("row", [(0.1, 0.2, 0.3, 0.4, 2, 0.9), (0.1, 0.2, 0.3, 0.4, 1, 1.0)])
def test_standard_outputs_when_tensorflow_2_exported_them_then_scores_are_no_classes(
    tmp_path, classes_first, numbers, row
):
    """The second row could be read both ways; only the outputs' names tell."""
    content = standard_model([row], classes_first=classes_first, numbers=numbers)
    found = load(tmp_path, content).find(PICTURE)
    assert found.classes.tolist() == [row[4]]
    assert found.scores.tolist() == pytest.approx([row[5]])


def test_standard_outputs_when_neither_can_be_classes_then_the_model_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="none gives classes"):
        load(tmp_path, standard_model([(0.1, 0.2, 0.3, 0.4, 2.5, 0.9)]))


@pytest.mark.parametrize(("score", "is_told"), [(0.8, True), (0.3, False)])
def test_labels_when_one_is_beyond_the_file_then_it_is_nothing_known_and_the_status_says_so(tmp_path, score, is_told):
    rows = [(0.1, 0.2, 0.3, 0.4, 2, 0.9), (0.5, 0.5, 0.6, 0.6, 17, score)]
    save(tmp_path, "made", standard_model(rows))
    pool = InterpreterPool(read_model(tmp_path, Detector(model="made.tflite")), 1)
    assert pool.fault == ""
    assert pool.find(PICTURE).classes.tolist() == [2]
    assert bool(pool.fault) is is_told
    if is_told:
        assert pool.fault.startswith("model made.tflite: it tells label 17, but its labels file names only 5")
        assert pool.fault.id.startswith("model made.tflite: memberi label 17")


def test_pools_when_score_or_classes_differ_then_interpreters_are_shared_and_each_reads_its_own_way(tmp_path):
    rows = [(0.1, 0.2, 0.3, 0.4, 2, 0.9), (0.5, 0.5, 0.6, 0.6, 0, 0.5)]
    save(tmp_path, "made", standard_model(rows))
    detectors = Detectors(tmp_path, 2)
    ways = [{}, {"score": 0.95}, {"score": 0.95, "classes": {"car": "bus"}}, {"head": "standard"}]
    pools = [detectors.pool(Detector(model="made.tflite", **way))[0] for way in ways]
    assert [pool.find(PICTURE).classes.tolist() for pool in pools] == [[2, 0], [2, 0], [3, 0], [2, 0]]
    assert [pool.sure_score for pool in pools] == [0.35, 0.95, 0.95, 0.35]
    assert len({id(pool._free) for pool in pools[:3]}) == 1
    assert pools[3]._free is not pools[0]._free, "another head is another model"
    assert [pool._free.qsize() for pool in pools] == [2, 2, 2, 2]


def test_cameras_when_they_have_one_detector_then_they_share_it_and_one_with_its_own_has_its_own(tmp_path):
    save(tmp_path, "one", standard_model([(0.1, 0.2, 0.3, 0.4, 2, 0.9)]))
    save(tmp_path, "other", standard_model([(0.1, 0.2, 0.3, 0.4, 3, 0.9)]))
    cameras = [
        {"code": "TD-01.cam-2", "sub": "rtsp://127.0.0.1:9/y"},
        {"code": "TD-01.cam-3", "sub": "rtsp://127.0.0.1:9/z", "detector": {"model": "other.tflite"}},
    ]

    async def watchers() -> list[Watcher]:
        box = StillBox(tmp_path, models=tmp_path, vision={"detector": {"model": "one.tflite"}}, more=cameras)
        return [camera._watcher for camera in box.station.cameras]

    first, second, third = (watcher._pool for watcher in asyncio.run(watchers()))
    assert first is second
    assert (first.name, third.name) == ("one.tflite", "other.tflite")
    assert [pool.find(PICTURE).classes.tolist() for pool in (first, third)] == [[2], [3]]


def test_labels_when_the_file_names_too_few_then_the_cameras_status_says_so_and_it_goes_on(tmp_path):
    save(tmp_path, "made", standard_model([(0.1, 0.2, 0.3, 0.4, 7, 0.9), (0.5, 0.5, 0.6, 0.6, 2, 0.9)]))

    async def status() -> list[str]:
        camera = StillBox(tmp_path, models=tmp_path, vision={"detector": {"model": "made.tflite"}}).camera
        before = camera.describe()["reason"]
        assert camera._watcher._pool.find(PICTURE).classes.tolist() == [2]
        return [before, camera.describe()["reason"]]

    before, after = asyncio.run(status())
    assert "label" not in before
    assert "it tells label 7, but its labels file names only 5; such finds are left out" in after


@pytest.mark.parametrize(
    ("shape", "kind", "words"),
    [
        ((2, 96, 160, 3), UINT8, "its input is 2x96x160x3: one picture 1xHxWx3 is wanted"),
        ((1, 96, 160, 1), UINT8, "its input is 1x96x160x1: one picture"),
        ((1, 46080), UINT8, "its input is 1x46080: one picture"),
        ((1, 16, 160, 3), UINT8, "its input is 160x16 px: 32 to 1280 are taken"),
        ((1, 96, 1600, 3), UINT8, "its input is 1600x96 px: 32 to 1280"),
        ((1, 96, 160, 3), INT32, "its input is int32: uint8, int8 or float32 is wanted"),
    ],
)
def test_model_when_its_input_is_no_picture_then_it_is_refused_with_what_is_wanted(tmp_path, shape, kind, words):
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, of_input(shape, kind))
    assert str(refused.value).startswith(f"model made.tflite: {words}")


def of_input(shape: tuple[int, ...], kind: int) -> bytes:
    """A model that gives back what it is given."""
    graph = tiny_models.Graph()
    given = graph.add(shape, kind, scale=1 / 255 if kind == UINT8 else 0)
    wanted = graph.constant(np.array(shape, np.int32))
    same = graph.add(shape, kind, scale=graph.tensors[given].scale)
    graph.operators.append((22, [given, wanted], [same]))  # RESHAPE
    graph.outputs.append(same)
    return tiny_models.write(graph)


@pytest.mark.parametrize("lie", [np.nan, np.inf, -np.inf])
def test_standard_outputs_when_they_are_no_numbers_then_nothing_of_them_is_taken(lie):
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4], [lie, 0, 1, 1], [0, 0, 1, 1]]], np.float32)
    columns = (boxes, np.array([[2, 1, lie]], np.float32), np.array([[0.9, 0.8, 0.7]], np.float32))
    outputs = [Output(one, 0.0, 0) for one in (*columns, np.array([3.0], np.float32))]
    raw = StandardHead((0, 1, 2, 3)).read(outputs, 0.3)
    assert raw.labels.tolist() == [2, 1]
    outputs[3] = Output(np.array([lie], np.float32), 0.0, 0)
    assert len(StandardHead((0, 1, 2, 3)).read(outputs, 0.3).labels) in (0, 2)


def test_labels_when_they_have_other_names_then_the_site_file_says_which_is_which(tmp_path):
    model = load(tmp_path, standard_model([(0, 0, 1, 1, 1, 0.9)]), ("orang", "motor"), classes={"motor": "motorcycle"})
    assert model.find(PICTURE).classes.tolist() == [1]


def test_runtimes_when_both_are_installed_then_they_agree(tmp_path, monkeypatch):
    ours = load(tmp_path, colour_model()).find(PICTURE)
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - the second of the two

    monkeypatch.setattr(runtime, "Interpreter", Interpreter)
    theirs = load(tmp_path, colour_model()).find(PICTURE)
    assert np.allclose(ours.boxes, theirs.boxes, atol=1e-3)
    assert ours.classes.tolist() == theirs.classes.tolist()


def test_runtime_when_there_is_none_then_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "Interpreter", None)
    with pytest.raises(Misconfigured, match="install the extra"):
        load(tmp_path, colour_model())


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.3, 0.6, 0.95, 0.999])
def test_model_when_it_is_cut_off_then_it_is_refused_and_nothing_crashes(tmp_path, share):
    content = colour_model()
    with pytest.raises(Misconfigured, match=r"made\.tflite: is (cut off|no TFLite model)"):
        load(tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("content", "labels", "word"),
    [
        (colour_model(labels=3), tiny_models.LABELS, "as many as labels"),
        (colour_model(), tiny_models.LABELS[:4], "as many as labels"),
        (colour_model(), ("kucing", "anjing", "a", "b", "c"), "none of its labels"),
        (b"<html>not found</html>", tiny_models.LABELS, "is no TFLite model"),
        (b"", tiny_models.LABELS, "is no TFLite model"),
    ],
)
def test_model_when_it_does_not_fit_then_the_refusal_names_the_file_and_the_fault(tmp_path, content, labels, word):
    with pytest.raises(Misconfigured, match=r"made\.tflite") as refused:
        load(tmp_path, content, labels)
    assert word in str(refused.value)


def test_model_when_scene_states_are_named_that_it_does_not_tell_then_it_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="no output has the shape 1x2"):
        load(tmp_path, colour_model(), states=("a", "b"))


def test_model_when_its_files_are_missing_then_they_are_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"nowhere\.tflite: No such file"):
        read_model(tmp_path, Detector(model="nowhere.tflite"))
    (tmp_path / "made.tflite").write_bytes(colour_model())
    with pytest.raises(Misconfigured, match=r"made\.labels\.txt: cannot be read"):
        read_model(tmp_path, Detector(model="made.tflite"))
