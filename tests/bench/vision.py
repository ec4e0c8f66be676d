"""What cameras cost a box: the pipeline against the bare sum of decode and invoke, an empty road, eight cameras.

The pictures are rendered by the simulated cameras and coded as they do it. The model is the one that is shipped; while
there is none, a tiny one, and the figure's name says so. `python -m tests.bench.vision` prints the figures.
"""

import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from edge.site_names import Names
from edge.site_vision import CameraPlace, Detector
from edge.vision.eyesight import Eyesight
from edge.vision.model import Model, ModelFile, read_model
from edge.vision.pool import InterpreterPool
from edge.vision.recording import SegmentKeeper
from edge.vision.remux import parameter_sets
from edge.vision.segments import covered_ms, segments_between
from edge.vision.watcher import Watcher
from simulators.cameras.encoder import CLOCK_HZ, Encoder
from simulators.cameras.places import street
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Moment, Sky
from simulators.cameras.traffic import Traffic
from tests import tiny_models
from tests.bench.marks import Figure, at_least, at_most, processor, show, under
from tests.bench.restart import restarted_s

MODELS = Path("firmware-config/models")
HZ = 5.0
SECONDS = 40
SIZE = (640, 360)
SITE = (-7.65, 112.69)
ROUNDS = 5  # bare and pipeline in turn, so that other work on the machine meets both alike
PER_LANE_H = 600.0
LANES = [
    {
        "name": f"lane-{n}",
        "polygon": [[x, 0.35], [x + 0.3, 0.35], [x + 0.3, 1], [x, 1]],
        "line": [[x, 0.7], [x + 0.3, 0.7]],
    }
    for n, x in enumerate((0.1, 0.4, 0.65), 1)
]


def film(*, is_empty: bool = False) -> list[bytes]:
    """Render and code a street: one coded picture a fifth of a second."""
    view = street(11)
    renderer = Renderer("TD-01.cam-1", view.place, view.pose, *SIZE)
    traffic = Traffic(view.place, 5, 0.0 if is_empty else PER_LANE_H, 0.0 if is_empty else 90.0)
    traffic.warm_up()
    encoder, coded = Encoder(*SIZE, HZ), []
    for number in range(round(SECONDS * HZ)):
        traffic.step(1 / HZ)
        at_s = 1_763_780_400.0 + number / HZ
        picture, _ = renderer.render(Moment(at_s, at_s, traffic.things(), Sky()))
        unit = encoder.encode(picture, round(number / HZ * CLOCK_HZ), at_s)
        if unit is not None:
            coded.append(b"".join(b"\0\0\0\1" + part for part in unit.units))
    return coded


def frames(coded: list[bytes]) -> Iterator[Any]:
    """Decode on one thread."""
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    for content in coded:
        yield from decoder.decode(av.Packet(content))


def place(number: int = 1) -> CameraPlace:
    """A camera with lanes, as a site file has it."""
    names = Names(profiles={}, site="TD-01", boxes=["TD-01-a"], buses=[], assets={})
    content = {"code": f"TD-01.cam-{number}", "sub": "rtsp://10.0.0.1/sub", "lanes": LANES}
    return CameraPlace.model_validate(content, context=names)


def model_file(models: Path = MODELS) -> ModelFile:
    """The shipped model, or a tiny one."""
    shipped = sorted(models.glob("*.tflite")) if models.is_dir() else []
    if shipped:
        return read_model(models, Detector(model=shipped[-1].name))
    directory = Path(tempfile.mkdtemp())
    tiny_models.save(directory, "tiny", tiny_models.colour_model(), states=tiny_models.STATES)
    return read_model(directory, Detector(model="tiny.tflite"))


