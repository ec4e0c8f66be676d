"""What is shown: folders, the data source, dashboards, playlists; how each is found, compared and written."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from grafana import names
from grafana.errors import Refused
from grafana.publish.api import Grafana, escaped
from grafana.publish.compare import differences
from grafana.publish.thing import Json, Thing


@dataclass
class Folder(Thing):
    """A folder, known by its uid."""

    uid: str
    title: str
    kind = "folder"

    @property
    def name(self) -> str:
        """Its title."""
        return self.title

    def find(self, grafana: Grafana) -> Any:
        """Read it."""
        return grafana.get(f"/folders/{self.uid}")

    def drift(self, found: Any) -> list[str]:
        """Compare its title."""
        return list(differences({"title": self.title}, found))

    def write(self, grafana: Grafana, found: Any) -> None:
        """Create or rename it."""
        if found is None:
            grafana.send("POST", "/folders", {"uid": self.uid, "title": self.title})
        else:
            grafana.send("PUT", f"/folders/{self.uid}", {"title": self.title, "overwrite": True})


@dataclass
class DataSource(Thing):
    """The database of the wall."""

    content: Json
    with_secrets: bool = False
    kind = "data source"

    @property
    def name(self) -> str:
        """Its name."""
        return "Satulayar"

    def find(self, grafana: Grafana) -> Any:
        """Read it; one of another type under our uid is somebody else's."""
        found = grafana.get(f"/datasources/uid/{names.DATASOURCE_UID}")
        if found is not None and found.get("type") not in (names.DATASOURCE_TYPE, "postgres"):
            raise Refused(
                f"a data source of type {found.get('type')} has the uid {names.DATASOURCE_UID}; rename it there"
            )
        return found

    def drift(self, found: Any) -> list[str]:
        """Compare all but the password, which Grafana never tells."""
        told = [self._secret_missing(found)] if "secureJsonData" in self.content else []
        return [*differences(self._open(), found), *filter(None, told)]

    def write(self, grafana: Grafana, found: Any) -> None:
        """Create or update it; without a password given, the one it has stays."""
        if found is None:
            grafana.send("POST", "/datasources", self.content)
        else:
            grafana.send("PUT", f"/datasources/uid/{names.DATASOURCE_UID}", self.content)

    def _open(self) -> Json:
        return {name: value for name, value in self.content.items() if name != "secureJsonData"}

    def _secret_missing(self, found: Json) -> str:
        has = found.get("secureJsonFields") or {}
        missing = [name for name in self.content["secureJsonData"] if not has.get(name)]
        return "secrets: written anew" if self.with_secrets else f"secrets: {missing[0]} is missing" if missing else ""


@dataclass
class Dashboard(Thing):
    """A dashboard in its folder."""

    content: Json
    folder: str
    kind = "dashboard"

    @property
    def name(self) -> str:
        """Title and uid."""
        return f"{self.content['title']} ({self.content['uid']})"

    @property
    def _message(self) -> str:
        digest = hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()
        return f"satulayar {digest[:16]}"

    def find(self, grafana: Grafana) -> Any:
        """Read it; one without our tag is somebody else's."""
        found = grafana.get(f"/dashboards/uid/{self.content['uid']}")
        if found is not None and names.TAG not in (found["dashboard"].get("tags") or []):
            raise Refused(
                f"a dashboard without the tag {names.TAG} has the uid {self.content['uid']}; it is left alone"
            )
        return None if found is None else found | {"last_message": self._last_message(grafana)}

    def drift(self, found: Any) -> list[str]:
        """Compare; where Grafana itself has rewritten what we saved, its last version still says so."""
        told = list(differences({"folderUid": self.folder}, found.get("meta", {})))
        changed = list(differences(self.content, found["dashboard"]))
        return told + (changed if changed and found["last_message"] != self._message else [])

    def write(self, grafana: Grafana, found: Any) -> None:  # noqa: ARG002 - of the base class
        """Save it, over whatever stands there."""
        content = {"dashboard": self.content, "folderUid": self.folder, "overwrite": True, "message": self._message}
        grafana.send("POST", "/dashboards/db", content)

    def _last_message(self, grafana: Grafana) -> str:
        found = grafana.get(f"/dashboards/uid/{self.content['uid']}/versions?limit=1")
        versions = found.get("versions") if isinstance(found, dict) else found
        return str(versions[0].get("message", "")) if versions else ""


@dataclass
class Playlist(Thing):
    """What a wall turns through."""

    content: Json
    kind = "playlist"

    @property
    def name(self) -> str:
        """Its name: Grafana gives the uid."""
        return str(self.content["name"])

    def find(self, grafana: Grafana) -> Any:
        """Read it by its name."""
        listed = grafana.get(f"/playlists?query={escaped(self.name)}") or []
        uids = [one.get("uid") for one in listed if one.get("name") == self.name]
        return grafana.get(f"/playlists/{uids[0]}") if uids else None

    def drift(self, found: Any) -> list[str]:
        """Compare it."""
        return list(differences(self.content, found))

    def write(self, grafana: Grafana, found: Any) -> None:
        """Create or update it."""
        if found is None:
            grafana.send("POST", "/playlists", self.content)
        else:
            grafana.send("PUT", f"/playlists/{found['uid']}", self.content)
