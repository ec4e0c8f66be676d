"""Figures that are brought over HTTP: pushed with a module's token, uploaded in two steps, decided on by a person."""

import io
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import yaml
from openpyxl import Workbook

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
    assert api.get(f"/v1/modules/{aid}/figures").json() == []
    of_district = api.get("/v1/districts/35.14.14/figures")
    assert of_district.status_code == 200, of_district.text
    assert aid not in [each["module"] for each in of_district.json()]
    assert aid not in [each["module"] for each in api.get("/v1/held-figures").json()]
    trouble = "SELECT count(*) FROM wall.module_trouble WHERE module = %s AND kind = 'held'"
    assert api.owner.execute(trouble, [aid]).fetchone() == (0,)
    kept = """SELECT count(*) FROM indicator_value JOIN indicator_cell AS cell ON cell.id = cell_id
        JOIN indicator ON indicator.id = indicator_id JOIN module ON module.id = module_id WHERE module.name = %s"""
    assert api.owner.execute(kept, [aid]).fetchone() == (3,)


def _figures(api: RunningApi, module: str) -> dict[str, float | None]:
    return {each["district"]: each["value"] for each in api.get(f"/v1/modules/{module}/figures").json()}


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
    run = api.get(f"/v1/modules/{module}/runs").json()[0]
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
    runs = api.get(f"/v1/modules/{aid}/runs").json()
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
        (b"\xff\xfe\x00", "no utf-8 text"),
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
    told = {each["module"]: each["value"] for each in api.get("/v1/districts/35.14.11/figures").json()}
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
