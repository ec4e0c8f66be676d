"""The whole OpenAPI description, by schemathesis: what it calls right and what it calls wrong, and never a 5xx.

Every operation is asked with a few drawn requests, the same each time. `test_api_fuzz.py` sends what no description
allows. A new route is asked without a word.
"""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from tests.fix_api import HTTP, RunningApi

# Streams never end; the box that is asked to wait for is not there.
LEFT_OUT = {"/v1/stream", "/v1/incidents/stream"}
WAITS = "wait_s"
EXAMPLES = 3

Operation = schemathesis.core.result.Ok | Any


@pytest.fixture(scope="module")
def operations(api: RunningApi) -> list[Any]:
    document = HTTP.get(f"{api.url}/openapi.json", timeout=60).json()  # a second of the processor, shared by many
    schema = schemathesis.openapi.from_dict(document)
    found = [one.ok() for one in schema.get_all_operations()]
    assert len(found) > 100
    return [one for one in found if one.path not in LEFT_OUT]


def ask(api: RunningApi, case: Any) -> httpx.Response:
    (case.query or {}).pop(WAITS, None)
    return case.call(base_url=api.url, headers=api.headers("admin"), timeout=30)


@pytest.mark.timeout(400)  # half a minute on a quiet machine; some hundred requests
def test_every_operation_when_asked_as_described_and_otherwise_then_is_answered(
    api: RunningApi, operations: list[Any]
) -> None:
    asked: dict[str, set[int]] = {}

    def ask_one(operation: Any) -> None:
        drawn = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @settings(
            max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=drawn)
        def run(case: Any) -> None:
            answer = ask(api, case)
            asked.setdefault(operation.label, set()).add(answer.status_code)
            assert answer.status_code < 500 or answer.status_code == 503, f"{case.as_curl_command()}: {answer.text}"

        run()

    for operation in operations:
        ask_one(operation)
    assert len(asked) == len(operations)
    assert sum(any(status < 300 for status in told) for told in asked.values()) > 20, "not only refusals"
