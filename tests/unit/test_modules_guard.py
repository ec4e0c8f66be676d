"""Where sources may be, and what of a manifest's credentials leaves for whom."""

import httpx
import pytest

from cloud.modules.errors import Misconfigured
from cloud.modules.sources.fetch import _filled
from cloud.modules.sources.guard import _is_public, _keep_credentials, told
from cloud.modules.sources.models import Sql
from cloud.modules.sources.sql import read_sql
from cloud.modules.sources.visit import Reach, Visit


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::a00:1", "::10.0.0.1", "2002:a00:1::", "239.1.1.1", "ff0e::1", "fec0::1", "::ffff:10.0.0.1", "127.0.0.1"],
)
def test_address_when_it_leads_to_an_inner_network_then_is_not_public(address):
    assert not _is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_address_when_anybodys_then_is_public(address):
    assert _is_public(address)


def test_error_when_it_repeats_a_header_then_is_told_without_it():
    error = httpx.LocalProtocolError("Illegal header value b'Bearer S3CRET\\n'")
    fault = told(error, "dlh.example")
    assert "S3CRET" not in fault.text_id + fault.text_en
    assert "LocalProtocolError" in fault.text_en


def _headers_after(location: str) -> list[httpx.Headers]:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(302, headers={"Location": location}) if len(seen) == 1 else httpx.Response(200)

    hooks = {"request": [_keep_credentials]}
    with httpx.Client(transport=httpx.MockTransport(answer), event_hooks=hooks, follow_redirects=True) as client:
        client.get("http://dlh.example/a", headers={"X-Api-Key": "S3CRET", "Authorization": "S3CRET"})
    return seen


@pytest.mark.parametrize("location", ["http://other.example/a", "http://dlh.example:8080/a", "https://other.example/"])
def test_redirect_when_to_another_host_then_takes_no_credential_along(location):
    first, second = _headers_after(location)
    assert first["X-Api-Key"] == "S3CRET"
    assert "S3CRET" not in str(list(second.values()))


@pytest.mark.parametrize("location", ["/b", "https://dlh.example/a"])
def test_redirect_when_to_the_same_host_then_takes_them_along(location):
    assert _headers_after(location)[1]["X-Api-Key"] == "S3CRET"


@pytest.mark.parametrize("name", ["SOURCE_COMPLAINTS_TOKEN", "PGPASSWORD", "SOURCE_WASTELAND_TOKEN"])
def test_variable_when_of_another_module_then_is_refused_with_what_would_be_allowed(name):
    visit = Visit("waste", Reach(environment={name: "S3CRET"}))
    with pytest.raises(Misconfigured, match=f"{name}: it may name those that begin with SOURCE_WASTE_ only"):
        _filled(f"Bearer ${{{name}}}", visit)


def test_variable_when_the_modules_own_then_is_filled_in():
    visit = Visit("waste", Reach(environment={"SOURCE_WASTE_TOKEN": "abc"}))
    assert _filled("Bearer ${SOURCE_WASTE_TOKEN}", visit) == "Bearer abc"


@pytest.mark.parametrize("value", ["S3CRET\n", "S3CRËT"])
def test_variable_when_it_holds_what_no_header_may_then_is_named_and_its_value_is_not(value):
    visit = Visit("waste", Reach(environment={"SOURCE_WASTE_TOKEN": value}))
    with pytest.raises(Misconfigured, match="SOURCE_WASTE_TOKEN") as told_of:
        _filled("${SOURCE_WASTE_TOKEN}", visit)
    assert "S3C" not in str(told_of.value)


def test_database_when_its_variable_is_another_modules_then_is_not_even_looked_up():
    mapping = {"true_at": "bulan", "values": {"a": "a"}}
    plain = {"kind": "sql", "connection": "SOURCE_POPULATION_DSN", "query": "SELECT 1 AS a", "mapping": mapping}
    visit = Visit("waste", Reach(environment={"SOURCE_POPULATION_DSN": "postgresql://127.0.0.1:9/x"}))
    with pytest.raises(Misconfigured, match="may name those that begin with SOURCE_WASTE_ only") as told_of:
        list(read_sql(Sql.model_validate(plain), visit))
    assert "yang boleh hanya yang diawali SOURCE_WASTE_" in told_of.value.text_id
