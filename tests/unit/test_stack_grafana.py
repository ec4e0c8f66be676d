"""A Grafana on PATH: found with its pages, given the wall as files, with secrets only in its environment."""

import stat
from pathlib import Path

import pytest
import yaml

from simulators.stack.data import DataDirectory
from simulators.stack.grafana import find_grafana, grafana_program, keep_secret


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a Grafana was unpacked, with its `bin` on PATH."""
    home = tmp_path / "grafana-12.4.4"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "grafana").write_text("#!/bin/sh\n")
    (home / "bin" / "grafana").chmod(0o755)
    monkeypatch.setenv("PATH", str(home / "bin"))
    return home


def test_grafana_when_on_path_with_its_pages_then_is_found(on_path: Path) -> None:
    assert find_grafana() is None
    (on_path / "conf").mkdir()
    (on_path / "conf" / "defaults.ini").touch()
    found = find_grafana()
    assert found
    assert found.home == on_path


def test_program_when_made_then_reads_the_wall_from_files_and_secrets_from_its_environment(
    on_path: Path, tmp_path: Path
) -> None:
    (on_path / "conf").mkdir()
    (on_path / "conf" / "defaults.ini").touch()
    found = find_grafana()
    assert found
    data = DataDirectory(tmp_path / "data")
    data.path.mkdir()
    program = grafana_program(found, data, "127.0.0.1:5433", "http://127.0.0.1:8080", 3001)
    tree = data.path / "grafana" / "provisioning"
    source = yaml.safe_load((tree / "datasources" / "satulayar.yaml").read_text())["datasources"][0]
    assert (source["url"], source["secureJsonData"]["password"]) == ("127.0.0.1:5433", "$WALL_READER_PASSWORD")
    secret = program.environment["WALL_READER_PASSWORD"]
    assert len(secret) > 20
    assert not any(secret in path.read_text() for path in tree.rglob("*") if path.is_file())
    assert Path(program.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).exists()


def test_secret_when_asked_for_twice_then_is_the_same_and_its_owners_only(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    assert keep_secret(data, "x") == keep_secret(data, "x")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
