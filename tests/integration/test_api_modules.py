"""Figures that are brought over HTTP: pushed with a module's token, uploaded in two steps, decided on by a person."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import yaml
from openpyxl import Workbook

from cloud.api.auth import MAX_FAILURES
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.store import ModuleStore, put_districts, register
from cloud.modules.tokens import make_token, revoke_tokens
from tests.fix_api import HTTP, RunningApi

_MANIFEST = """
title: {id: Bantuan, en: Aid}
owner: Dinas Sosial
contact: bidang bantuan
legal_basis: UU 13/2011
period: quarter
fresh_for: 100d
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators: {families: {title: {id: Keluarga, en: Families}, unit: "{family}", dimensions: [district], people: true}}
source:
  kind: KIND
  mapping: {true_at: Triwulan, keys: {district: {column: Kecamatan}}, values: {families: KPM}}
"""
TITLES = ["Triwulan", "Kecamatan", "KPM"]


def _manifest(kind: str) -> Manifest:
    return Manifest.model_validate(yaml.safe_load(_MANIFEST.replace("KIND", kind)))


@pytest.fixture
def aid(api: RunningApi) -> str:
    """A module whose figures are uploaded; of this test alone."""
    return _put(api, "upload")


@pytest.fixture
def pushed(api: RunningApi) -> tuple[str, str]:
    """A module whose figures are pushed, and its token."""
    name = _put(api, "push")
    return name, make_token(api.owner, name, "test")


def _put(api: RunningApi, kind: str) -> str:
    put_districts(api.owner, iter([("35.14.14", "Bangil"), ("35.14.11", "Pandaan")]))
    row = api.owner.execute("SELECT count(*) FROM module").fetchone()
    assert row
    name = f"{kind}_{row[0]}"
    register(api.owner, name, _manifest(kind))
    return name


def _push(api: RunningApi, module: str, token: str, *rows: dict[str, Any]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return HTTP.post(f"{api.url}/v1/modules/{module}/figures", json=list(rows), headers=headers)


def _post(api: RunningApi, path: str, role: str = "admin", **more: Any) -> httpx.Response:
    return HTTP.post(api.url + path, headers=api.headers(role), **more)  # type: ignore[arg-type]


def _row(families: object, district: str = "Bangil", quarter: str = "TW 3 2025") -> dict[str, Any]:
    return dict(zip(TITLES, (quarter, district, families), strict=True))


def _csv(*rows: dict[str, Any]) -> bytes:
    return "\n".join([";".join(TITLES), *(";".join(map(str, row.values())) for row in rows)]).encode()


def _workbook(*rows: dict[str, Any]) -> bytes:
    book, octets = Workbook(), io.BytesIO()
    book.active.append(TITLES)
    for row in rows:
        book.active.append(list(row.values()))
    book.save(octets)
    return octets.getvalue()


def test_figures_when_an_indicator_is_renamed_then_the_old_one_is_shown_nowhere_and_stays_in_the_tables(api, aid):
    store = ModuleStore(api.owner, aid)
    three = [Figure("families", ("35.14.14",), datetime(2025, month, 1, tzinfo=UTC), 7.0) for month in (1, 4, 7)]
    store.keep(store.begin("person", "ani", None), three, Report(), None)
    odd = [Figure("families", ("35.14.14",), datetime(2025, 10, 1, tzinfo=UTC), 9_000.0)]
    store.keep(store.begin("person", "ani", None), odd, Report(), None)
    assert aid in [each["module"] for each in api.get("/v1/held-figures").json()]
    renamed = _MANIFEST.replace("KIND", "upload").replace("families:", "households:")
    register(api.owner, aid, Manifest.model_validate(yaml.safe_load(renamed)))
    assert api.get(f"/v1/modules/{aid}/figures").json()["items"] == []
    of_district = api.get("/v1/districts/35.14.14/figures")
    assert of_district.status_code == 200, of_district.text
    assert aid not in [each["module"] for each in of_district.json()["items"]]
    assert aid not in [each["module"] for each in api.get("/v1/held-figures").json()]
    trouble = "SELECT count(*) FROM wall.module_trouble WHERE module = %s AND kind = 'held'"
    assert api.owner.execute(trouble, [aid]).fetchone() == (0,)
    kept = """SELECT count(*) FROM indicator_value JOIN indicator_cell AS cell ON cell.id = cell_id
        JOIN indicator ON indicator.id = indicator_id JOIN module ON module.id = module_id WHERE module.name = %s"""
    assert api.owner.execute(kept, [aid]).fetchone() == (3,)


def _figures(api: RunningApi, module: str) -> dict[str, float | None]:
    return {each["district"]: each["value"] for each in api.get(f"/v1/modules/{module}/figures").json()["items"]}


def test_rows_when_pushed_with_the_modules_token_then_are_shown_and_again_change_nothing(api, pushed):
    module, token = pushed
    answer = _push(api, module, token, _row("1.204"), _row(3, "Pandaan"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["rows"], told["figures"], told["changed"], told["kept_back"]) == (2, 2, 2, 1)
    assert _figures(api, module) == {"Bangil": 1204.0, "Pandaan": None}
    assert _push(api, module, token, _row("1.204"), _row(3, "Pandaan")).json()["changed"] == 0


def test_rows_when_pushed_without_the_modules_own_token_then_are_refused(api, pushed):
    module, token = pushed
    other = _put(api, "push")
    for wrong in (api.tokens["admin"], make_token(api.owner, other, "test"), token[:-1] + "x", "sm_0_x"):
        assert _push(api, module, wrong, _row(9)).status_code == 401, wrong
    revoke_tokens(api.owner, module)
    answer = _push(api, module, token, _row(9))
    assert (answer.status_code, answer.json()["rule"]) == (401, "module_token")
    assert _figures(api, module) == {}


@pytest.mark.parametrize(
    ("row", "rule", "says"),
    [
        ({"Triwulan": "TW 3 2025", "Kecamatan": "Bangil", "Jumlah": 9}, "figures_refused", "missing: KPM"),
        ({**_row(9), "NIK": "3514144101900001"}, "figures_refused", "citizen number"),
        ({**_row(9), "catatan": {"a": 1}}, "not_flat", "flat objects"),
        (_row(9, "Surabaya"), "figures_refused", "Not one row"),
    ],
)
def test_rows_when_wrong_then_are_refused_with_their_rule_in_both_languages(api, pushed, row, rule, says):
    module, token = pushed
    answer = _push(api, module, token, row)
    told = answer.json()
    assert (answer.status_code, told["rule"]) == (400, rule)
    assert says in told["detail_en"]
    assert told["detail_id"] != told["detail_en"]
    assert "3514144101900001" not in answer.text


def test_run_when_a_table_told_of_persons_then_says_so_without_the_value_anywhere(api, pushed):
    module, token = pushed
    _push(api, module, token, {**_row(9), "NIK": "3514144101900001"})
    run = api.get(f"/v1/modules/{module}/runs").json()["items"][0]
    assert (run["cause"], run["state"], run["rows"]) == ("push", "failed", 0)
    everything = api.owner.execute("SELECT string_agg(row_to_json(r)::text, '') FROM module_run AS r").fetchone()
    assert everything
    assert "3514144101900001" not in everything[0]


@pytest.mark.parametrize("write", [_csv, _workbook])
def test_upload_when_read_then_says_what_would_change_and_changes_it_once_confirmed(api, aid, write):
    first = _post(api, f"/v1/modules/{aid}/uploads", content=write(_row(1204), _row(88, "Pandaan"))).json()
    assert (first["changed"], first["unchanged"], [each["is_new"] for each in first["changes"]]) == (2, 0, [True] * 2)
    assert _figures(api, aid) == {}
    confirm = f"/v1/modules/{aid}/uploads/{first['draft']}/confirm"
    assert _post(api, confirm).json()["changed"] == 2
    assert _post(api, confirm).json()["rule"] == "unknown_draft"
    second = _post(api, f"/v1/modules/{aid}/uploads", content=write(_row(1300), _row(88, "Pandaan"))).json()
    assert [(each["before"], each["after"]) for each in second["changes"]] == [(1204.0, 1300.0)]
    assert second["unchanged"] == 1
    assert _figures(api, aid) == {"Bangil": 1204.0, "Pandaan": 88.0}
    assert _post(api, f"/v1/modules/{aid}/uploads/{second['draft']}/confirm").status_code == 200
    assert _figures(api, aid) == {"Bangil": 1300.0, "Pandaan": 88.0}
    runs = api.get(f"/v1/modules/{aid}/runs").json()["items"]
    assert [(run["cause"], run["actor"]) for run in runs] == [("upload", "its-admin")] * 2


def test_upload_when_thrown_away_then_is_gone_and_nothing_changed(api, aid):
    draft = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(9))).json()["draft"]
    place = f"{api.url}/v1/modules/{aid}/uploads/{draft}"
    assert HTTP.delete(place, headers=api.headers("admin")).status_code == 204
    assert _post(api, f"/v1/modules/{aid}/uploads/{draft}/confirm").status_code == 404
    assert _figures(api, aid) == {}


def test_upload_when_by_whoever_may_not_or_to_what_is_pushed_then_is_refused(api, aid, pushed):
    assert _post(api, f"/v1/modules/{aid}/uploads", "operator", content=_csv(_row(9))).json()["rule"] == "right"
    assert _post(api, f"/v1/modules/{pushed[0]}/uploads", content=_csv(_row(9))).json()["rule"] == "not_uploaded"
    assert _post(api, "/v1/modules/none/uploads", content=_csv(_row(9))).json()["rule"] == "unknown_module"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><p>Masuk</p>", "web page"),
        (b"PK\3\4 not a workbook", "damaged or no XLSX"),
        (b"\xff\xfe\x00", "no utf-16 text"),
        (b"", "no rows at all"),
        (b"Triwulan;Kecamatan;KPM\nTW 3 2025;Bangil", "cut off"),
    ],
)
def test_upload_when_it_is_no_whole_table_then_says_why_and_leaves_nothing(api, aid, content, says):
    answer = _post(api, f"/v1/modules/{aid}/uploads", content=content)
    assert (answer.status_code, answer.json()["rule"]) == (400, "figures_refused")
    assert says in answer.json()["detail_en"]
    place = "SELECT count(*) FROM module_draft JOIN module AS m ON m.id = module_id WHERE m.name = %s"
    assert api.owner.execute(place, [aid]).fetchone() == (0,)


def test_upload_when_larger_than_may_be_then_is_refused_before_it_is_read(api, aid):
    answer = _post(api, f"/v1/modules/{aid}/uploads", content=b" " * 10_000_001)
    assert (answer.status_code, answer.json()["rule"]) == (413, "body_too_large")


def test_held_figure_when_accepted_then_is_shown_and_when_refused_is_not_held_again(api, pushed):
    module, token = pushed
    for quarter in range(1, 5):
        _push(api, module, token, _row(20, quarter=f"TW {quarter} 2024"))
    for families, accepted in ((5_000_000, False), (4_000_000, True)):
        odd = _row(families, quarter="TW 1 2025")
        assert _push(api, module, token, odd).json()["held"] == 1
        assert _push(api, module, token, odd).json()["held"] == 0  # it waits already
        waiting = [each for each in api.get("/v1/held-figures").json() if each["module"] == module]
        assert [(each["value"], each["usual"]) for each in waiting] == [(families, 20.0)]
        decide = f"/v1/held-figures/{waiting[0]['id']}"
        assert _post(api, decide, "operator", json={"accepted": accepted}).status_code == 403
        assert _post(api, decide, json={"accepted": accepted}).status_code == 204
        assert _post(api, decide, json={"accepted": accepted}).json()["rule"] == "unknown_held"
        assert _push(api, module, token, odd).json()["held"] == 0
        assert _figures(api, module) == {"Bangil": families if accepted else 20.0}
    audit = api.owner.execute("SELECT action FROM audit WHERE subject = %s ORDER BY id", [module]).fetchall()
    assert audit == [("figure_refused",), ("figure_accepted",)]


def test_district_when_asked_for_then_has_what_every_module_says_of_it(api, aid, pushed):
    module, token = pushed
    _push(api, module, token, _row(77, "Pandaan"))
    draft = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(66, "Pandaan"))).json()["draft"]
    _post(api, f"/v1/modules/{aid}/uploads/{draft}/confirm")
    told = {each["module"]: each["value"] for each in api.get("/v1/districts/35.14.11/figures").json()["items"]}
    assert (told[module], told[aid]) == (77.0, 66.0)
    assert api.get("/v1/districts/99.99.99/figures").json()["rule"] == "unknown_district"
    assert {"code": "35.14.14", "name": "Bangil"} in api.get("/v1/districts").json()


def test_trouble_when_overdue_or_held_then_is_one_row_each(api, pushed):
    module, token = pushed
    trouble = "SELECT kind, trouble FROM wall.module_trouble WHERE module = %s ORDER BY 1"
    assert api.owner.execute(trouble, [module]).fetchall() == []  # nobody could have sent anything yet
    old = datetime.now(UTC).year - 3
    for quarter in range(1, 5):
        _push(api, module, token, _row(20, quarter=f"TW {quarter} {old}"))
    _push(api, module, token, _row(5_000_000, quarter=f"TW 1 {old + 1}"))
    kinds = api.owner.execute(trouble, [module]).fetchall()
    assert [kind for kind, _ in kinds] == ["held", "overdue"]
    assert kinds[1][1] == f"overdue:{module}"


def test_upload_when_by_a_modules_owner_then_is_read(api, aid):
    assert _post(api, f"/v1/modules/{aid}/uploads", "module_owner", content=_csv(_row(9))).status_code == 200


def test_upload_when_the_manifest_names_its_uploaders_then_others_are_refused(api, aid):
    for names, status in ((("its-module_owner",), 200), (("somebody",), 403)):
        register(api.owner, aid, _manifest("upload").model_copy(update={"uploaders": names}))
        answer = _post(api, f"/v1/modules/{aid}/uploads", "module_owner", content=_csv(_row(9)))
        assert answer.status_code == status, answer.text
    assert answer.json()["rule"] == "not_uploader"
    assert _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(9))).status_code == 200


def _all(api: RunningApi, path: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        part = api.get(path, limit=limit, after=after).json()
        assert len(part["items"]) <= limit
        found += part["items"]
        if part["next"] is None:
            return found
        after = part["next"]


def test_figures_corrections_and_runs_when_more_than_a_part_then_following_next_gives_each_once(api, pushed):
    module, token = pushed
    for families in (10, 20, 30):
        _push(api, module, token, _row(families), _row(families + 1, "Pandaan"))
    figures = _all(api, f"/v1/modules/{module}/figures", 1)
    assert [each["district"] for each in figures] == ["Pandaan", "Bangil"]
    runs = [each["id"] for each in _all(api, f"/v1/modules/{module}/runs", 2)]
    assert runs == sorted(set(runs), reverse=True)
    assert len(runs) == 3
    corrections = _all(api, f"/v1/modules/{module}/corrections", 1)
    told = sorted((each["district"], each["before"], each["after"]) for each in corrections)
    assert told == [("Bangil", 10, 20), ("Bangil", 20, 30), ("Pandaan", 11, 21), ("Pandaan", 21, 31)]
    whole = api.get("/v1/districts/35.14.14/figures").json()["items"]
    assert [each["cell_id"] for each in _all(api, "/v1/districts/35.14.14/figures", 1)] == [
        each["cell_id"] for each in whole
    ]
    for path in ("figures", "corrections", "runs"):
        assert api.get(f"/v1/modules/{module}/{path}", after="x").json()["rule"] == "bad_place"


def test_figure_when_corrected_then_what_was_shown_before_can_be_asked_for(api, pushed):
    module, token = pushed
    instants = [datetime.now(UTC)]
    for families in (10, 20):
        _push(api, module, token, _row(families))
        instants.append(datetime.now(UTC))
    path = f"/v1/modules/{module}/figures"
    shown = [api.get(path, as_of=at.isoformat()).json()["items"] for at in instants]
    assert [[each["value"] for each in part] for part in shown] == [[], [10.0], [20.0]]
    assert [each["value"] for each in api.get(path).json()["items"]] == [20.0]
    correction = api.get(f"/v1/modules/{module}/corrections").json()["items"][0]
    assert (correction["before"], correction["after"], correction["cause"]) == (10.0, 20.0, "push")
    assert instants[1] < datetime.fromisoformat(correction["corrected_at"]) < instants[2]
    assert api.get(path, as_of="kemarin").status_code == 422


def test_wrong_tokens_when_many_come_at_once_then_are_slowed_and_a_valid_one_passes(api, pushed):
    module, token = pushed
    assert _push(api, module, token, _row(10)).status_code == 200
    unseen = make_token(api.owner, module, "test")
    unknown = [f"sm_{number:012x}_{'a' * 43}" for number in range(40)]
    with ThreadPoolExecutor(16) as pool:
        flood = [pool.submit(_push, api, module, each, _row(9)) for each in unknown + [token[:-5] + "xxxxx"] * 20]
        assert _push(api, module, token, _row(11)).status_code == 200
        assert _push(api, module, unseen, _row(12)).status_code == 200
        statuses = [answer.result().status_code for answer in flood]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) >= MAX_FAILURES
    assert _push(api, module, token, _row(13)).status_code == 200
    runs = api.get(f"/v1/modules/{module}/runs").json()["items"]
    assert [run["state"] for run in runs] == ["done"] * 4  # a wrong token is no run


def test_body_when_the_token_is_wrong_then_is_not_even_read(api, pushed):
    module, token = pushed
    path = f"{api.url}/v1/modules/{module}/figures"
    for wrong, statuses in (("sm_0_x", {401, 429}), (token, {422})):
        headers = {"Authorization": f"Bearer {wrong}", "Content-Type": "application/json"}
        answer = HTTP.post(path, content=b'{"a": 1}', headers=headers)
        assert answer.status_code in statuses, answer.text


def test_upload_when_refused_or_partly_left_out_then_its_run_says_so_with_who_brought_it(api, aid):
    titles = b"Triwulan;Kecamatan;KPM;NIK\nTW 3 2025;Bangil;9;3514144101900001"
    refused = _post(api, f"/v1/modules/{aid}/uploads", "module_owner", content=titles)
    assert refused.json()["rule"] == "figures_refused"
    run = api.get(f"/v1/modules/{aid}/runs").json()["items"][0]
    assert (run["cause"], run["actor"], run["state"]) == ("upload", "its-module_owner", "failed")
    assert "citizen number" in run["fault_en"]
    rows = [_row(90), _row("banyak", "Pandaan"), _row(3, "Pandaan", "TW 2 2025"), _row(8, "Surabaya")]
    draft = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(*rows)).json()
    assert (draft["rejected"], draft["kept_back"]) == (2, 1)
    assert len(api.get(f"/v1/modules/{aid}/runs").json()["items"]) == 1  # what is not confirmed has not run
    assert _post(api, f"/v1/modules/{aid}/uploads/{draft['draft']}/confirm").status_code == 200
    run = api.get(f"/v1/modules/{aid}/runs").json()["items"][0]
    assert (run["actor"], run["rows"], run["rejected"], run["kept_back"]) == ("its-admin", 4, 2, 1)
    assert {line["reason"] for line in run["lines"]} == {"no_number", "unknown_key", "kept_back"}
    assert "3514144101900001" not in str(api.get(f"/v1/modules/{aid}/runs").json())


def test_draft_when_figures_came_after_it_was_shown_then_is_refused_and_changes_nothing(api, aid):
    first = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(100))).json()
    other = _post(api, f"/v1/modules/{aid}/uploads", "module_owner", content=_csv(_row(200))).json()
    confirm = f"/v1/modules/{aid}/uploads/{other['draft']}/confirm"
    assert _post(api, confirm, "module_owner").status_code == 200
    stale = _post(api, f"/v1/modules/{aid}/uploads/{first['draft']}/confirm")
    assert (stale.status_code, stale.json()["rule"]) == (409, "stale_draft")
    assert _figures(api, aid) == {"Bangil": 200.0}
    again = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(100))).json()
    assert [(each["before"], each["after"]) for each in again["changes"]] == [(200.0, 100.0)]
    assert _post(api, f"/v1/modules/{aid}/uploads/{again['draft']}/confirm").status_code == 200


def test_draft_when_a_count_is_small_or_unusual_then_says_what_would_be_kept_back_and_what_would_wait(api, aid):
    usual = [_row(20, quarter=f"TW {quarter} 2024") for quarter in range(1, 5)]
    draft = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(*usual)).json()
    _post(api, f"/v1/modules/{aid}/uploads/{draft['draft']}/confirm")
    odd = _post(api, f"/v1/modules/{aid}/uploads", content=_csv(_row(90_000), _row(3, "Pandaan"))).json()
    assert (odd["held"], odd["changed"], odd["kept_back"]) == (1, 1, 1)
    assert [(each["after"], each["is_new"]) for each in odd["changes"]] == [(None, True)]
    waiting = [each["module"] for each in api.get("/v1/held-figures").json()]
    assert aid not in waiting  # it was only asked what would be


def test_module_when_one_district_falls_silent_or_an_indicator_never_came_then_is_overdue(api, pushed):
    module, token = pushed
    state = "SELECT overdue, figures_late, figures_waited_for FROM wall.module_state WHERE module = %s"
    trouble = "SELECT kind FROM wall.module_trouble WHERE module = %s"
    assert api.owner.execute(state, [module]).fetchall() == [(False, 0, 1)]  # nobody could have sent anything yet
    api.owner.execute("UPDATE module SET loaded_at = now() - INTERVAL '200 days' WHERE name = %s", [module])
    assert api.owner.execute(state, [module]).fetchall() == [(True, 1, 1)]  # it never came
    assert api.owner.execute(trouble, [module]).fetchall() == [("overdue",)]
    today = datetime.now(UTC)
    quarter = f"TW {(today.month - 1) // 3 + 1} {today.year}"
    _push(api, module, token, _row(20, quarter=quarter), _row(30, "Pandaan", quarter))
    assert api.owner.execute(state, [module]).fetchall() == [(False, 0, 2)]
    (newest,) = api.owner.execute("SELECT max(id) FROM indicator_cell").fetchall()
    api.owner.execute("UPDATE indicator_value SET true_at = true_at - INTERVAL '2 years' WHERE cell_id = %s", newest)
    assert api.owner.execute(state, [module]).fetchall() == [(True, 1, 2)]  # Bangil's is new, Pandaan's is not
    assert api.owner.execute(trouble, [module]).fetchall() == [("overdue",)]
