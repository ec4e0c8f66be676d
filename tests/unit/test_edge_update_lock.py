"""Updates wait while the box is busy, and never longer than a process of ours lives to hold them off."""

import fcntl
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.pulse import Pulse
from edge.update_lock import UpdateLock


class Work:
    is_going_on = False


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def lock(work: Work, tmp_path: Path) -> UpdateLock:
    return UpdateLock(tmp_path / "updates.lock", lambda: work.is_going_on, Pulse(Clock()))


def may_flock(path: Path) -> bool:
    """Try what the host's own update does."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_lock_when_work_begins_and_ends_then_supervisor_and_host_wait_in_between(
    lock: UpdateLock, work: Work, tmp_path: Path
) -> None:
    path = tmp_path / "updates.lock"
    lock.follow()
    assert not path.exists()
    work.is_going_on = True
    lock.follow()
    lock.follow()
    assert (path.exists(), may_flock(path), lock.is_held) == (True, False, True)
    work.is_going_on = False
    lock.follow()
    assert (path.exists(), lock.is_held) == (False, False)


def test_lock_when_the_supervisor_has_it_then_it_is_left_alone_and_taken_later(
    lock: UpdateLock, work: Work, tmp_path: Path
) -> None:
    path = tmp_path / "updates.lock"
    path.write_text("the supervisor's")
    work.is_going_on = True
    lock.follow()
    assert (lock.is_held, path.read_text()) == (False, "the supervisor's")
    path.unlink()
    lock.follow()
    assert lock.is_held


def test_lock_when_a_former_process_left_it_then_it_is_taken_over_and_let_go(lock: UpdateLock, tmp_path: Path) -> None:
    path = tmp_path / "updates.lock"
    path.write_text("")
    lock._take_over()
    assert lock.is_held
    lock.follow()
    assert not path.exists()


def test_lock_when_its_place_is_not_there_then_the_box_goes_on(work: Work, tmp_path: Path) -> None:
    work.is_going_on = True
    lock = UpdateLock(tmp_path / "absent" / "updates.lock", lambda: work.is_going_on, Pulse(Clock()))
    lock.follow()
    assert not lock.is_held
    assert list(tmp_path.iterdir()) == []
