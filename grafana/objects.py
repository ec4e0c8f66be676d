"""Everything that shall be in Grafana, as it takes it over HTTP; the file trees are made of the same."""

import copy
from typing import Any

from grafana import names
from grafana.generate import dashboards
from grafana.settings import WallSettings
from grafana.words import LANGUAGES, Language, Say

Json = dict[str, Any]

PLAYLIST = "Satulayar: dinding bergilir"
PLAYLIST_EVERY = "1m"
_TURNS = (names.WALL, names.TRAFFIC, names.WATER, names.LAMPS, names.CAMERAS)


def datasource(settings: WallSettings) -> Json:
    """Write the data source: the reading role, over TLS, with TimescaleDB's functions."""
    content: Json = {
        "uid": names.DATASOURCE_UID,
        "name": "Satulayar",
        "type": names.DATASOURCE_TYPE,
        "access": "proxy",
        "url": settings.database_host,
        "user": settings.database_user,
        "isDefault": False,
        "jsonData": {
            "database": settings.database_name,
            "sslmode": settings.database_ssl,
            "postgresVersion": 1700,
            "timescaledb": True,
            "maxOpenConns": 20,
            "maxIdleConns": 20,
            "connMaxLifetime": 14_400,
        },
    }
    secrets = _secrets(settings)
    if settings.database_ssl.startswith("verify"):
        content["jsonData"]["tlsConfigurationMethod"] = "file-content"
    return content | ({"secureJsonData": secrets} if secrets else {})


def boards(settings: WallSettings, language: Language) -> list[Json]:
    """Write every dashboard of a language, with the regency's own console."""
    return [_with_console(board, settings.console_url) for board in dashboards(language, settings.folders).values()]


def playlist() -> Json:
    """Write the order in which a wall turns; with `&kiosk` in its address Grafana hides its own frame."""
    turns = [{"type": "dashboard_by_uid", "value": Say("id").uid(board)} for board in _TURNS]
    return {"name": PLAYLIST, "interval": PLAYLIST_EVERY, "items": turns}


def folders() -> list[tuple[str, str]]:
    """Give uid and title of every folder."""
    return [*(names.FOLDERS[language] for language in LANGUAGES), names.ALERT_FOLDER]


def _secrets(settings: WallSettings) -> Json:
    password = settings.secret("database_password")
    return ({"password": password} if password else {}) | (
        {"tlsCACert": settings.database_ca} if settings.database_ca else {}
    )


def _with_console(board: Json, url: str) -> Json:
    written = copy.deepcopy(board)
    for variable in written["templating"]["list"]:
        if variable["name"] == names.CONSOLE_VARIABLE:
            variable["query"] = url.rstrip("/")
    return written
