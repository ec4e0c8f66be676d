"""Writes everything as a tree that Grafana reads from disk at its start: for compose.yaml, and for a Grafana on PATH.

Source: Grafana documentation, "Provision Grafana" and "Use configuration files to provision alerting resources", and
the types that Grafana itself reads them with (pkg/services/provisioning, `alerting/*_types.go` and `values`). Read from
files, the whole policy tree is the file's, and what is there can be changed nowhere else. $NAME is replaced by
Grafana's environment in every value but a rule's annotations and its queries, which are taken as they stand.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from grafana import names, objects
from grafana.alerts import build
from grafana.generate import written
from grafana.settings import WallSettings
from grafana.words import LANGUAGES

Json = dict[str, Any]
_NOTE = "# Written by satulayar-grafana export; change the code in grafana/ instead.\n"
_REFERENCE = re.compile(r"\$\w+|\$\{\w+\}|\$__(env|file|vault)\{[^}]*\}")


def tree(settings: WallSettings, dashboards_at: str, *, signs: bool = True) -> dict[Path, str]:
    """Give every file with its content.

    Args:
        settings: of this regency. Secrets in it are written into the files: give `$NAME` to have Grafana take them from
            its environment.
        dashboards_at: folder of the dashboards as Grafana's process sees it.
        signs: whether this Grafana signs webhooks (11.6 and later).
    """
    content: dict[Path, Json] = {
        Path("datasources/satulayar.yaml"): {"apiVersion": 1, "datasources": [_datasource(settings)]},
        Path("dashboards/satulayar.yaml"): {"apiVersion": 1, "providers": _providers(dashboards_at)},
        Path("alerting/rules.yaml"): {"apiVersion": 1, "groups": _groups(settings)},
        Path("alerting/contact-points.yaml"): {
            "apiVersion": 1,
            "contactPoints": [_contact_point(settings, signs=signs)],
        },
        Path("alerting/policies.yaml"): {"apiVersion": 1, "policies": [_policies()]},
        Path("alerting/mute-timings.yaml"): {
            "apiVersion": 1,
            "muteTimes": [{"orgId": 1} | build.mute_timing(settings)],
        },
    }
    texts = {path: _NOTE + yaml.safe_dump(one, sort_keys=False, allow_unicode=True) for path, one in content.items()}
    for language in LANGUAGES:
        for board in objects.boards(settings, language):
            texts[Path("boards") / language / f"{board['uid']}.json"] = written(board)
    return texts


def write_tree(settings: WallSettings, folder: Path, dashboards_at: str | None = None, *, signs: bool = True) -> int:
    """Write the tree and give the number of files."""
    texts = tree(settings, dashboards_at or str((folder / "boards").resolve()), signs=signs)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return len(texts)


def _datasource(settings: WallSettings) -> Json:
    # `editable` and `isDefault` are of the file's form only.
    return dict(_kept(objects.datasource(settings))) | {"orgId": 1, "isDefault": True, "editable": False}


def _providers(dashboards_at: str) -> list[Json]:
    return [
        {
            "name": f"satulayar-{language}",
            "orgId": 1,
            "type": "file",
            "folder": names.FOLDERS[language][1],
            "folderUid": names.FOLDERS[language][0],
            "disableDeletion": False,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 30,
            "options": {"path": f"{dashboards_at}/{language}"},
        }
        for language in LANGUAGES
    ]


def _groups(settings: WallSettings) -> list[Json]:
    return [
        {
            "orgId": 1,
            "name": group["title"],
            "folder": names.ALERT_FOLDER[1],
            "interval": f"{group['interval']}s",
            "rules": [_rule(rule) for rule in group["rules"]],
        }
        for group in build.groups(settings)
    ]


def _rule(rule: Json) -> Json:
    return {name: value for name, value in rule.items() if name not in ("folderUID", "ruleGroup", "orgID")}


def _contact_point(settings: WallSettings, *, signs: bool) -> Json:
    point = build.contact_point(settings, signs=signs)
    receiver = {name: point[name] for name in ("uid", "type", "settings", "disableResolveMessage")}
    return {"orgId": 1, "name": point["name"], "receivers": [_kept(receiver)]}


def _policies() -> Json:
    return {
        "orgId": 1,
        "receiver": build.CONTACT_POINT,
        "group_by": ["grafana_folder", "alertname"],
        "routes": [build.route()],
    }


def _kept(value: Any) -> Any:
    """Keep a $ in a value from Grafana's environment, unless the value names a variable there."""
    if isinstance(value, dict):
        return {name: _kept(one) for name, one in value.items()}
    if isinstance(value, str) and not _REFERENCE.fullmatch(value):
        return value.replace("$", "$$")
    return value
