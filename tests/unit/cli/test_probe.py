"""`distillery probe`: one tiny request, and what its answer says about a route's application profile."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.fakes.errors import service_error
from tests.fakes.services import WITHOUT_EVENTS, FakeSsm
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.routes import APPLICATION, FAST, OPTIMIZED, STANDARD, SUPPORT, publish, route_map

PARAMETER = "/distillery/dev/routes/fast"
FINDING = "/distillery/dev/probed/fast/abcdefabcdef"
NOT_SUPPORTED = "Latency performance configuration is not supported for amazon.nova-pro-v1:0 in us-east-2"


@dataclass
class FakeRuntime:
    """answer: a reply or an error. meanwhile: called before the answer."""

    meta = WITHOUT_EVENTS
    answer: dict[str, Any] | Exception
    meanwhile: Callable[[], None] = lambda: None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def converse(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def served(latency: str) -> dict[str, Any]:
    return {"performanceConfig": {"latency": latency}}


def probing(account: FakeAccount, answer: dict[str, Any] | Exception) -> tuple[FakeSsm, FakeRuntime]:
    ssm, runtime = publish(account, FAST), FakeRuntime(answer)
    account.clients["bedrock-runtime", "us-east-2"] = runtime
    return ssm, runtime


@pytest.mark.parametrize(
    ("answer", "probed", "sentence"),
    [
        (
            served("optimized"),
            True,
            f"{APPLICATION} was served with optimized latency recorded for fast: callers use it",
        ),
        (service_error("ValidationException", message=NOT_SUPPORTED), False, "callers use us.amazon.nova-pro-v1:0"),
    ],
)
def test_an_answer_is_noted_beside_the_map_and_the_map_left_as_it_is(
    account: FakeAccount, command: Command, answer: dict[str, Any] | Exception, probed: bool, sentence: str
) -> None:
    ssm, runtime = probing(account, answer)
    before = dict(ssm.parameters)
    said = command("probe", "fast", "--yes")
    assert (said.code, sentence in said.out) == (0, True)
    assert ssm.parameters == before | {FINDING: json.dumps(probed)}
    assert runtime.asked == [
        {
            "modelId": APPLICATION,
            "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
            "inferenceConfig": {"maxTokens": 8},
            "requestMetadata": dict(FAST.tags),
            "performanceConfig": {"latency": "optimized"},
        }
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (served("standard"), "was served with standard latency: either the optimized quota was used up"),
        ({}, "was served with standard latency"),
        (service_error("ThrottlingException", message="Too many tokens"), "could not be probed: "),
        (service_error("AccessDeniedException", message="latency is not supported for you"), "AccessDeniedException"),
        (service_error("ValidationException", message="The provided model identifier is invalid."), "is invalid"),
    ],
)
def test_whatever_else_comes_is_no_answer(
    account: FakeAccount, command: Command, answer: dict[str, Any] | Exception, why: str
) -> None:
    ssm, _ = probing(account, answer)
    before = dict(ssm.parameters)
    said = command("probe", "fast", "--yes")
    assert (said.code, ssm.parameters) == (1, before)
    assert why in said.out
    assert "nothing was recorded" in said.out


def test_a_deployment_in_between_keeps_its_map_and_its_own_profile_unprobed(
    account: FakeAccount, command: Command
) -> None:
    ssm, runtime = probing(account, served("optimized"))
    other = json.dumps(route_map("fast", replace(OPTIMIZED, application=f"{APPLICATION}2"), STANDARD).document())
    runtime.meanwhile = lambda: ssm.parameters.update({PARAMETER: other})
    assert command("probe", "fast", "--yes").code == 0
    assert ssm.parameters[PARAMETER] == other
    assert "optimized, unprobed" in command("routes").out


def test_it_says_what_it_costs_and_asks_first(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, runtime = probing(account, served("optimized"))
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    said = command("probe", "fast")
    assert "1 request to Bedrock, at most $0.000052 (prices as of 2026-11-20)" in said.out
    assert (said.code, runtime.asked) == (1, [])


@pytest.mark.parametrize("route", ["support", "plain"])
def test_a_route_without_such_a_step_has_nothing_to_probe(account: FakeAccount, command: Command, route: str) -> None:
    publish(account, SUPPORT, route_map("plain", STANDARD))
    said = command("probe", route, "--yes")
    assert (said.code, said.out) == (2, "")
    assert "has nothing to probe: no optimized step has an application profile" in said.err
