"""What the API says when it refuses: a rule by its name, and the same in Indonesian and in English."""

import string

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from cloud import errors
from cloud.api.fault_words import say_fault
from cloud.api.problems import STATUSES, find_status
from cloud.api.refusals import GENERAL, HTTP, REFUSALS, find_general, refusal
from cloud.api.signal_models import LeaseRequest
from cloud.cameras import rules as cameras
from cloud.db import access_rules as access
from cloud.modules import rules as modules
from cloud.signals import rules as signals
from cloud.signals.rules import Rule

RULES = [  # but for two that hand on what others said in both languages
    *(rule for _, rule in REFUSALS.values()),
    *(rule for _, rule in signals.REFUSALS.values()),
    *(rule for code, (_, rule) in cameras.REFUSALS.items() if code != "live_refused"),
    *(rule for _, rule in access.REFUSALS.values()),
    *(rule for code, (_, rule) in modules.REFUSALS.items() if code != "figures_refused"),
    *signals.TOLD.values(),
    *GENERAL.values(),
    *HTTP.values(),
]
WISH = {"phase": 2, "extra_green_s": 20, "duration_s": 900, "reason": "antrean"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_when_told_then_both_languages_say_it_of_the_same_things(rule: Rule | access.Rule) -> None:
    named = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (rule.text_id, rule.text_en)
    ]
    assert rule.text_id.endswith((".", "}"))
    assert rule.text_en.endswith((".", "}"))
    assert rule.text_id != rule.text_en
    assert named[0] <= named[1], "the Indonesian sentence needs nothing that the English one has not"


@pytest.mark.parametrize("kind", STATUSES)
def test_error_when_it_names_no_rule_then_there_is_a_general_one(kind: type[errors.CloudError]) -> None:
    rule = find_general(find_status(kind("because")))
    assert rule.code
    assert rule.text_id != rule.text_en


def test_refusal_when_raised_then_keeps_the_status_of_its_kind() -> None:
    assert find_status(refusal("token_missing")) == 401
    assert find_status(refusal("role_too_low", role="operator", account="budi", held="viewer")) == 403
    assert find_status(refusal("too_many_streams", open=5)) == 503
    assert find_status(refusal("evidence_altered", box="TD-01-a")) == 502


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"phase": True}, "phase: harus bilangan bulat"),
        ({"phase": "dua"}, "phase: harus bilangan bulat"),
        ({"phase": 2.5}, "phase: harus bilangan bulat"),
        ({"phase": 10**30}, "phase: paling besar 1000"),
        ({"reason": "a\x00b"}, "reason: memuat karakter kendali, misalnya NUL atau akhir baris; hapus"),
        ({"reason": "a" * 301}, "reason: panjangnya paling banyak 300"),
        ({"reason": None}, "reason: harus teks"),
        ({"request_id": ""}, "request_id: panjangnya paling sedikit 1"),
        ({"yellow_s": 1}, "yellow_s: tidak dikenal; hapus"),
    ],
)
def test_lease_when_a_value_is_wrong_then_indonesian_says_what_is_right(changed: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(LeaseRequest).validate_python(WISH | changed)
    faults = RequestValidationError(refused.value.errors()).errors()
    assert [say_fault(fault) for fault in faults] == [told]


def test_fault_when_its_kind_is_unknown_then_is_told_all_the_same() -> None:
    fault = {"loc": ("body", "x"), "type": "brand_new", "msg": "Input should be odd"}
    assert say_fault(fault) == "body.x: nilai ini tidak sah (Input should be odd)"
