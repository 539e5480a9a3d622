"""Direct invocation: a route is called, and the answer says how it was served."""

import json
from typing import Any

import pytest

from distillery.client import AllStepsFailed
from distillery.client.canary import CANARY, LIVE, position
from distillery.core import clock
from distillery.core.conversation import Prompt
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, NoModel
from distillery.core.holdout import side_of
from lambdas.serving import handler
from tests.fakes.errors import service_error
from tests.unit.client.harness import ENDPOINT, PRO, THROTTLED, ClientHarness, answer, refusal


def ask(route: str, **more: Any) -> dict[str, Any]:
    return handler.invoke({"route": route, "prompt": "hello", **more}, None)


def test_an_answer_tells_all_that_is_known_of_it(harness: ClientHarness) -> None:
    harness.script[PRO] = [THROTTLED, answer("from the model", performanceConfig={"latency": "optimized"})]
    said = ask("fast", system="be brief", max_tokens=9)
    assert said.pop("elapsed_ms") >= 0
    assert [(each["step"], each["error"]) for each in said.pop("attempts")] == [(0, "ThrottlingException"), (0, None)]
    assert said == {
        "text": "from the model",
        "route": "fast",
        "model": "amazon.nova-pro-v1:0",
        "identifier": PRO,
        "region": "us-east-2",
        "requested": {"latency": "optimized", "tier": "default"},
        "served": {"latency": "optimized", "tier": "default"},
        "step": 0,
        "usage": {"input_tokens": 1000, "output_tokens": 10},
        "cost_usd": "0.00104",
        "latency_ms": 321,
        "stop_reason": "end_turn",
        "complete": True,
        "system": "caller",
        "variant": "",
    }
    side = side_of(Prompt(system="be brief", messages=(("user", "hello"),), reference=None))
    assert harness.requests[-1] == {
        "modelId": PRO,
        "system": [{"text": "be brief"}],
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
        "inferenceConfig": {"maxTokens": 9},
        "requestMetadata": {"team": "search", "distillery:side": side},
        "performanceConfig": {"latency": "optimized"},
    }


def test_a_silent_fallback_to_standard_latency_is_reported(harness: ClientHarness) -> None:
    said = ask("fast")
    assert (said["requested"]["latency"], said["served"]["latency"]) == ("optimized", "standard")


def test_who_asks_for_no_tokens_gets_the_routes(harness: ClientHarness) -> None:
    ask("plain")
    assert harness.requests[0]["inferenceConfig"] == {"maxTokens": 64}


def test_another_step_answers_where_the_first_does_not(harness: ClientHarness) -> None:
    harness.script[PRO] = [THROTTLED]
    said = ask("fast")
    assert (said["step"], said["identifier"], len(said["attempts"])) == (1, "app-pro", 3)


def test_a_distilled_route_follows_its_alias_into_the_home_region(harness: ClientHarness) -> None:
    said = ask("distilled/support")
    assert (said["model"], said["identifier"], said["region"]) == ("model-a", ENDPOINT, "us-east-1")


def test_a_route_whose_recipe_was_never_promoted_says_so(harness: ClientHarness) -> None:
    harness.homes["us-east-1"].parameters.clear()
    with pytest.raises(
        BadRequest, match="no model yet: no model has been promoted to /distillery/dev/alias/support yet"
    ):
        ask("distilled/support")


def test_an_unknown_route_is_refused(harness: ClientHarness) -> None:
    with pytest.raises(NoModel, match="no route 'slow'"):
        ask("slow")


def test_a_recipe_s_bare_name_means_its_student(harness: ClientHarness) -> None:
    assert (ask("support")["model"], ask("distilled/support")["model"]) == ("model-a", "model-a")
    assert handler._route.cache_info().currsize == 1
    assert {name for name in harness.ssm.reads if "/routes/" in name} == {"/distillery/dev/routes/distilled/support"}


MADE_UP = ["slow{}", "distilled/{}", "fast{}/fast", "fast:{}", "../{}", "{}/distilled/support", "Fast{}", "x" * 9_000]


@pytest.mark.parametrize("name", MADE_UP, ids=MADE_UP.index)
@pytest.mark.parametrize("calm", [True, False], ids=["calm", "while SSM is throttled"])
def test_a_flood_of_made_up_names_reads_keeps_and_counts_nothing(
    harness: ClientHarness, capsys: pytest.CaptureFixture[str], name: str, calm: bool
) -> None:
    """Each would cost a read of SSM, a cache entry, and a metric that is billed every month."""
    if not calm:
        harness.ssm.errors |= {
            f"/distillery/dev/routes/{name.format(n)}": service_error("Throttling") for n in range(500)
        }
    for number in range(500):
        with pytest.raises(NoModel) as refused:
            ask(name.format(number))
        assert len(str(refused.value)) < 200, "it must be logged"
    assert (harness.ssm.reads, harness.made, harness.requests) == ([], [], [])
    assert handler._route.cache_info().currsize == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "more",
    [
        {"requestMetadata": {"distillery:run": "support-a-b-1"}},
        {"metadata": {"distillery:side": "train"}},
        {"distillery:route": "fast"},
        {"tags": {"distillery:team": "x"}},
    ],
    ids=str,
)
def test_a_caller_cannot_say_what_the_logs_are_read_by(harness: ClientHarness, more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="unknown fields"):
        ask("fast", **more)
    assert harness.requests == []