def bare_s(coded: list[bytes], model: Model, invokes: int) -> float:
    """Decode every picture, scale and convert none, and invoke as often as the pipeline did; give processor seconds.

    What is invoked on is random noise made before: the time of `invoke` does not depend on what it sees.
    """
    picture = np.random.default_rng(1).integers(0, 255, (model.height_px, model.width_px, 3), dtype=np.uint8)
    interpreter = model._interpreter
    began_s = time.thread_time()
    for number, _ in enumerate(frames(coded)):
        if number >= invokes:
            continue
        interpreter.set_tensor(model._input[0]["index"], model._fed(picture))
        interpreter.invoke()
    return time.thread_time() - began_s


def pipeline_s(coded: list[bytes], pool: InterpreterPool) -> tuple[float, Watcher]:
    """Let a watcher look at every picture; give processor seconds."""
    watcher = Watcher(place(), pool, Eyesight(), SITE)
    began_s = time.thread_time()
    for number, frame in enumerate(frames(coded)):
        watcher.look(frame, 1_763_780_400.0 + number / HZ)
    return time.thread_time() - began_s, watcher


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure everything."""
    cv2.setNumThreads(1)
    say(f"rendering {2 * SECONDS} s of a street")
    busy, empty = film(), film(is_empty=True)
    file = model_file(MODELS)
    model, pool = Model(file), InterpreterPool(file, 1)
    on, looked = processor(), f"{file.name} {model.width_px}x{model.height_px}"
    yield from under(_speeds(busy, model, pool), f"{looked}, 1 thread; {on}")
    yield from under([_empty_road(empty, pool)], f"{looked}, 1 thread; {on}")
    yield from under(_eight_cameras(busy, say), f"{looked}, 8 threads with 2 interpreters; {on}")
    say("a day of recording")
    yield from under(_day_of_recording(busy), f"{SIZE[0]}x{SIZE[1]} as it comes, 1 thread; {on}")
    say("the agent starts anew")
    yield from under(_first_inference(file), f"{looked}, 2 interpreters; {on}")


def _speeds(busy: list[bytes], model: Model, pool: InterpreterPool) -> Iterator[Figure]:
    """Compare processor time rather than the clock's: the machine may have other work."""
    bare, whole = [], []
    for _ in range(ROUNDS):
        spent_s, watcher = pipeline_s(busy, pool)
        whole.append(spent_s)
        bare.append(bare_s(busy, model, watcher.inferences))
    yield Figure("decode and invoke", len(busy) / min(bare), "frames/s")
    yield Figure("pipeline", len(busy) / min(whole), "frames/s")
    yield Figure("share of its pictures that were shown to the detector", watcher.inferences / len(busy), "1")
    yield at_least("pipeline against decode and invoke, same frames", min(bare) / min(whole), "1", 0.9)


def _empty_road(empty: list[bytes], pool: InterpreterPool) -> Figure:
    spent_s = min(pipeline_s(empty, pool)[0] for _ in range(3))
    return at_most("an empty road at 5 frames/s, of one core", 100 * spent_s / SECONDS, "%", 5.0)


