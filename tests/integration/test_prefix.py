"""Debian packages in a prefix: built once, whole or not at all, and closed towards the machine."""

import json
import multiprocessing
import shutil
import subprocess
from pathlib import Path

import pytest

from cloud.db.debian import Bundle, ensure_bundle
from cloud.db.elf import check_closed
from cloud.db.errors import Misconfigured, Unavailable
from cloud.db.places import find_local_home
from cloud.db.prefix import BIN_DIR_VARIABLE, ensure_timescaledb, has_timescaledb

# Small (3 MB of packages), and with two libraries besides libc.
JQ = Bundle(name="jq", packages=("jq", "libc6"), programs=("usr/bin/jq",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix home that shares the package lists of this checkout, so that they are fetched once."""
    home = tmp_path_factory.mktemp("prefix")
    lists = find_local_home("prefix") / "apt"
    if lists.exists():
        shutil.copytree(lists, home / "apt")
    return home


@pytest.fixture(scope="module")
def prefix(home: Path) -> Path:
    return ensure_bundle(JQ, home)


def test_bundle_when_built_then_its_program_runs(prefix: Path) -> None:
    answer = subprocess.run([prefix / "usr/bin/jq", "-n", "1 + 1"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "2"


def test_bundle_when_built_then_names_what_it_is_made_of(prefix: Path) -> None:
    packages = json.loads((prefix / "stamp.json").read_text())["packages"]
    assert {"jq", "libjq1", "libc6"} <= packages.keys()


def test_bundle_when_there_then_a_second_call_does_nothing(prefix: Path, home: Path) -> None:
    said: list[str] = []
    ensure_bundle(JQ, home, said.append)
    assert not said


def test_bundle_when_moved_then_is_built_at_its_new_place(prefix: Path, home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "jq", tmp_path / "jq", symlinks=True)
    shutil.copytree(home / "apt", tmp_path / "apt")
    said: list[str] = []
    ensure_bundle(JQ, tmp_path, said.append)
    assert said[-1].endswith(f"ready in {tmp_path / 'jq'}")


def test_bundle_when_half_made_and_two_need_it_then_one_makes_it(home: Path, prefix: Path) -> None:
    (home / ".jq.building" / "usr").mkdir(parents=True)
    (prefix / "stamp.json").unlink()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        said = pool.map(build, [home, home])
    assert sorted(map(bool, said)) == [False, True]
    assert not (home / ".jq.building").exists()


def build(home: Path) -> list[str]:
    said: list[str] = []
    ensure_bundle(JQ, home, said.append)
    return said


def test_bundle_when_a_package_does_not_exist_then_says_what_to_do(home: Path) -> None:
    with pytest.raises(Unavailable, match=r"compose\.yaml"):
        ensure_bundle(Bundle("none", ("no-such-package",), ()), home)
    assert not (home / "none").exists()


def test_prefix_when_a_library_is_missing_then_refused(prefix: Path, tmp_path: Path) -> None:
    broken = tmp_path / "jq"
    shutil.copytree(prefix, broken, symlinks=True)
    for library in broken.glob("usr/lib/*/libjq.so*"):
        library.unlink()
    with pytest.raises(Misconfigured, match="libjq"):
        check_closed(broken, JQ.programs)


def test_timescaledb_when_a_folder_without_it_is_named_then_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(BIN_DIR_VARIABLE, str(tmp_path))
    with pytest.raises(Misconfigured, match=BIN_DIR_VARIABLE):
        ensure_timescaledb()


def test_timescaledb_when_ensured_then_the_folder_has_it() -> None:
    assert has_timescaledb(ensure_timescaledb())