@pytest.mark.parametrize("context", [None, "secret", {"http": None}, {}], ids=str)
def test_what_is_not_from_the_url_is_no_request_of_it(harness: ClientHarness, context: Any) -> None:
    with pytest.raises(BadRequest, match="unknown fields"):
        handler.invoke({"requestContext": context}, None)


def test_where_nothing_answers_every_attempt_is_named(harness: ClientHarness) -> None:
    harness.script["app-pro"] = [THROTTLED]
    with pytest.raises(AllStepsFailed, match=r"app-pro in us-east-2: ThrottlingException \(6 times\)"):
        ask("plain")


@pytest.mark.parametrize(
    "message",
    [
        "1 validation error detected: Value '[{text=my secret isn't safe}]' at 'messages.1.content' failed",
        'The text "my secret" is not allowed',
    ],
)
def test_what_bedrock_quotes_of_a_prompt_is_cut_out(harness: ClientHarness, message: str) -> None:
    harness.script["app-pro"] = [refusal("ValidationException", message)]
    with pytest.raises(BadRequest, match="Bedrock refused the request as invalid") as refused:
        ask("plain")
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__  # a Lambda runtime logs tracebacks


def test_each_request_leaves_one_line_of_metrics_and_no_prompt(
    harness: ClientHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("fast")
    del harness.ssm.parameters["/distillery/dev/routes/plain"]  # somebody wrote it by hand
    with pytest.raises(NoModel):
        ask("plain")
    out = capsys.readouterr().out
    told, refused = map(json.loads, out.splitlines())
    assert (refused["Error"], "Degraded" in refused) == ("NoSuchRoute", False)
    assert (told["Requests"], told["Route"], told["_aws"]["Timestamp"]) == (1, "fast", 1_700_000_000_000)
    assert "hello" not in out


@pytest.mark.parametrize(("said", "logged"), [("true", True), ("", False), ("false", False)])
def test_prompt_and_reply_are_logged_only_where_somebody_asked_for_it(
    harness: ClientHarness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, logged: bool
) -> None:
    monkeypatch.setenv(Variable.LOG_PROMPTS, said)
    ask("fast")
    out = capsys.readouterr().out
    assert ('"hello"' in out, '"hi"' in out) == (logged, logged)


def test_no_prompt_is_logged_without_a_count_before_it(
    harness: ClientHarness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(Variable.LOG_PROMPTS, "true")
    ask("fast")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (prompt,) = (at for at, line in enumerate(lines) if "asked" in line)
    count = lines[prompt - 1]
    (directive,) = count["_aws"]["CloudWatchMetrics"]
    (metric,) = directive["Metrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Distillery", [["Environment"]])
    assert (count["Environment"], count[metric["Name"]], metric["Name"]) == ("dev", 1, "PromptsLogged")
    assert count["_aws"]["Timestamp"] == 1_700_000_000_000
    assert "hello" not in json.dumps(count)


def test_nothing_is_counted_where_no_prompt_is_logged(
    harness: ClientHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("fast")
    assert "PromptsLogged" not in capsys.readouterr().out


def test_a_route_is_kept_with_what_it_has_read(harness: ClientHarness) -> None:
    for _ in range(3):
        ask("fast")
    assert harness.ssm.reads == ["/distillery/dev/routes/fast"]


SECOND = ENDPOINT[:-1] + "z"
HALF: dict[str, Any] = {
    "endpoint": {"arn": SECOND},
    "model": "model-b",
    "share": 0.5,
    "salt": "canary-support-20261130T090000Z",
    "end": "2999-12-01T09:00:00+00:00",
}


def test_a_canary_splits_by_the_key_of_the_request(harness: ClientHarness) -> None:
    harness.promote(canary=HALF)
    for number in range(20):
        answered = {ask("distilled/support", key=f"customer-{number}")["variant"] for _ in range(3)}
        expected = CANARY if position(HALF["salt"], f"customer-{number}") < 0.5 else LIVE
        assert answered == {expected}


def test_a_canary_splits_the_requests_of_one_principal_at_random(harness: ClientHarness) -> None:
    """One principal is often a whole application, which would be one unit of the comparison."""
    harness.promote(canary=HALF)
    app = "arn:aws:sts::111111111111:assumed-role/app/session"
    assert {asked_by(app)["variant"] for _ in range(60)} == {CANARY, LIVE}


def test_a_canary_splits_the_requests_without_a_key_at_random(harness: ClientHarness) -> None:
    harness.promote(canary=HALF)
    assert {ask("distilled/support")["variant"] for _ in range(60)} == {CANARY, LIVE}


def asked_by(arn: str) -> dict[str, Any]:
    """The answer to a signed request to the URL."""
    signer = {"userArn": arn, "callerId": "AROA", "accountId": "111111111111"}
    event = {
        "requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": signer}},
        "body": json.dumps({"route": "distilled/support", "prompt": "hello"}),
    }
    answered: dict[str, Any] = json.loads(handler.invoke(event, None)["body"])
    return answered


def test_a_canary_ends_by_the_clock_of_the_function(harness: ClientHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.promote(canary=HALF | {"end": "2023-11-14T22:13:21+00:00"})
    assert {ask("distilled/support")["variant"] for _ in range(40)} == {CANARY, LIVE}  # a second before it
    monkeypatch.setattr(clock, "timestamp", lambda: 1_700_000_001.0)
    assert ask("distilled/support")["variant"] == ""
