"""What is generated and committed: every dashboard, and the file tree that compose.yaml gives its Grafana.

A reviewer sees there what changes. A second run changes nothing: the tests hold that.
"""

from pathlib import Path

from grafana.generate import dashboards, written
from grafana.settings import WallSettings
from grafana.trees import tree
from grafana.words import LANGUAGES

FOLDER = Path(__file__).parent / "generated"

# Names of compose.yaml's services, on one machine; Grafana takes secrets from its own environment.
_COMPOSE = {
    "database_host": "db:5432",
    "database_ssl": "disable",
    "database_password": "$WALL_READER_PASSWORD",
    "alerts_secret": "$ALERTS_SECRET",
    "alerts_url": "http://api:8080/v1/alerts/grafana",
}
_BOARDS_AT = "/etc/grafana/boards"


def files() -> dict[Path, str]:
    """Give every generated file with its content, by its path inside `generated/`."""
    boards = {
        Path("dashboards") / language / f"{name}.json": written(content)
        for language in LANGUAGES
        for name, content in dashboards(language).items()
    }
    provisioned = tree(WallSettings.model_validate(_COMPOSE), _BOARDS_AT)
    # The dashboards are there already, and are mounted from there.
    return boards | {Path("compose") / path: text for path, text in provisioned.items() if path.parts[0] != "boards"}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all files, remove those that are no longer made, and say which changed."""
    wanted = {folder / path: text for path, text in files().items()}
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    stale = [path for path in folder.rglob("*") if path.is_file() and path not in wanted]
    for path in stale:
        path.unlink()
    return changed + stale
