"""A team calls its route under the route's managed policy. The policy needs every ARN in it, and another route's does
not suffice.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from distillery.client.metrics import Dimension, Metric
from distillery.client.route_map import RouteMap
from distillery.client.route_store import probe_parameter
from distillery.core.names import TAG_ROUTE
from distillery.core.pipeline import Outcome
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.policies import Statement
from tests.journey.prompts import DELIVERY, support
from tests.journey.route_callers import Team

BENCH = ("--requests", "2", "--warm-up", "1", "--yes")
DISTILLED = f"distilled/{RECIPE}"


def test_a_team_can_call_its_own_route_only(deploy: Deploy, subtests: pytest.Subtests) -> None:
    environment = deploy("dev")
    ended = environment.run(support(*DELIVERY))
    assert ended.outcome is Outcome.PROMOTED, ended.reason
    teams = {route: Team(environment, route) for route in environment.serving["routes"]}
    assert set(teams) == {"fast", "haiku", "teacher", DISTILLED}
    for route, team in teams.items():
        with subtests.test("may", route=route):
            assert team.refused() == []
        for what, statements in _without_each_part(team.statements(), _asked(team)):
            with subtests.test("without", route=route, what=what), team.attached_policy(statements):
                assert team.refused(), what
        with subtests.test("may again", route=route):
            assert team.refused() == []
    _cannot_use_other_resources(teams, subtests)
    _needs_the_endpoints_tag(environment, teams[DISTILLED])
    _cannot_call_the_url(environment, teams["haiku"])
    _can_measure(environment, teams["fast"])
    _alarm_goes_off(environment)


def _asked(team: Team) -> set[str]:
    """The resources that the account checks. For a call through an application profile it checks no system profile."""
    called = {team.identifier(step) for step in team.map.steps}
    return {arn for arn in called if arn.startswith("arn:")} | {f"inference-profile/{name}" for name in called}


def _without_each_part(statements: list[Statement], asked: set[str]) -> Iterator[tuple[str, list[Statement]]]:
    """Yields the policy without each resource ARN and each action."""
    for index, statement in enumerate(statements):
        for part in ("Resource", "Action"):
            for gone in statement[part]:
                system = re.search(r":(inference-profile/.+)", gone)
                if (
                    "provisioned-model" in gone
                    or "ssm:" in str(statement["Action"])
                    or (system and system[1] not in asked)
                ):
                    continue
                kept = [one for one in statement[part] if one != gone]
                other = [{**statement, part: kept}] if kept else []
                yield gone, [*statements[:index], *other, *statements[index + 1 :]]


def _cannot_use_other_resources(teams: dict[str, Team], subtests: pytest.Subtests) -> None:
    """The policy allows neither another route's profile, nor the model without a profile, nor a student."""
    for route, team in teams.items():
        for other in teams.values():
            mine = {team.identifier(step) for step in team.map.steps}
            for step in other.map.steps:
                called = other.identifier(step)
                if other is team or called in mine or called.startswith("us."):
                    continue
                with subtests.test("may not", route=route, of=other.route):
                    assert len(team.refusals(called, step.region)) == 2
        for region in ("us-east-1", "us-east-2", "us-west-2"):
            with subtests.test("may not bare", route=route, region=region):
                model = f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-pro-v1:0"
                assert len(team.refusals(model, region)) == 2


def _needs_the_endpoints_tag(environment: Environment, team: Team) -> None:
    """Without its tag, the live endpoint is as inaccessible as a candidate."""
    bedrock, endpoint = environment.client("bedrock"), environment.promoted().endpoint.arn
    bedrock.untag_resource(resourceARN=endpoint, tagKeys=[TAG_ROUTE])
    assert len(team.refused()) == 2
    bedrock.tag_resource(resourceARN=endpoint, tags=[{"key": TAG_ROUTE, "value": DISTILLED}])
    assert team.refused() == []


def _cannot_call_the_url(environment: Environment, team: Team) -> None:
    """The invoke function's URL accepts only signed requests of principals that may invoke it."""
    caller = environment.credentials("caller")
    assert _status(environment, None) == 403
    assert _status(environment, Credentials(*team.keys.values())) == 403
    assert _status(environment, Credentials(*caller.values())) != 403


def _can_measure(environment: Environment, team: Team) -> None:
    """A holder of the measurers' and routes' policies can measure, probe and record the results, but changes no map."""
    said = environment.command("bench", team.route, RECIPE, *BENCH, by="measurer")
    assert f"{team.route}:optimized against {team.route}:3 (standard)" in " ".join(said.split())
    assert f"distilled/{RECIPE}:standard" in said
    assert _probed(environment, team.route) is None
    assert f"recorded for {team.route}" in environment.command("probe", team.route, "--yes", by="measurer")
    assert _probed(environment, team.route) is False  # the simulator rejects it
    assert environment.command_as("probe", team.route, "--yes", by="caller").returncode == 1
    people = {kind: environment.client_as(kind, "ssm", environment.inference) for kind in ("caller", "measurer")}
    for kind, ssm in (people | {"team": team.client("ssm", environment.inference)}).items():
        for route in environment.serving["routes"]:
            asked = {"Name": environment.names.route(route), "Value": _map(environment, route), "Overwrite": True}
            assert not _may(ssm.put_parameter, **asked), (kind, route)
            finding = {"Name": probe_parameter("dev", route, "any/abcdefabcdef"), "Value": "false", "Type": "String"}
            assert _may(ssm.put_parameter, **finding) is (kind == "measurer" and route == team.route), (kind, route)


def _probed(environment: Environment, route: str) -> bool | None:
    ssm = environment.client("ssm", environment.inference)
    application = RouteMap.from_json(_map(environment, route)).steps[0].application
    found = ssm.get_parameters(Names=[probe_parameter("dev", route, str(application))])["Parameters"]
    return bool(json.loads(found[0]["Value"])) if found else None


def _map(environment: Environment, route: str) -> str:
    ssm = environment.client("ssm", environment.inference)
    return str(ssm.get_parameter(Name=environment.names.route(route))["Parameter"]["Value"])


def _may(call: Callable[..., Any], **asked: Any) -> bool:
    try:
        call(**asked)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        return False
    return True


def _alarm_goes_off(environment: Environment) -> None:
    """The alarm goes off when one request in two is not served as requested."""
    cloudwatch = environment.client("cloudwatch", environment.inference)
    dimensions = [{"Name": Dimension.ENVIRONMENT.value, "Value": environment.settings.environment}]
    said = [{"MetricName": Metric.DEGRADED.value, "Dimensions": dimensions, "Value": value} for value in (0.0, 1.0)]
    cloudwatch.put_metric_data(Namespace=environment.names.metric_namespace, MetricData=said)

    def state() -> str:
        alarms = cloudwatch.describe_alarms()["MetricAlarms"]
        (alarm,) = [one for one in alarms if "FallbackRatio" in one["AlarmName"]]
        return str(alarm["StateValue"])

    environment.until(lambda: state() == "ALARM", "alarm")


def _status(environment: Environment, keys: Credentials | None) -> int:
    request: Any = AWSRequest("POST", str(environment.serving["url"]), data=b"{}")
    if keys:
        SigV4Auth(keys, "lambda", environment.inference).add_auth(request)
    sent = urllib.request.Request(request.url, data=b"{}", headers=dict(request.headers), method="POST")  # noqa: S310 - our own loopback address
    try:
        with urllib.request.urlopen(sent) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
