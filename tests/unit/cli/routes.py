"""Published maps for tests of commands that read them."""

import json
from dataclasses import replace

from distillery.client.route_map import Prices, RouteMap, Step
from distillery.client.route_store import format_probe_result, probe_parameter
from tests.fakes.services import FakeSsm
from tests.unit.cli.account import FakeAccount

PRO = "amazon.nova-pro-v1:0"
APPLICATION = "arn:aws:bedrock:us-east-2:111111111111:application-inference-profile/abcdefabcdef"
DEPLOYMENT = "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/abcdefabcdef"
ALIAS = "/distillery/dev/alias/support"

OPTIMIZED = Step(
    model=PRO,
    region="us-east-2",
    identifier=f"us.{PRO}",
    latency="optimized",
    application=APPLICATION,
    prices=Prices(input="1.00", output="4.00", as_of="2026-11-20"),
)
STANDARD = replace(
    OPTIMIZED,
    identifier=APPLICATION,
    latency="standard",
    application=None,
    prices=Prices(input="0.80", output="3.20", as_of="2026-11-20"),
)
STUDENT = Step(
    model="amazon.nova-micro-v1:0",
    region="us-east-1",
    alias=ALIAS,
    prices=Prices(input="0.035", output="0.14", as_of="2026-11-20"),
)


def route_map(route: str, *steps: Step, max_tokens: int = 256) -> RouteMap:
    tags = {"distillery:environment": "dev", "distillery:route": route}
    return RouteMap(environment="dev", route=route, description="", max_tokens=max_tokens, steps=steps, tags=tags)


FAST = route_map("fast", OPTIMIZED, replace(STANDARD, tier="priority"), STANDARD)
SUPPORT = route_map("distilled/support", STUDENT)


def publish(account: FakeAccount, *maps: RouteMap) -> FakeSsm:
    """Publishes maps as the serving stack does, probe results, and the alias of a promoted student."""
    told = {f"/distillery/dev/routes/{one.route}": json.dumps(one.document()) for one in maps}
    told |= {
        probe_parameter("dev", one.route, step.application): format_probe_result(step.probed)
        for one in maps
        for step in one.steps
        if step.application and step.probed is not None
    }
    account.serving = {"function": "serving-function", "routes": [one.route for one in maps]}
    ssm = FakeSsm(told)
    account.clients["ssm", "us-east-2"] = ssm
    alias = {"endpoint": {"arn": DEPLOYMENT}, "current": f"{DEPLOYMENT}-model"}
    account.clients["ssm", "us-east-1"] = FakeSsm({ALIAS: json.dumps(alias)})
    return ssm
