"""The desired state in the regency's database, by way of the API: all of it but junctions, which the owner loads."""

import json
from collections.abc import Callable

from cloud.db import registry as database
from cloud.db.registry_file import Registry
from provisioning.desired import Desired
from provisioning.registering import note_for, plan_registry, to_write
from provisioning.registry import registry_of
from tests.fix_api import HTTP, RunningApi
from tests.fix_registry import everything

CODE = "R7001"


def of_this_test(content: dict) -> dict:
    return dict(json.loads(json.dumps(content).replace("T0001", CODE)))


def registered(api: RunningApi) -> list[dict]:
    sites = api.get("/v1/registry/sites", "operator", limit=1_000).json()["items"]
    return [site for site in sites if site["code"] == CODE]


def write(api: RunningApi, site: dict, role: str = "admin") -> tuple[int, dict]:
    body = {"site": site, "applied": note_for(site)}
    answer = HTTP.put(f"{api.url}/v1/registry/sites/{site['code']}", json=body, headers=api.headers(role))
    return answer.status_code, answer.json()


def test_site_when_registered_over_the_api_then_all_is_there_but_the_junction(
    api: RunningApi, desired_from: Callable[[dict], Desired]
) -> None:
    desired = desired_from(of_this_test(everything()))
    (site,) = to_write(plan_registry(desired, registered(api)), force=False)
    status, done = write(api, site)
    assert (status, done["changed"]) == (200, 0)
    assert done["new"] > 8
    assert [change.kind for change in plan_registry(desired, registered(api))] == ["junction"]
    stages = api.owner.execute(
        "SELECT stage, level_m FROM gauge_stage JOIN asset ON asset_id = asset.id WHERE code = %s ORDER BY stage",
        [f"{CODE}.gauge-1"],
    )
    assert stages.fetchall() == [(2, 3.0), (3, 2.0)]
    assert write(api, site)[1] == {"new": 0, "changed": 0}

    database.register(api.owner, Registry.model_validate(registry_of(desired)))
    assert plan_registry(desired, registered(api)) == []
    api.owner.execute(
        "UPDATE junction_limit SET extra_green_s = 99 FROM site WHERE site_id = site.id AND code = %s", [CODE]
    )
    assert [change.kind for change in plan_registry(desired, registered(api))] == ["junction"]


def test_junction_when_sent_to_the_api_then_refused(api: RunningApi, desired_from: Callable[[dict], Desired]) -> None:
    (site,) = registry_of(desired_from(of_this_test(everything())))["sites"]
    status, said = write(api, site)
    assert (status, "satulayar-db load" in said["detail"]) == (400, True)
    for role in ("crew", "viewer", "operator"):
        assert write(api, site, role)[0] == 403
