"""Who asks and what was done, over HTTP; and accounts' names."""

import pytest

from cloud.db import accounts
from cloud.db.errors import Refused
from tests.fix_api import HTTP, RunningApi

WISH = {"phase": 2, "extra_green_s": 10, "duration_s": 600, "reason": "antrean"}


def test_me_when_asked_then_says_whose_token_it_is(api: RunningApi) -> None:
    me = api.get("/v1/me", role="operator").json()
    assert (me["account"], me["role"], me["agencies"], me["csrf"]) == ("its-operator", "operator", [], None)
    assert "incident.dispatch" in me["rights"]
    assert "siren.sound" not in me["rights"]
    assert HTTP.get(f"{api.url}/v1/me").status_code == 401


def test_audit_when_a_viewer_asks_then_is_forbidden(api: RunningApi) -> None:
    assert api.get("/v1/audit").status_code == 403


def test_audit_when_a_lease_was_refused_then_names_who_asked_where_and_the_rule(api: RunningApi) -> None:
    for site in ("TD-01", "GMP-01"):
        answer = HTTP.post(f"{api.url}/v1/junctions/{site}/leases", json=WISH, headers=api.headers("operator"))
        assert answer.status_code == 404
    rows = api.get("/v1/audit", role="operator", site="TD-01").json()["items"]
    assert [(row["actor"], row["action"], row["subject"]) for row in rows] == [
        ("its-operator", "lease_refused", "TD-01")
    ]
    assert rows[0]["detail"]["rule"] == "unknown_junction"


def test_audit_when_paged_then_every_row_comes_once_newest_first(api: RunningApi) -> None:
    seen: list[int] = []
    after = ""
    while after is not None:
        part = api.get("/v1/audit", role="admin", limit=2, after=after).json()
        seen += [row["id"] for row in part["items"]]
        after = part["next"]
    assert len(seen) >= 6
    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize("name", ["", "a b", "a\x00", "a\nb", "x" * 81, "🚦"])
def test_account_when_its_name_cannot_be_typed_then_is_refused(api: RunningApi, name: str) -> None:
    with pytest.raises(Refused, match="no account's name"):
        accounts.add_account(api.owner, name, "viewer", "test")
