"""A service error that quotes a prompt leaks nowhere, whichever call of whichever function fails with it."""

import ast
import importlib
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from distillery.core import aws
from infra.packing import SDK_SERVICES
from simulator_support.thoroughness import THOROUGH
from tests.unit.leaks import scenarios
from tests.unit.leaks.account import Call, Transport
from tests.unit.leaks.detection import CANARY, OutputCapture, start
from tests.unit.leaks.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow
ROOT = Path(aws.__file__).parents[2]
DEPLOYED = ("lambdas", "distillery/core", "distillery/datasets", "distillery/evaluation")
SAYING = (
    CANARY,
    f"1 validation error detected: Value '{CANARY}' at 'messages.1.member.content' failed to satisfy constraint",
    f"Malformed input request: #/messages/0: {CANARY}: expected type: JSONObject, found: String",
)
CODES = (
    "AccessDeniedException",
    "ConditionalCheckFailedException",
    "ConflictException",
    "ExecutionDoesNotExist",
    "NoSuchKey",
    "ParameterAlreadyExists",
    "ParameterNotFound",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "TaskTimedOut",
    "ThrottlingException",
    "TransactionCanceledException",
    "ValidationException",
    CANARY,
)


def refusal(code: str, said: str) -> Callable[[str], Exception]:
    def made(operation: str) -> Exception:
        told: Any = {"Error": {"Code": code, "Message": said}, "message": said, "Item": {"text": {"S": said}}}
        told["ResponseMetadata"] = {"HTTPStatusCode": 400, "RequestId": "r", "HTTPHeaders": {"x-amzn-message": said}}
        return ClientError(told, operation)

    return made


def unreadable(_operation: str) -> Exception:
    error = ResponseParserError(f"Unable to parse response, invalid JSON received. Further retries: b'{CANARY}'")
    error.__context__ = ValueError(CANARY)
    return error


def invalid(_operation: str) -> Exception:
    return ParamValidationError(report=f"Invalid type for parameter messages, value: {CANARY}")


ERRORS = [
    *(refusal(code, SAYING[number % len(SAYING)]) for number, code in enumerate(CODES)),
    refusal("ValidationException", CANARY),
    unreadable,
    invalid,
]

ERRORS_OF_A_CALL = len(ERRORS) if THOROUGH else 4
"""Each call in each scenario fails with so many of them. The gate draws four, the same ones each time."""


def calls(transport: Transport, scenario: Scenario) -> list[Call]:
    """Returns the function's calls when nothing fails."""
    with scenario.settings():
        account, ask = start(transport, scenario)
        told = ask()
    assert not isinstance(told, dict) or told.get("statusCode", 200) == 200, told
    assert all('"SUCCESS"' in said for said in account.cloudformation)
    return account.calls


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_no_failing_call_of_a_function_lets_a_prompt_out(
    scenario: Scenario, transport: Transport, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = OutputCapture(caplog, capsys)
    made = calls(transport, scenario)
    assert made
    for number, call in _each_once(made):
        for error in random.Random(f"{number} {call}").sample(ERRORS, ERRORS_OF_A_CALL):
            with scenario.settings():
                account, ask = start(transport, scenario)
                account.refuse = {number: error}
                assert not seen.of(account, ask), call


def _each_once(made: list[Call]) -> Iterator[tuple[int, Call]]:
    """Returns the first and last call of each operation: an evaluation repeats the same call many times."""
    for number, call in enumerate(made):
        if made.index(call) == number or call not in made[number + 1 :]:
            yield number, call


def test_every_call_that_the_functions_make_was_tried(transport: Transport) -> None:
    tried = {operation for scenario in SCENARIOS.values() for _, operation in calls(transport, scenario)}
    assert _named_in_the_code() - tried == set()


def test_every_function_that_is_deployed_is_asked() -> None:
    texts = [file.read_text() for file in (ROOT / "infra").rglob("*.py")]
    doors = {transport for text in texts for transport in re.findall(r'handler="lambdas\.([\w.]+)"', text)}
    assert len(doors) > 10
    for transport in doors:
        module, _, name = transport.rpartition(".")
        assert getattr(importlib.import_module(f"lambdas.{module}"), name) in vars(scenarios).values(), transport


def _named_in_the_code() -> set[str]:
    session: Any = boto3.Session(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    known = {name for service in SDK_SERVICES for name in session.client(service).meta.method_to_api_mapping}
    named = set()
    for file in (file for folder in DEPLOYED for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                named.add(node.attr)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get_paginator":
                named |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return (named & known) - {"get_template"}  # the reports' template engine has a method of this name too
