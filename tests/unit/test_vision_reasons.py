"""Why something of a camera is not as it should be: told to the operator in Indonesian, whatever the software says."""

import ast
import errno
import re
import string
from pathlib import Path

import pytest

import edge.vision
from edge.errors import Refused
from edge.vision import reasons
from edge.vision.happening import Happening, say
from edge.vision.reasons import Reason, because, in_indonesian, reason_of, system_reason
from edge.vision.stream import Address, explain

VISION = Path(edge.vision.__file__).parent
# What these raise is told by camera.lost, recording.stopped or detector.refused.
TOLD = (
    "stream",
    "stream_thread",
    "eye",
    "recording",
    "remux",
    "neglect",
    "runtime",
    "proving",
    "model",
    "heads",
    "ground",
)
KEYS = sorted(reasons._WORDS)
# Pass by themselves, or are part of another.
PARTS = {"not_yet", "not_begun", "outbox_dropped", "unknown_codec", "deep", "shallow", "model"}
TO_DO_ID = (
    r"\b(periksa|ukur|pilih|kosongkan|lengkapi|tukar|lihat|setel|nyalakan|beri|kurangi|turunkan|salin|pakai|pasang|tulis|perlu"
    r"|diarahkan|mulai ulang)\b"
)
TO_DO_EN = (
    r"\b(check|measure|choose|free|complete|swap|see|set|turn|allow|give|have|lower|copy|use|install|say|wanted"
    r"|are taken|turned back|restart)\b"
)


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_reason_when_said_then_both_languages_hold_the_same_figures(key: str) -> None:
    text_id, text_en = reasons._WORDS[key]
    assert names_in(text_id) == names_in(text_en)
    values = dict.fromkeys(names_in(text_id), 7)
    assert "{" not in because(key, **values).id + because(key, **values)


def test_reasons_when_the_table_is_read_then_each_is_used_and_each_that_is_used_is_there() -> None:
    code = "".join(path.read_text() for path in VISION.glob("*.py"))
    used = set(re.findall(r'because\(\s*"(\w+)"', code)) | {"deep", "shallow"}
    assert used == set(KEYS)


@pytest.mark.parametrize("key", sorted(set(KEYS) - PARTS))
def test_reason_when_said_then_it_says_what_to_do_in_both_languages(key: str) -> None:
    text_id, text_en = reasons._WORDS[key]
    assert re.search(TO_DO_ID, text_id), f"say what to do, with a verb of the list or a new one: {text_id}"
    assert re.search(TO_DO_EN, text_en), f"say what to do, with a verb of the list or a new one: {text_en}"


@pytest.mark.parametrize("name", TOLD)
def test_module_when_it_raises_what_an_operator_is_told_then_its_reason_is_of_the_table(name: str) -> None:
    tree = ast.parse((VISION / f"{name}.py").read_text())
    raised = [one.exc for one in ast.walk(tree) if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call)]
    kinds = ("Unavailable", "Misconfigured", "Refused")
    ours = [one for one in raised if isinstance(one.func, ast.Name) and one.func.id in kinds]
    bare = [ast.unparse(one) for one in ours if isinstance(one.args[0], ast.Constant | ast.JoinedStr)]
    assert bare == []


@pytest.mark.parametrize(
    ("noun", "why", "told_id", "told_en"),
    [
        (
            "camera.lost",
            because("login").at("10.0.0.9:554"),
            "Kamera tidak mengirim gambar: 10.0.0.9:554: kamera menolak nama atau sandi; lihat credentials_variable",
            "Camera sends no pictures: 10.0.0.9:554: the camera refuses the credentials; see credentials_variable",
        ),
        (
            "camera.lost",
            reason_of(explain(OSError(errno.EHOSTUNREACH, "x"), Address("rtsp://10.0.0.9/x", "a:secret"))),
            "Kamera tidak mengirim gambar: 10.0.0.9: tidak ada jalan ke alamat ini",
            "Camera sends no pictures: 10.0.0.9: No route to host",
        ),
        (
            "recording.stopped",
            because("disk", what=system_reason(OSError(errno.ENOSPC, "No space left on device"))),
            "Rekaman berhenti: disk: penuh; periksa disk kotak ini",
            "Recording has stopped: disk: No space left on device; check this box's disk",
        ),
        (
            "detector.refused",
            because("model", name="a.tflite", what=because("model_cut")),
            "Model pengenal ditolak: model a.tflite: terpotong: salin lagi",
            "The detector is refused: model a.tflite: is cut off: copy it again",
        ),
        ("road.flooded", because("deep"), "Jalan tergenang (dalam)", "The carriageway is flooded (deep)"),
        ("crowd.formed", "", "Kerumunan orang di alun-alun", "A crowd has formed in alun-alun"),
        ("recording.stopped", "plain words", "Rekaman berhenti: plain words", "Recording has stopped: plain words"),
    ],
)
def test_happening_when_told_with_its_reason_then_each_sentence_is_of_one_language(
    noun: str, why: str, told_id: str, told_en: str
) -> None:
    assert say(Happening("k", noun, begun=True, at_s=0.0, values={"what": why, "place": "alun-alun"})) == (
        told_id,
        told_en,
    )
    assert say(Happening("k", "crowd.formed", begun=True, at_s=0.0))[0] == "Kerumunan orang"


def test_system_when_it_says_what_is_not_in_the_table_then_it_stays_as_it_is() -> None:
    assert system_reason(TimeoutError("timed out")).id == "tidak ada jawaban"
    assert system_reason(OSError(errno.EXDEV, "Invalid cross-device link")).id == "Invalid cross-device link"
    assert system_reason(OSError()) == "OSError"


def test_reason_when_raised_and_caught_then_it_still_knows_both_languages() -> None:
    why = because("size", size="64x48").at("10.0.0.9")
    assert reason_of(Refused(why)).id == why.id
    assert str(Refused(why)) == "10.0.0.9: sends 64x48 pixels; set this stream to 640x360"
    plain = reason_of(Refused("no"))
    assert (plain, plain.id, reason_of(Refused())) == ("no", "no", "")
    assert in_indonesian(Reason("ya", "yes")) == "ya"
