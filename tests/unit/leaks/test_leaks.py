"""A service's sentence that quotes a prompt comes nowhere, whichever call of whichever function fails with it."""

import ast
import importlib
import io
import json
import re
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from infra.parts.layer import SERVICES
from lambdas.serving import handler as serving
from lambdas.shared import aws, clock
from tests.unit.leaks import scenes
from tests.unit.leaks.account import Account, Call, Door
from tests.unit.leaks.scenes import SCENES, Scene

CANARY = 'My quokka Xylander swallowed card 4929 1001 2002 3003, isn\'t that "grotesque"?'
PARTS = ("quokka", "Xylander", "swallowed", "4929 1001", "1001 2002", "grotesque")
LAMBDAS = Path(aws.__file__).parents[1]
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


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "timestamp", lambda: 1_795_426_200.0)
        patch.setattr("distillery.client.timing.time.sleep", lambda _: None)
        patch.setattr(urllib.request, "urlopen", lambda request, timeout: _answered(request))
        _forget()
        yield Door(patch)
    _forget()


KEPT = (aws._client, aws.counting, aws.session, *(serving._session, serving._route, serving._offer, serving._counter))


def _forget() -> None:
    """What a sandbox keeps."""
    for kept in KEPT:
        kept.cache_clear()


CLOUDFORMATION: list[str] = []


def _answered(request: urllib.request.Request) -> Any:
    assert isinstance(request.data, bytes)
    CLOUDFORMATION.append(request.data.decode())
    return io.BytesIO()


def begun(door: Door, scene: Scene) -> tuple[Account, Callable[[], Any]]:
    door.account = account = Account()
    serving._route.cache_clear()
    serving._offer.cache_clear()
    ask = scene.prepare(account)
    account.listen()
    return account, ask


def calls(door: Door, scene: Scene) -> list[Call]:
    """Of the function, where nothing fails."""
    with scene.settings():
        account, ask = begun(door, scene)
        CLOUDFORMATION.clear()
        told = ask()
    assert not isinstance(told, dict) or told.get("statusCode", 200) == 200, told
    assert all('"SUCCESS"' in said for said in CLOUDFORMATION)
    return account.calls


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_no_failing_call_of_a_function_lets_a_prompt_out(
    scene: Scene, door: Door, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    made = calls(door, scene)
    assert made
    for number, call in _each_once(made):
        for error in ERRORS:
            CLOUDFORMATION.clear()
            caplog.clear()
            with scene.settings(), caplog.at_level("DEBUG"):
                account, ask = begun(door, scene)
                capsys.readouterr()
                caplog.clear()
                account.refuse = {number: error}
                told = _outcome(ask)
            printed = capsys.readouterr()
            places = {
                "what the function answers or raises": told,
                "its log": caplog.text + repr([record.__dict__ for record in caplog.records]),
                "its output": printed.out + printed.err,
                "what it sends to services": "".join(account.sent),
                "the ledger": repr(account.table.items),
                "CloudFormation": "".join(CLOUDFORMATION),
            }
            leaks = [(place, _around(text)) for place, text in places.items() if any(part in text for part in PARTS)]
            assert not leaks, (call, leaks)


def _around(text: str) -> str:
    at = min(text.index(part) for part in PARTS if part in text)
    return text[max(0, at - 300) : at + 100]


def _each_once(made: list[Call]) -> Iterator[tuple[int, Call]]:
    """The first and the last of each operation: an evaluation asks the same many times."""
    for number, call in enumerate(made):
        if made.index(call) == number or call not in made[number + 1 :]:
            yield number, call


def _outcome(ask: Callable[[], Any]) -> str:
    """As Lambda's runtime tells an error, and more than it tells."""
    try:
        return json.dumps(ask(), default=repr)
    except Exception as error:
        stack = [line for one in _chain(error) for line in traceback.format_exception(one)]
        more = [repr((one, one.args, vars(one))) for one in _chain(error)]
        return json.dumps({"errorMessage": str(error), "stackTrace": stack, "more": more}, ensure_ascii=False)


def _chain(error: BaseException) -> list[BaseException]:
    """All that it came of, whether that is suppressed or not."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return found


def test_every_call_that_the_functions_make_was_tried(door: Door) -> None:
    tried = {operation for scene in SCENES.values() for _, operation in calls(door, scene)}
    assert _named_in_the_code() - tried == set()


def test_every_function_that_is_deployed_is_asked() -> None:
    texts = [file.read_text() for file in (LAMBDAS.parent / "infra").rglob("*.py")]
    doors = {door for text in texts for door in re.findall(r'handler="lambdas\.([\w.]+)"', text)}
    assert len(doors) > 10
    for door in doors:
        module, _, name = door.rpartition(".")
        assert getattr(importlib.import_module(f"lambdas.{module}"), name) in vars(scenes).values(), door


def _named_in_the_code() -> set[str]:
    session: Any = boto3.Session(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    known = {name for service in SERVICES for name in session.client(service).meta.method_to_api_mapping}
    named = set()
    for file in LAMBDAS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                named.add(node.attr)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get_paginator":
                named |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return named & known
