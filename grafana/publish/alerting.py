"""What tells: mute timings, the contact point, our branch of the policy tree, rule groups."""

from dataclasses import dataclass
from typing import Any

from grafana.alerts import build
from grafana.errors import Refused
from grafana.publish.api import Grafana, escaped
from grafana.publish.compare import differences
from grafana.publish.thing import Json, Thing


@dataclass
class MuteTiming(Thing):
    """The weekly maintenance."""

    content: Json
    kind = "mute timing"

    @property
    def name(self) -> str:
        """Its name, which is its identity."""
        return str(self.content["name"])

    def find(self, grafana: Grafana) -> Any:
        """Read it."""
        return grafana.get(f"/v1/provisioning/mute-timings/{escaped(self.name)}")

    def drift(self, found: Any) -> list[str]:
        """Compare it."""
        return list(differences(self.content, found))

    def write(self, grafana: Grafana, found: Any) -> None:
        """Create or update it."""
        path = "/v1/provisioning/mute-timings"
        if found is None:
            grafana.send_alerting("POST", path, self.content)
        else:
            grafana.send_alerting("PUT", f"{path}/{escaped(self.name)}", self.content)


@dataclass
class ContactPoint(Thing):
    """Where notifications go."""

    content: Json
    with_secrets: bool = False
    kind = "contact point"

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.content["name"])

    def find(self, grafana: Grafana) -> Any:
        """Read it by its uid."""
        found = grafana.get(f"/v1/provisioning/contact-points?name={escaped(self.name)}") or []
        for point in found:
            if point.get("uid") == build.CONTACT_UID:
                return point
        if found:
            raise Refused(f"a contact point {self.name!r} is there that is not ours; rename it")
        return None

    def drift(self, found: Any) -> list[str]:
        """Compare all but secrets, which Grafana never tells."""
        told = list(differences(self._open(), found))
        lacks = [
            name for name in build.REDACTED if name in self.content["settings"] and not found["settings"].get(name)
        ]
        return told + [f"settings.{name}: missing" for name in lacks] + (["secrets: written anew"] * self.with_secrets)

    def write(self, grafana: Grafana, found: Any) -> None:
        """Create or update it."""
        path = "/v1/provisioning/contact-points"
        if found is None:
            grafana.send_alerting("POST", path, self.content)
        else:
            grafana.send_alerting("PUT", f"{path}/{build.CONTACT_UID}", self.content)

    def _open(self) -> Json:
        kept = {name: value for name, value in self.content["settings"].items() if name not in build.REDACTED}
        return self.content | {"settings": kept}


@dataclass
class Policy(Thing):
    """Our branch of the one policy tree; all other branches and the root stay as they are."""

    content: Json
    kind = "notification policy"

    @property
    def name(self) -> str:
        """Whose branch."""
        return "satulayar"

    def find(self, grafana: Grafana) -> Any:
        """Read the whole tree."""
        return grafana.get("/v1/provisioning/policies")

    def drift(self, found: Any) -> list[str]:
        """Compare our branch."""
        ours = [branch for branch in found.get("routes") or [] if build.is_ours(branch)]
        if len(ours) != 1:
            return [f"our branch is there {len(ours)} times"]
        return list(differences(self.content, ours[0]))

    def write(self, grafana: Grafana, found: Any) -> None:
        """Write the whole tree, as Grafana wants it, with our branch first and everybody else's as it was."""
        tree = {name: value for name, value in (found or {}).items() if name != "provenance"}
        others = [branch for branch in tree.get("routes") or [] if not build.is_ours(branch)]
        grafana.send_alerting("PUT", "/v1/provisioning/policies", tree | {"routes": [self.content, *others]})


@dataclass
class RuleGroup(Thing):
    """Rules that are evaluated together."""

    content: Json
    kind = "rule group"

    @property
    def name(self) -> str:
        """Its title."""
        return str(self.content["title"])

    @property
    def _path(self) -> str:
        return f"/v1/provisioning/folder/{self.content['folderUid']}/rule-groups/{escaped(self.name)}"

    def find(self, grafana: Grafana) -> Any:
        """Read it."""
        found = grafana.get(self._path)
        return found if found and found.get("rules") else None

    def drift(self, found: Any) -> list[str]:
        """Compare its rules, whatever their order."""
        order = {rule["uid"]: rule for rule in found["rules"]}
        sorted_like_ours = [order.pop(rule["uid"], {}) for rule in self.content["rules"]]
        besides = [f"rules: {uid} is no longer wanted" for uid in order]
        return [*differences(self.content, found | {"rules": sorted_like_ours}), *besides]

    def write(self, grafana: Grafana, found: Any) -> None:  # noqa: ARG002 - of the base class
        """Write the group; Grafana removes what it does not name."""
        grafana.send_alerting("PUT", self._path, self.content)
