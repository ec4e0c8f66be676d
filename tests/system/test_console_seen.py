"""The console in a real Chromium: a tree from the queue to its verified end, a warning drawn on the map.

Pictures are left in `build/artefacts/console`. Playwright has an environment of its own, which `make test` makes.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cloud.db.local import LocalCluster
from tests.browser import console_walk
from tests.browser.walk import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]
BROWSER_PYTHON = ROOT / ".venv-browser" / "bin" / "python"
ARTEFACTS = ROOT / "build" / "artefacts" / "console"


@pytest.fixture
def regency(cluster: LocalCluster, migrated_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with a smaller regency: the whole one is measured by `make walk`."""
    missing = [str(path) for path in (Path(CHROMIUM), BROWSER_PYTHON) if not path.exists()]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: apt-get install chromium, make browser")
    monkeypatch.setattr(console_walk, "CAMERAS", 50)
    monkeypatch.setattr(console_walk, "SITES", 20)
    name = f"seen_{uuid4().hex[:12]}"
    yield cluster.create_database(name, migrated_template)
    cluster.drop_database(name)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", ["tree", "warning"])
def test_console_when_driven_in_a_browser_then_goes_the_whole_way_without_a_fault(
    regency: str, tmp_path: Path, part: str
) -> None:
    folder = ARTEFACTS / part
    folder.mkdir(parents=True, exist_ok=True)
    found = console_walk.walk_at(regency, tmp_path, str(BROWSER_PYTHON), folder, [part])
    assert found["faults"] == []
    assert list(folder.glob("*.png"))
