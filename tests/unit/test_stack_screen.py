"""What `up` says of the values: their age, and that they have stopped coming, whatever the parts say of themselves."""

import io
import subprocess
import sys
import time

import pytest
from rich.console import Console

from simulators.stack import load
from simulators.stack.counts import STALLED_S, Counts
from simulators.stack.screen import Row, Screen

ROWS = [Row("ingester", "here", 4711), Row("TD-01-a", "there", 4712)]


def counts(age_s: float | None) -> Counts:
    return Counts(samples=1_000, rate_per_s=12, boxes_online=2, boxes=2, newest_age_s=age_s)


def show(console: Console, *ages_s: float | None) -> str:
    screen = Screen(console)
    with screen.live():
        for age_s in ages_s:
            now = counts(age_s)
            screen.update(ROWS, now.sentence(), now.alarm("/data/logs"))
            if screen._live:
                screen._live.refresh()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(params=[True, False], ids=["terminal", "plain"])
def console(request: pytest.FixtureRequest) -> Console:
    return Console(file=io.StringIO(), force_terminal=request.param, highlight=False, width=400)


def test_alarm_when_values_are_young_or_there_is_none_yet_then_says_nothing() -> None:
    assert counts(STALLED_S - 1).alarm("/data/logs") == ""
    assert counts(None).alarm("/data/logs") == ""


def test_screen_when_values_are_141_s_old_then_says_stalled_and_where_to_look(console: Console) -> None:
    told = show(console, 0.4, 141.2)
    assert "STALLED: no value was stored for 141 s" in told
    assert "/data/logs/ingester.log" in told
    assert "satulayar-simulate down" in told


def test_screen_when_values_stop_on_a_terminal_then_no_line_says_that_all_is_well(console: Console) -> None:
    assert "all parts run" not in show(console, 141.2)


def test_screen_when_values_come_again_then_says_so_once(console: Console) -> None:
    told = show(console, 0.4, 141.2, 142.2, 0.3, 0.3)
    assert told.count("values are stored again") == 1
    assert "newest value 0.3 s old" in told or not console.is_terminal


def test_load_when_a_process_below_works_then_its_cores_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LOOK_EVERY_S", 0.0)
    measured = load.ProcessorLoad()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            assert measured.sentence() == ""
            deadline_s = time.monotonic() + 10
            while not (measured.cores or 0.0) > 0.05:
                assert time.monotonic() < deadline_s
                time.sleep(0.2)
                assert measured.sentence().endswith("cores")
        finally:
            busy.kill()