def _eight_cameras(busy: list[bytes], say: Callable[[str], None]) -> Iterator[Figure]:
    """Run eight cameras in a process of their own, which has nothing of this one in its memory."""
    say("eight cameras for 30 s")
    with tempfile.NamedTemporaryFile() as kept:
        pickle.dump(busy, kept)
        kept.flush()
        command = [sys.executable, "-m", "tests.bench.vision", "eight", kept.name, str(MODELS)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    pictures, missed, spent_s, seconds, memory = map(float, answer.stdout.split())
    yield at_most("8 cameras at 5 frames/s: pictures not looked at in time", missed, "1", 0)
    yield Figure("8 cameras at 5 frames/s: pictures looked at", pictures, "1")
    yield Figure("8 cameras at 5 frames/s: processor, of one core", 100 * spent_s / seconds, "%")
    yield at_most("8 cameras: resident memory of the process", memory / 1e6, "MB", 250)


def _day_of_recording(coded: list[bytes]) -> Iterator[Figure]:
    """Record a day of the street, the same 40 s again and again, as quickly as it goes; account for it and play it."""
    from_s, rounds = 1_763_744_400.0, round(86_400 / SECONDS)
    with tempfile.TemporaryDirectory(dir="build") as directory:
        source, root = Path(directory) / "source.mp4", Path(directory) / "recordings"
        _as_file(coded, source)
        grown: list[int] = []
        keeper = SegmentKeeper(root / "TD-01.cam-1", grown.append)
        began_s = time.monotonic()
        for number in range(rounds):
            with av.open(str(source)) as container:
                for packet in container.demux(video=0):
                    if packet.size and packet.pts is not None and packet.time_base is not None:
                        at_s = from_s + number * SECONDS + float(packet.pts * packet.time_base)
                        packet.pts += round(number * SECONDS / packet.time_base)
                        packet.dts = packet.pts
                        keeper.take(packet, at_s, container.streams.video[0])
        keeper.end()
        spent_s = time.monotonic() - began_s
        from_ms, to_ms = round(from_s * 1000), round((from_s + rounds * SECONDS) * 1000)
        found = segments_between(root / "TD-01.cam-1", from_ms, to_ms)
        played = sum(_pictures(one.path) for one in found[::100])
        wanted = sum((one.ended_ms - one.began_ms) / 1000 * HZ + 1 for one in found[::100])
    share = 100 * covered_ms(found, from_ms, to_ms, 2_500) / (to_ms - from_ms)
    yield at_least("24 h recorded: share accounted for", share, "%", 99.99)
    yield at_least("24 h recorded: pictures that play in every hundredth segment", played / wanted, "1", 0.999)
    yield Figure("24 h recorded: times as quick as the clock", 86_400 / spent_s, "1")


def _as_file(coded: list[bytes], path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("h264", rate=round(HZ))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.extradata = parameter_sets(coded[0])
        for number, content in enumerate(coded):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, round(HZ))
            packet.pts = packet.dts = number
            packet.is_keyframe = parameter_sets(content) is not None
            container.mux(packet)


def _pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _first_inference(file: ModelFile) -> Iterator[Figure]:
    """Start a real agent anew."""
    with tempfile.TemporaryDirectory() as directory:
        tiny_models.save(Path(directory), Path(file.name).stem, file.content, file.labels, file.states)
        took_s, spent_s = restarted_s(Path(directory), file.name)
    yield at_most("restart of the agent to its first inference", took_s, "s", 5)
    yield Figure("restart of the agent to its first inference: the processor's time of it", spent_s, "s")


def eight(kept: Path, models: Path, seconds: float = 30.0) -> None:
    """Watch eight cameras in threads, in time with the clock; print figures for `_eight_cameras`."""
    cv2.setNumThreads(1)
    coded: list[bytes] = pickle.loads(kept.read_bytes())  # noqa: S301 - written a moment ago by this program
    pool = InterpreterPool(model_file(models), 2)
    late, watchers = [0] * 8, [Watcher(place(n + 1), pool, Eyesight(), SITE) for n in range(8)]
    began_s, used_s = time.monotonic(), time.process_time()

    def watch(number: int) -> None:
        turn = number * len(coded) // 8
        turn -= turn % 10  # a key frame
        for step, frame in enumerate(frames((coded[turn:] + coded) * 10)):
            due_s = began_s + step / HZ + number * 0.02
            time.sleep(max(0.0, due_s - time.monotonic()))
            if due_s - began_s > seconds:
                return
            late[number] += time.monotonic() - due_s > 1.0
            watchers[number].look(frame, 1_763_780_400.0 + step / HZ)

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missed = sum(watcher.missed for watcher in watchers) + sum(late)
    # not getrusage: its maximum is inherited from the process that started this one
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    memory = int(peak.split()[1]) * 1024
    pictures = sum(watcher.pictures for watcher in watchers)
    print(pictures, missed, time.process_time() - used_s, time.monotonic() - began_s, memory)


if __name__ == "__main__":
    if sys.argv[1:2] == ["eight"]:
        eight(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        for figure in measure(lambda line: print(f"  … {line}", file=sys.stderr)):
            print(show(figure), flush=True)
