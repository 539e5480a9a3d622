"""The function's URL: JSON over HTTP, and errors that say what to do."""

import base64
import json
from typing import Any

import pytest

from lambdas.serving import handler
from tests.fakes.errors import service_error
from tests.unit.client.harness import ClientHarness, refusal, route_map

ASKED = {"route": "fast", "prompt": "hello"}


def event(body: Any = None, *, method: str = "POST", path: str = "/", encoded: bool = False) -> dict[str, Any]:
    """Returns an event of payload format 2.0 (Lambda Developer Guide, urls-invocation)."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "abc.lambda-url.us-east-2.on.aws"},
        "requestContext": {
            "accountId": "111111111111",
            "domainName": "abc.lambda-url.us-east-2.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "c"},
            "stage": "$default",
        },
        **({} if body is None else {"body": base64.b64encode(text.encode()).decode() if encoded else text}),
        "isBase64Encoded": encoded,
    }


def call(said: dict[str, Any]) -> tuple[int, Any]:
    answered = handler.invoke(said, None)
    assert answered["headers"]["content-type"].startswith("application/json")
    return answered["statusCode"], json.loads(answered["body"])


@pytest.mark.parametrize("encoded", [False, True])
def test_a_post_is_answered_as_a_direct_call(harness: ClientHarness, encoded: bool) -> None:
    status, said = call(event(ASKED | {"prompt": "grüß"}, encoded=encoded))
    assert (status, said["text"], said["step"]) == (200, "hi", 0)
    assert harness.requests[0]["messages"][0]["content"] == [{"text": "grüß"}]


def test_a_get_is_answered_with_all_routes(harness: ClientHarness) -> None:
    status, said = call(event(method="GET"))
    assert (status, said["environment"], len(said["routes"])) == (200, "dev", 3)
    assert said["routes"]["fast"] == route_map().document()
    assert "/distillery/dev/serving" not in harness.ssm.reads  # the deployment has configured the routes


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        (event(ASKED, method="PUT"), 405, "MethodNotAllowed"),
        (event(ASKED, path="/favicon.ico"), 404, "NotFound"),
        (event(), 400, "BadRequest"),
        (event("secret {"), 400, "BadRequest"),
        (event("x") | {"body": ["secret"]}, 400, "BadRequest"),
        (event('{"route": "fast", "prompt": "secret \\ud83d"}'), 400, "BadRequest"),
        (event({"route": "fast:1", "prompt": "secret"}), 404, "NoModel"),
        (event(ASKED) | {"requestContext": {"http": {}}}, 405, "MethodNotAllowed"),
        (event("secret") | {"isBase64Encoded": True}, 400, "BadRequest"),
        (event(["secret"]), 400, "BadRequest"),
        (event("[" * 100_000), 400, "BadRequest"),
        (event({"route": "fast", "prompt": ""}), 400, "BadRequest"),
        (event({"route": "slow", "prompt": "x"}), 404, "NoModel"),
    ],
)
def test_what_is_wrong_with_a_request_is_reported(
    harness: ClientHarness, said: dict[str, Any], status: int, kind: str
) -> None:
    got, body = call(said)
    assert (got, body["error"]["type"]) == (status, kind)
    assert body["error"]["message"]
    assert "secret" not in body["error"]["message"]
    assert harness.requests == []


def test_a_method_that_is_not_taken_names_those_that_are(harness: ClientHarness) -> None:
    assert handler.invoke(event(method="PUT"), None)["headers"]["allow"] == "GET, POST"


def test_where_nothing_answers_the_attempts_are_reported(harness: ClientHarness) -> None:
    harness.script["app-pro"] = [refusal("ThrottlingException", "said of my secret", 429)]
    status, body = call(event({"route": "plain", "prompt": "x"}))
    assert (status, body["error"]["type"]) == (503, "AllStepsFailed")
    assert {each["error"] for each in body["error"]["attempts"]} == {"ThrottlingException"}
    assert "secret" not in str(body)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (refusal("ValidationException", "too long"), 400, "BadRequest"),
        (refusal("AccessDeniedException", "no permission"), 502, "AccessDeniedException"),
    ],
)
def test_what_bedrock_refuses_is_reported(harness: ClientHarness, error: Exception, status: int, kind: str) -> None:
    harness.script["app-pro"] = [error]
    got, body = call(event({"route": "plain", "prompt": "x"}))
    assert (got, body["error"]["type"]) == (status, kind)


def test_a_refusal_of_awss_is_told_without_its_sentence_which_names_roles(harness: ClientHarness) -> None:
    harness.script["app-pro"] = [
        refusal("AccessDeniedException", "User: arn:aws:sts::111122223333:assumed-role/inner/f")
    ]
    assert "inner" not in str(call(event({"route": "plain", "prompt": "x"})))


def test_a_map_that_cannot_be_read_is_the_services_trouble(harness: ClientHarness) -> None:
    harness.ssm.errors["/distillery/dev/routes/plain"] = service_error("InternalServerError")
    assert call(event({"route": "plain", "prompt": "x"}))[0] == 503


def test_the_routes_show_the_system_prompt_of_a_student(harness: ClientHarness) -> None:
    system = {"use": "shared", "uri": "s3://data/system-prompts/support/0a.txt", "sha256": "0a" * 32}
    harness.promote(system=system | {"bytes": 3})
    _, said = call(event(method="GET"))
    assert said["routes"]["distilled/support"]["steps"][0]["system"] == system
    assert "system" not in said["routes"]["fast"]["steps"][0]
