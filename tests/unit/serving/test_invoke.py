"""Serving: a route is resolved to what should be called, it is called, and the answer says how it was served."""

import json
from typing import Any

import pytest

from lambdas.serving import handler
from lambdas.serving.request import request_of
from lambdas.shared import aws, clock
from lambdas.shared.conversation import Prompt
from lambdas.shared.errors import BadRequest
from lambdas.shared.sides import side_of
from lambdas.shared.variables import Variable
from tests.fakes.services import FakeRuntime, FakeSsm

ALIAS = "/distillery/dev/alias/support"
ENDPOINT = "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/abcdefghijkl"
PROFILE = "us.amazon.nova-pro-v1:0"
ROUTES = {
    "fast": {
        "route": "fast",
        "kind": "model",
        "model": "amazon.nova-pro-v1:0",
        "identifier": PROFILE,
        "region": "us-east-2",
        "latency": "optimized",
        "prices": {"as_of": "2026-11-01"},
    },
    "plain": {
        "route": "plain",
        "kind": "model",
        "model": "amazon.nova-pro-v1:0",
        "identifier": PROFILE,
        "region": "us-east-2",
    },
    "distilled/support": {"route": "distilled/support", "kind": "alias", "alias": ALIAS},
}


def alias(letter: str) -> str:
    endpoint = {"arn": ENDPOINT, "name": "dev-support-live-abcde", "mode": "on-demand"}
    return json.dumps(
        {
            "recipe": "support",
            "version": 1,
            "endpoint": endpoint,
            "region": "us-east-1",
            "base": "amazon.nova-micro-v1:0",
            "current": f"model-{letter}",
            "previous": None,
            "run": "r",
            "changed": "2026-11-23",
        }
    )


class World:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1_000_000.0
        self.here, self.home = FakeSsm(), FakeSsm({ALIAS: alias("a")})
        self.here.parameters = {f"/distillery/dev/routes/{name}": json.dumps(route) for name, route in ROUTES.items()}
        self.runtime = FakeRuntime({PROFILE: "from the model", ENDPOINT: "from the student"})
        self.called: list[tuple[str, str | None]] = []
        handler._routes.cache_clear()
        monkeypatch.setattr(aws, "_client", self.client)
        monkeypatch.setattr(clock, "timestamp", lambda: self.at)
        monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
        monkeypatch.setenv(Variable.HOME_REGION, "us-east-1")

    def client(self, service: str, region: str | None) -> Any:
        self.called.append((service, region))
        return self.runtime if service == "bedrock-runtime" else {None: self.here, "us-east-1": self.home}[region]

    def ask(self, route: str, **more: Any) -> dict[str, Any]:
        return handler.invoke({"route": route, "prompt": "hello", **more}, None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_model_route_is_called_in_its_region_with_its_latency_mode(world: World) -> None:
    world.runtime.extra = {"performanceConfig": {"latency": "optimized"}}
    assert world.ask("fast", system="be brief", max_tokens=9) == {
        "text": "from the model",
        "route": "fast",
        "model": "amazon.nova-pro-v1:0",
        "identifier": PROFILE,
        "region": "us-east-2",
        "requested": {"latency": "optimized"},
        "served": {"latency": "optimized"},
        "usage": {"input_tokens": 1000, "output_tokens": 10},
        "latency_ms": 110,
        "stop_reason": "end_turn",
    }
    assert world.runtime.requests == [
        {
            "modelId": PROFILE,
            "system": [{"text": "be brief"}],
            "messages": [{"role": "user", "content": [{"text": "hello"}]}],
            "inferenceConfig": {"maxTokens": 9},
            "requestMetadata": {
                "distillery:environment": "dev",
                "distillery:route": "fast",
                "distillery:side": side_of(Prompt(system="be brief", messages=(("user", "hello"),), reference=None)),
            },
            "performanceConfig": {"latency": "optimized"},
        }
    ]
    assert ("bedrock-runtime", "us-east-2") in world.called


@pytest.mark.parametrize("extra", [{}, {"performanceConfig": {"latency": "standard"}}])
def test_a_silent_fallback_to_standard_latency_is_told(world: World, extra: dict[str, Any]) -> None:
    world.runtime.extra = extra
    answer = world.ask("fast")
    assert (answer["requested"], answer["served"]) == ({"latency": "optimized"}, {"latency": "standard"})


def test_standard_latency_asks_for_no_mode(world: World) -> None:
    world.ask("plain")
    assert "performanceConfig" not in world.runtime.requests[0]


def test_a_distilled_route_follows_its_alias_into_the_home_region(world: World) -> None:
    answer = world.ask("distilled/support")
    assert (answer["text"], answer["model"], answer["identifier"]) == ("from the student", "model-a", ENDPOINT)
    assert answer["region"] == "us-east-1"
    assert ("bedrock-runtime", "us-east-1") in world.called


def test_a_promotion_reaches_callers_within_a_minute(world: World) -> None:
    assert world.ask("distilled/support")["model"] == "model-a"
    world.home.parameters[ALIAS] = alias("b")
    world.at += 59
    assert world.ask("distilled/support")["model"] == "model-a"
    world.at += 2
    assert world.ask("distilled/support")["model"] == "model-b"
    assert len(world.home.reads) == 2


def test_a_route_whose_recipe_was_never_promoted_says_so_and_is_looked_at_again(world: World) -> None:
    del world.home.parameters[ALIAS]
    with pytest.raises(BadRequest, match="no model yet"):
        world.ask("distilled/support")
    world.home.parameters[ALIAS] = alias("a")
    assert world.ask("distilled/support")["model"] == "model-a"


def test_an_unknown_route_is_refused(world: World) -> None:
    with pytest.raises(BadRequest, match="no route 'slow' in dev"):
        world.ask("slow")


TURNS = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": [{"text": "b"}]},
    {"role": "user", "content": "c"},
]


def test_turns_may_be_texts_or_converse_blocks() -> None:
    messages = request_of({"route": "fast", "messages": TURNS}).conversation["messages"]
    assert [(m["role"], m["content"][0]["text"]) for m in messages] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


WRONG: list[tuple[Any, str]] = [
    ("text", "no object"),
    ({"prompt": "secret"}, "'route'"),
    ({"route": "fast"}, "either"),
    ({"route": "fast", "prompt": "secret", "messages": TURNS}, "either"),
    ({"route": "fast", "prompt": "  "}, "'prompt'"),
    ({"route": "fast", "prompt": ["secret"]}, "'prompt'"),
    ({"route": "fast", "prompt": "secret", "temperature": 1}, "unknown fields"),
    ({"route": "fast", "prompt": "secret", "system": ""}, "'system'"),
    ({"route": "fast", "prompt": "secret", "max_tokens": 0}, "max_tokens"),
    ({"route": "fast", "prompt": "secret", "max_tokens": True}, "max_tokens"),
    ({"route": "fast", "messages": []}, "no list of turns"),
    ({"route": "fast", "messages": ["secret"]}, "messages\\[0\\]"),
    ({"route": "fast", "messages": [{"role": "assistant", "content": "secret"}]}, "messages\\[0\\] is not by 'user'"),
    ({"route": "fast", "messages": [{"role": "user", "content": [{"image": {}}]}]}, "content"),
    ({"route": "fast", "messages": TURNS[:2]}, "last"),
]


@pytest.mark.parametrize(("event", "message"), WRONG)
def test_a_request_of_the_wrong_shape_is_refused_without_quoting_it(event: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as refused:
        request_of(event)
    assert "secret" not in str(refused.value)
