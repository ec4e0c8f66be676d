"""Names that stay: what Grafana knows us by. A changed uid is another object there, and breaks every link to it."""

from grafana.words import Language

DATASOURCE_UID = "satulayar"
DATASOURCE_TYPE = "grafana-postgresql-datasource"
"""Of the plugin since Grafana 10.1; before, `postgres`."""

FOLDERS: dict[Language, tuple[str, str]] = {
    "id": ("satulayar", "Satulayar"),
    "en": ("satulayar-en", "Satulayar (English)"),
}
ALERT_FOLDER = ("satulayar-alarm", "Satulayar: aturan alarm")

TIME_ZONE = "Asia/Jakarta"
TAG = "satulayar"
"""Every dashboard of ours carries it, and nothing without it is ever touched."""

WALL, TRAFFIC, CAMERAS, LAMPS, WATER = "dinding", "lalu-lintas", "kamera", "pju", "peringatan-dini"
SERVICES, OPERATIONS, FLEET, PLATFORM = "layanan", "operasi", "armada", "platform"
BOARDS = (WALL, TRAFFIC, CAMERAS, LAMPS, WATER, SERVICES, OPERATIONS, FLEET, PLATFORM)

CONSOLE_VARIABLE = "konsol"
DEFAULT_CONSOLE = "http://127.0.0.1:8080"
