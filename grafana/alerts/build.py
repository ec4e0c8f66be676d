"""Writes rules, policies, contact point and mute timings as Grafana's provisioning API takes them.

Sources: Grafana documentation, "Alerting provisioning HTTP API" (11.0 to 12.4) and "File provisioning"; "Configure
webhook notifications" (HMAC over time, a colon and body; since 11.6, by the tests of Grafana's own Terraform provider);
recovery threshold (`unloadEvaluator`, exactly one condition: pkg/expr/threshold.go) since 10.3.
"""

from typing import Any

from grafana import names
from grafana.alerts.rules import GROUPS, RULES, AlertRule
from grafana.query import Dataquery
from grafana.settings import WallSettings
from grafana.words import Say

Json = dict[str, Any]

CONTACT_POINT = "Konsol Satulayar"
CONTACT_UID = "satulayar-konsol"
MUTE_TIMING = "Pemeliharaan Satulayar"
OWNER_LABEL = ("wilayah", "satulayar")
"""Every rule carries it, and our route of the policy tree takes what carries it: others' alerts never come to us."""

REDACTED = ("hmacConfig", "authorization_credentials")
"""What Grafana never gives back; whether it has changed cannot be seen, so `apply --secrets` writes it again."""

_SIGNATURE = "X-Grafana-Alerting-Signature"


def rule(one: AlertRule, settings: WallSettings) -> Json:
    """Write a rule."""
    return {
        "uid": one.uid,
        "title": one.title,
        "ruleGroup": one.group,
        "folderUID": names.ALERT_FOLDER[0],
        "orgID": 1,
        "condition": "B",
        "data": [_question(one), _threshold(one)],
        "for": f"{one.for_s}s",
        # Nobody looks while a query fails or finds nothing: that is an alarm, not peace.
        "noDataState": "Alerting",
        "execErrState": "Alerting",
        "isPaused": False,
        "labels": {"category": one.category, "severity": one.severity, OWNER_LABEL[0]: OWNER_LABEL[1]},
        "annotations": {
            "summary": one.summary_id,
            "summary_en": one.summary_en,
            "runbook_url": f"{settings.runbook_url.rstrip('/')}/{one.runbook}.md",
            "dashboard": f"/d/{Say('id').uid(one.board)}",
        },
    }


def groups(settings: WallSettings) -> list[Json]:
    """Write all groups with their rules."""
    return [
        {
            "title": name,
            "folderUid": names.ALERT_FOLDER[0],
            "interval": interval_s,
            "rules": [rule(one, settings) for one in RULES if one.group == name],
        }
        for name, interval_s in GROUPS.items()
    ]


def contact_point(settings: WallSettings, *, signs: bool) -> Json:
    """Write the contact point.

    Args:
        settings: where to, and with which secret.
        signs: whether this Grafana can sign (11.6 and later); before, the secret itself is the proof.
    """
    content: Json = {"url": settings.alerts_url, "httpMethod": "POST"}
    secret = settings.secret("alerts_secret")
    if secret and signs:
        content["hmacConfig"] = {"secret": secret, "header": _SIGNATURE, "timestampHeader": f"{_SIGNATURE}-Timestamp"}
    elif secret:
        content |= {"authorization_scheme": "Bearer", "authorization_credentials": secret}
    return {
        "uid": CONTACT_UID,
        "name": CONTACT_POINT,
        "type": "webhook",
        "settings": content,
        "disableResolveMessage": False,
    }


def route() -> Json:
    """Write our branch of the policy tree. This function is the one place that owns it."""
    return {
        "receiver": CONTACT_POINT,
        "object_matchers": [[OWNER_LABEL[0], "=", OWNER_LABEL[1]]],
        "group_by": ["grafana_folder", "alertname", "district"],
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": "4h",
        "routes": [
            # Water does not wait for the others of its group, and never for maintenance.
            {
                "receiver": CONTACT_POINT,
                "object_matchers": [["category", "=", "water"]],
                "group_wait": "1s",
                "group_interval": "30s",
                "repeat_interval": "1h",
            },
            {
                "receiver": CONTACT_POINT,
                "object_matchers": [["severity", "=~", "info|minor"]],
                "mute_time_intervals": [MUTE_TIMING],
            },
        ],
    }


def is_ours(branch: Json) -> bool:
    """Tell whether a branch of the policy tree is ours."""
    return [OWNER_LABEL[0], "=", OWNER_LABEL[1]] in (branch.get("object_matchers") or [])


def mute_timing(settings: WallSettings) -> Json:
    """Write the weekly maintenance, in which what is of little weight is not told."""
    times = [{"start_time": settings.maintenance_from, "end_time": settings.maintenance_to}]
    return {
        "name": MUTE_TIMING,
        "time_intervals": [{"times": times, "weekdays": ["sunday"], "location": names.TIME_ZONE}],
    }


def _question(one: AlertRule) -> Json:
    model = Dataquery(one.sql, "table").to_json() | {"intervalMs": 1_000, "maxDataPoints": 43_200}
    model["datasource"] = {"type": names.DATASOURCE_TYPE, "uid": names.DATASOURCE_UID}
    return {
        "refId": "A",
        "queryType": "",
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": names.DATASOURCE_UID,
        "model": model,
    }


def _threshold(one: AlertRule) -> Json:
    condition: Json = {"evaluator": {"type": "gt", "params": [one.above]}}
    if one.ends_below < one.above:
        condition["unloadEvaluator"] = {"type": "lt", "params": [one.ends_below]}
    return {
        "refId": "B",
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "refId": "B",
            "type": "threshold",
            "expression": "A",
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "conditions": [condition],
        },
    }
