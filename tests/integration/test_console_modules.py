"""The console's pages of a service: tables uploaded in two steps, figures that wait for a person, runs."""

import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml

from cloud.api.module_desk import MAX_TABLE_BYTES
from cloud.console.figures import WIB
from cloud.console.table_form import LARGEST_BYTES
from cloud.db.tokens import Role
from cloud.modules.manifest import Manifest
from cloud.modules.store import put_districts, register
from cloud.modules.tokens import make_token
from tests.fix_api import HTTP, RunningApi
from tests.fix_people import PASSWORD, People, Person

_MANIFEST = """
title: {id: Bantuan sosial, en: Social aid}
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
_TITLES = "Triwulan;Kecamatan;KPM"
_MB = 1_000_000


def _put(api: RunningApi, kind: str, *uploaders: str) -> str:
    put_districts(api.owner, iter([("35.14.14", "Bangil"), ("35.14.11", "Pandaan")]))
    name = f"{kind}_{uuid4().hex[:8]}"
    manifest = Manifest.model_validate(yaml.safe_load(_MANIFEST.replace("KIND", kind)))
    register(api.owner, name, manifest.model_copy(update={"uploaders": uploaders}))
    return name


@pytest.fixture
def aid(api: RunningApi) -> str:
    return _put(api, "upload")


def _enter(people: People, role: Role = "module_owner") -> Person:
    person = people.add(f"{role}-{uuid4().hex[:6]}", role)
    assert person.client.post("/login", data={"name": person.name, "password": PASSWORD}).status_code == 303
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return person


def _table(*rows: str) -> bytes:
    return "\n".join((_TITLES, *rows)).encode()


def _upload(person: Person, module: str, content: bytes, lang: str = "id", **fields: str) -> httpx.Response:
    form = {"csrf": person.csrf} | fields
    files = {"table": ("bansos.csv", content, "text/csv")}
    return person.client.post(f"/services/{module}/upload", data=form, files=files, params={"lang": lang})


def _draft(page: str) -> str:
    return page.partition("/confirm")[0].rpartition("/upload/")[2]


def _post(person: Person, path: str, **fields: str) -> httpx.Response:
    return person.client.post(f"/services/{path}", data={"csrf": person.csrf} | fields, follow_redirects=True)


def _figures(person: Person, module: str) -> dict[str, float]:
    figures = person.client.get(f"/v1/modules/{module}/figures").json()["items"]
    return {each["district"]: each["value"] for each in figures}


def _held(person: Person, module: str) -> list[dict[str, Any]]:
    return [each for each in person.client.get("/v1/held-figures").json() if each["module"] == module]


def test_table_when_uploaded_then_shows_what_changes_and_its_figure_once_confirmed(people: People, aid: str) -> None:
    owner = _enter(people)
    assert f"/services/{aid}/upload" in owner.client.get("/services").text
    form = owner.client.get(f"/services/{aid}/upload").text
    assert 'enctype="multipart/form-data"' in form
    assert 'type="file"' in form
    shown = _upload(owner, aid, _table("TW 3 2025;Bangil;1.204", "TW 3 2025;Pandaan;88"))
    assert shown.status_code == 200
    assert "Yang akan berubah" in shown.text
    assert "Ditambahkan" in shown.text
    assert "<strong>1.204</strong>" in shown.text
    assert "WIB" in shown.text
    assert _figures(owner, aid) == {}, "something was changed before it was confirmed"
    done = _post(owner, f"{aid}/upload/{_draft(shown.text)}/confirm")
    assert "2 angka berubah." in done.text
    assert "diunggah" in done.text
    services = owner.client.get("/services", params={"lang": "en"}).text
    assert "1,204" in services


def test_table_when_it_corrects_then_the_old_figure_is_beside_the_new_and_what_is_left_out_has_its_reason(
    people: People, aid: str
) -> None:
    owner = _enter(people)
    first = _upload(owner, aid, _table("TW 3 2025;Bangil;1.204"))
    _post(owner, f"{aid}/upload/{_draft(first.text)}/confirm")
    rows = ("TW 3 2025;Bangil;1.300", "TW 3 2025;Pandaan;banyak", "Jumlah;;1.300")
    shown = _upload(owner, aid, _table(*rows), "en").text
    assert "1,204 →" in shown
    assert "<strong>1,300</strong>" in shown
    assert "Families" in shown
    assert "Bangil" in shown
    assert "Column KPM" in shown
    assert "first in row 3" in shown
    gone = _post(owner, f"{aid}/upload/{_draft(shown)}/discard")
    assert "Thrown away: nothing was changed." in gone.text
    assert _figures(owner, aid) == {"Bangil": 1204.0}


@pytest.mark.parametrize(
    ("content", "indonesian", "english"),
    [
        (b"PK\3\4 not a workbook", "bukan XLSX", "damaged or no XLSX"),
        (b"<!doctype html><p>Masuk</p>", "halaman web", "web page"),
        (b"Triwulan;Kecamatan;KPM;NIK\nTW 3 2025;Bangil;9;3514144101900001", "NIK", "citizen number"),
    ],
)
def test_file_when_it_is_refused_then_the_page_says_why_in_the_language(
    people: People, aid: str, content: bytes, indonesian: str, english: str
) -> None:
    owner = _enter(people)
    for lang, words in (("id", indonesian), ("en", english)):
        answer = _upload(owner, aid, content, lang)
        assert answer.status_code == 400
        alert = answer.text.split('role="alert">')[1].split("</p>")[0]
        assert words in alert
        assert "3514144101900001" not in answer.text
        assert f'action="/services/{aid}/upload"' in answer.text, "the form is gone"


def test_form_when_no_file_was_chosen_or_it_is_no_form_then_says_so(people: People, aid: str) -> None:
    owner = _enter(people)
    path = f"/services/{aid}/upload"
    empty = owner.client.post(path, data={"csrf": owner.csrf}, files={"table": ("", b"")})
    odd = owner.client.post(path, content=b"--x\r\nodd", headers={"Content-Type": "multipart/form-data; boundary=x"})
    for answer in (empty, odd, owner.client.post(path, data={"csrf": owner.csrf})):
        assert answer.status_code == 400
        assert "Tidak ada berkas" in answer.text


def _chunks(size: int) -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\n'
    chunk = b";" * 100_000
    yield from (chunk for _ in range(size // len(chunk)))
    yield b"\r\n--x--\r\n"


@pytest.mark.parametrize("is_told", [True, False], ids=["its size is told", "its size is not told"])
def test_file_when_of_50_mb_then_is_refused_in_words_and_never_held(people: People, aid: str, *, is_told: bool) -> None:
    owner = _enter(people)
    length = sum(map(len, _chunks(50 * _MB)))
    headers = {"Content-Type": "multipart/form-data; boundary=x"} | ({"Content-Length": str(length)} if is_told else {})
    tracemalloc.start()
    answer = owner.client.post(f"/services/{aid}/upload", content=_chunks(50 * _MB), headers=headers)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 413
    assert "lebih besar dari 10 MB" in answer.text
    assert f'action="/services/{aid}/upload"' in answer.text
    assert peak_bytes < (5 * _MB if is_told else 3 * LARGEST_BYTES)


def test_file_when_as_large_as_may_be_then_the_api_judges_it_and_an_octet_more_is_told_like_the_others(
    people: People, aid: str
) -> None:
    assert LARGEST_BYTES == MAX_TABLE_BYTES
    owner = _enter(people)
    page = b"<html>".ljust(LARGEST_BYTES)  # of which the API needs to read no more than its start
    whole = _upload(owner, aid, page, "en")
    assert whole.status_code == 400
    assert "web page" in whole.text
    over = _upload(owner, aid, page + b" ", "en")
    assert over.status_code == 413
    assert "larger than 10 MB" in over.text


def test_service_when_a_viewer_looks_then_there_is_no_form_and_what_he_sends_changes_nothing(
    people: People, aid: str
) -> None:
    viewer = _enter(people, "viewer")
    assert f"/services/{aid}/upload" not in viewer.client.get("/services").text
    assert viewer.client.get(f"/services/{aid}").status_code == 200
    page = viewer.client.get(f"/services/{aid}/upload")
    assert page.status_code == 403
    assert 'type="file"' not in page.text
    assert "Anda tidak berhak" in page.text
    sent = _upload(viewer, aid, _table("TW 3 2025;Bangil;1.204"))
    assert sent.status_code == 403
    assert "/confirm" not in sent.text


def test_service_when_its_manifest_names_others_then_an_owner_of_services_has_no_form(
    api: RunningApi, people: People
) -> None:
    named, other, admin = _enter(people), _enter(people), _enter(people, "admin")
    module = _put(api, "upload", named.name)
    forms = [f"/services/{module}/upload" in person.client.get("/services").text for person in (named, other, admin)]
    assert forms == [True, False, True]
    assert f"Yang boleh: {named.name}" in other.client.get(f"/services/{module}/upload").text
    assert _upload(other, module, _table("TW 3 2025;Bangil;9")).status_code == 403
    assert _upload(named, module, _table("TW 3 2025;Bangil;90")).status_code == 200


def test_draft_when_it_is_somebody_elses_then_he_alone_confirms_it_or_throws_it_away(people: People, aid: str) -> None:
    owner, other, viewer = _enter(people), _enter(people), _enter(people, "viewer")
    draft = _draft(_upload(owner, aid, _table("TW 3 2025;Bangil;1.204")).text)
    assert _post(viewer, f"{aid}/upload/{draft}/confirm").status_code == 403
    refused = _post(other, f"{aid}/upload/{draft}/confirm")
    assert refused.status_code == 404
    assert "Unggahan itu tidak ada" in refused.text
    _post(other, f"{aid}/upload/{draft}/discard")
    assert _figures(owner, aid) == {}
    assert "1 angka berubah." in _post(owner, f"{aid}/upload/{draft}/confirm").text
    assert _post(owner, f"{aid}/upload/{draft}/confirm").status_code == 404, "a draft was confirmed twice"


def test_form_when_it_has_no_mark_then_nothing_is_read_or_changed(people: People, aid: str) -> None:
    owner = _enter(people)
    refused = _upload(owner, aid, _table("TW 3 2025;Bangil;1.204"), csrf="")
    assert refused.status_code == 403
    assert "/confirm" not in refused.text
    draft = _draft(_upload(owner, aid, _table("TW 3 2025;Bangil;1.204")).text)
    assert _post(owner, f"{aid}/upload/{draft}/confirm", csrf="made up").status_code == 403
    assert _figures(owner, aid) == {}


def test_cell_when_it_holds_markup_then_the_page_shows_a_title_as_text_and_a_value_not_at_all(
    people: People, aid: str
) -> None:
    owner = _enter(people)
    form, path = {"csrf": owner.csrf}, f"/services/{aid}/upload"

    def shown(content: bytes) -> str:
        return owner.client.post(path, data=form, files={"table": ("<script>alert(2)</script>.csv", content)}).text

    value = shown(_table("TW 3 2025;<img src=x onerror=alert(1)>;9", "TW 3 2025;Bangil;1.204"))
    assert "img src=x" not in value
    assert "&lt;script&gt;alert(2)" in value
    title = shown(b"Triwulan;<img src=x onerror=alert(1)>\nTW 3 2025;Bangil")
    assert "&lt;img src=x onerror=alert(1)&gt;" in title, "the title is not told at all"
    assert "<img src=x" not in title
    assert "<script>" not in value + title


def test_held_figure_when_decided_on_then_it_is_shown_or_not_and_only_who_may_has_buttons(
    people: People, aid: str
) -> None:
    owner, viewer = _enter(people), _enter(people, "viewer")
    usual = _table(*(f"TW {quarter} 2024;Bangil;20" for quarter in range(1, 5)))
    _post(owner, f"{aid}/upload/{_draft(_upload(owner, aid, usual).text)}/confirm")
    for families, accepted, says in ((5_000_000, "no", "Ditolak"), (4_000_000, "yes", "Diterima")):
        shown = _upload(owner, aid, _table(f"TW 1 2025;Bangil;{families}"))
        done = _post(owner, f"{aid}/upload/{_draft(shown.text)}/confirm")
        assert "1 tidak biasa dan menunggu keputusan orang." in done.text
        assert "biasanya 20" in done.text
        assert "1 angka menunggu keputusan orang" in owner.client.get("/services").text
        (waiting,) = _held(owner, aid)
        path = f"{aid}/held/{waiting['id']}"
        assert f'action="/services/{path}"' not in viewer.client.get(f"/services/{aid}").text
        assert _post(viewer, path, accepted="yes").status_code == 403
        assert says in _post(owner, path, accepted=accepted).text
        assert "mungkin sudah diputuskan" in _post(owner, path, accepted=accepted).text
    assert _figures(owner, aid) == {"Bangil": 4_000_000.0}


def test_runs_when_listed_then_say_what_each_left_out_in_the_language(api: RunningApi, people: People) -> None:
    module, viewer = _put(api, "push"), _enter(people, "viewer")
    rows = [dict(zip(_TITLES.split(";"), ("TW 3 2025", *cells), strict=True)) for cells in (("Bangil", 9), ("Kota", 8))]
    headers = {"Authorization": f"Bearer {make_token(api.owner, module, 'test')}"}
    assert HTTP.post(f"{api.url}/v1/modules/{module}/figures", json=rows, headers=headers).status_code == 200
    bad = [{**rows[0], "NIK": "3514144101900001"}]
    assert HTTP.post(f"{api.url}/v1/modules/{module}/figures", json=bad, headers=headers).status_code == 400
    indonesian, english = (
        viewer.client.get(f"/services/{module}", params={"lang": lang}).text for lang in ("id", "en")
    )
    assert "Dilewati" in indonesian
    assert "tempat atau jenis tidak dikenal" in indonesian
    assert "1 baris dilewati" in indonesian
    assert "1 row left out" in english
    assert "sent by the service" in english
    assert "citizen number" in english
    assert "3514144101900001" not in indonesian + english
    assert "not uploaded" in viewer.client.get(f"/services/{module}/upload").text


def test_service_when_there_is_none_then_says_so(people: People) -> None:
    owner = _enter(people)
    assert "Tidak ada modul" in owner.client.get("/services/none").text
    assert _upload(owner, "none", _table("TW 3 2025;Bangil;9")).status_code == 404
    assert _post(owner, f"none/upload/{UUID(int=0)}/confirm").status_code == 404


def test_draft_when_figures_came_meanwhile_then_its_confirmation_is_refused_in_words_and_changes_nothing(
    people: People, aid: str
) -> None:
    first, second = _enter(people), _enter(people)
    shown = _upload(first, aid, _table("TW 3 2025;Bangil;100"))
    assert "<strong>100</strong>" in shown.text
    assert _figures(first, aid) == {}
    other = _upload(second, aid, _table("TW 3 2025;Bangil;200"))
    _post(second, f"{aid}/upload/{_draft(other.text)}/confirm")
    for _ in range(2):  # it stays refused
        refused = _post(first, f"{aid}/upload/{_draft(shown.text)}/confirm")
        assert refused.status_code == 409
        assert "Sejak ditampilkan, angka lain masuk" in refused.text
        assert f'action="/services/{aid}/upload"' in refused.text, "there is no form to upload it again"
    assert _figures(first, aid) == {"Bangil": 200.0}
    again = _upload(first, aid, _table("TW 3 2025;Bangil;100"))
    assert "200 →" in again.text
    _post(first, f"{aid}/upload/{_draft(again.text)}/confirm")
    assert _figures(first, aid) == {"Bangil": 100.0}


def test_service_when_a_figure_was_corrected_then_shows_the_correction_and_what_was_shown_before(
    people: People, aid: str
) -> None:
    owner = _enter(people)
    for families in ("1.204", "1.300"):
        shown = _upload(owner, aid, _table(f"TW 3 2025;Bangil;{families}"))
        _post(owner, f"{aid}/upload/{_draft(shown.text)}/confirm")
    page = owner.client.get(f"/services/{aid}").text
    corrections = page.partition('id="corrections"')[2].partition("</section>")[0]
    assert "1.204 →" in corrections
    assert "<strong>1.300</strong>" in corrections
    assert owner.name in corrections
    tomorrow = datetime.now(WIB) + timedelta(days=1)
    for at, says in (
        (tomorrow, "<strong>1.300</strong>"),
        (tomorrow - timedelta(days=9), "belum ada yang ditampilkan"),
    ):
        then = owner.client.get(f"/services/{aid}", params={"at": f"{at:%Y-%m-%dT%H:%M}"}).text
        assert says in then.partition('id="then"')[2].partition("</section>")[0]
    assert owner.client.get(f"/services/{aid}", params={"at": "kemarin"}).status_code == 200


def test_upload_when_refused_then_the_services_page_of_runs_says_who_brought_it(people: People, aid: str) -> None:
    owner, viewer = _enter(people), _enter(people, "viewer")
    _upload(owner, aid, b"Triwulan;Kecamatan;KPM;Ket\nTW 3 2025;Bangil;9;Siti Aminah")
    runs = viewer.client.get(f"/services/{aid}", params={"lang": "en"}).text
    assert "seems to hold a name" in runs
    assert owner.name in runs
    assert "Siti" not in runs


def test_figures_when_more_than_a_part_then_the_page_has_them_all(
    people: People, aid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.console.modules.PART", 1)
    owner = _enter(people)
    shown = _upload(owner, aid, _table("TW 3 2025;Bangil;1.204", "TW 3 2025;Pandaan;88"))
    _post(owner, f"{aid}/upload/{_draft(shown.text)}/confirm")
    services = owner.client.get("/services").text
    assert "1.204" in services
    assert "88" in services
