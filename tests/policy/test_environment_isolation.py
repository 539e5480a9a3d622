"""Two environments in one account are isolated: no principal of one can change or use the other's resources.

The names are chosen to be confused: a name that starts with `dev-` may belong to `dev` or to `dev-two`.
"""

import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from distillery.core.names import (
    ENVIRONMENT_MAX,
    FOUNDATION,
    LOGGING_OWNER,
    TAG_ENVIRONMENT,
    TAG_RECIPE,
    TAG_ROUTE,
    TAG_RUN,
    Names,
)
from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from infra.constructs.arn import Location
from infra.constructs.permissions import storage
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import ACCOUNT, PolicyHolder, holders
from tests.policy.synthesis import TODAY, synthesized
from tests.policy.templates import EnvironmentTemplates

PLACE = Location(partition="aws", region="us-east-1", account=ACCOUNT)
PAIRS = [("dev", "dev-two"), ("dev-two", "dev")]


def neighbour(environment: str) -> Settings:
    """Returns dev under another name, with all optional parts."""
    said = read("dev")
    said["logging"] = {"keep_days": 30, "max_scan_gb": 100, "replace": False}
    said["recipes"]["support"]["tags"] = {"team": "care"}
    logs = {"match": {"distillery:route": "teacher"}, "operator": "and", "how": "athena", "days": 30}
    said["recipes"]["support"]["logs"] = logs
    return parse(said, environment)


@functools.cache
def templates(environment: str) -> EnvironmentTemplates:
    return synthesized(neighbour(environment))


@functools.cache
def people_of(environment: str) -> tuple[PolicyHolder, ...]:
    return tuple(holders(templates(environment)))


def test_what_is_made_up_here_are_settings_that_nothing_is_wrong_with() -> None:
    assert [str(one) for name in ("dev", "dev-two") for one in findings(neighbour(name), TODAY)] == []


ANYBODYS = (
    "::foundation-model/",
    ":inference-profile/",
    ":servicequotas:",
    ":catalog",
    ":database/default",
    f":parameter{LOGGING_OWNER}",
    ":whatever",
)
"""Models of AWS's and their profiles, quotas, Glue's one catalog and its database `default` (ours have names), the
parameter that says which environment owns the account's logging configuration, and actions that take no resource."""

READ = {
    "bedrock:GetCustomModel",
    "bedrock:GetCustomModelDeployment",
    "bedrock:GetInferenceProfile",
    "bedrock:GetModelCustomizationJob",
    "bedrock:GetProvisionedModelThroughput",
    "bedrock:ListTagsForResource",
}
"""Bedrock operations that describe a resource of known id or name: docs/threat-model.md."""

WITHOUT_A_RESOURCE = {
    "bedrock:DeleteModelInvocationLoggingConfiguration",
    "bedrock:GetModelInvocationLoggingConfiguration",
    "bedrock:ListCustomModelDeployments",
    "bedrock:ListCustomModels",
    "bedrock:ListEvaluationJobs",
    "bedrock:ListModelCustomizationJobs",
    "bedrock:ListProvisionedModelThroughputs",
    "bedrock:PutModelInvocationLoggingConfiguration",
    "cloudformation:BatchDescribeTypeConfigurations",
    "cloudformation:ListStacks",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "servicequotas:ListServiceQuotas",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def _own(environment: str) -> Iterator[tuple[PolicyHolder, Ask]]:
    for holder in people_of(environment):
        for ask in holder.examples():
            yield holder, ask


def _apart(environment: str) -> list[Ask]:
    """Yields the requests of an environment's principals on its own resources."""
    return list(
        dict.fromkeys(
            ask
            for _, ask in _own(environment)
            if ask.action not in READ and not any(part in ask.resource for part in ANYBODYS)
        )
    )


def _allowed(environment: str, asks: list[Ask]) -> list[str]:
    """Returns the holders of an environment that are allowed one of these requests."""
    decided = decide((holder.document, asks) for holder in people_of(environment))
    return [
        f"{holder.name}: {ask.action} on {ask.resource} with {ask.keys}"
        for holder, each in zip(people_of(environment), decided, strict=True)
        for ask, allowed in zip(asks, each, strict=True)
        if allowed
    ]


@pytest.mark.parametrize("environment", ["dev", "dev-two"])
def test_each_statement_allows_its_own_example(environment: str) -> None:
    """Otherwise the tests below would find everything denied and prove nothing."""
    cases = [(holder, list(holder.examples())) for holder in people_of(environment)]
    decided = decide((holder.document, asks) for holder, asks in cases)
    refused = [
        f"{holder.name}: {ask}"
        for (holder, asks), each in zip(cases, decided, strict=True)
        for ask, allowed in zip(asks, each, strict=True)
        if not allowed
    ]
    assert refused == []


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_nobody_may_do_to_another_environment_what_its_own_do(one: str, other: str) -> None:
    asks = _apart(other)
    services = {ask.action.partition(":")[0] for ask in asks}
    assert {"bedrock", "dynamodb", "kms", "lambda", "s3", "sns", "sqs", "ssm", "states"} <= services
    assert _allowed(one, asks) == []


def test_what_takes_no_resource_is_known_by_name() -> None:
    found = {ask.action for _, ask in _own("dev") if ask.resource.endswith(":whatever")}
    assert found == WITHOUT_A_RESOURCE


@pytest.mark.parametrize("one", ["a", "dev", "found", "foundation", "dev-found", "abcdefghij"])
@pytest.mark.parametrize("more", ["x", "-x", "-f", "-fo", "-found", "-foundat", "-foundatio", "foundatio"])
def test_no_bucket_of_another_environment_begins_as_ones_own(one: str, more: str) -> None:
    other = f"{one}{more}"[:ENVIRONMENT_MAX].rstrip("-")
    (sure, _) = storage.write_by_name(PLACE, one, "prompts/")
    begins = sure.resources[0].removeprefix("arn:aws:s3:::").partition("*")[0]
    assert Names(one).stack(FOUNDATION).startswith(begins)
    assert other == one or not Names(other).stack(FOUNDATION).startswith(begins)


# Bedrock's resources have random ids, so only their tags separate two environments

TYPES = {
    "job": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/amazon.nova-micro-v1:0:128k/abcdefghijkl",
    "model": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/amazon.nova-micro-v1:0:128k/abcdefghijkl",
    "deployment": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model-deployment/abcdefghijkl",
    "throughput": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdefghijkl",
}
CHANGES = {
    "job": ("CreateModelCustomizationJob", "StopModelCustomizationJob", "TagResource", "UntagResource"),
    "model": (
        "CreateCustomModelDeployment",
        "CreateEvaluationJob",
        "CreateModelCopyJob",
        "CreateModelCustomizationJob",
        "CreateProvisionedModelThroughput",
        "DeleteCustomModel",
        "TagResource",
        "UntagResource",
        "UpdateCustomModelDeployment",
        "UpdateProvisionedModelThroughput",
    ),
    "deployment": (
        "DeleteCustomModelDeployment",
        "InvokeModel",
        "InvokeModelWithResponseStream",
        "TagResource",
        "UntagResource",
        "UpdateCustomModelDeployment",
    ),
    "throughput": (
        "DeleteProvisionedModelThroughput",
        "InvokeModel",
        "InvokeModelWithResponseStream",
        "TagResource",
        "UntagResource",
        "UpdateProvisionedModelThroughput",
    ),
}
"""Every action that changes or uses a resource of these types (Service Authorization Reference, Amazon Bedrock)."""

_MATRIX = [(kind, action) for kind, actions in CHANGES.items() for action in actions]
DONE = set(_MATRIX) - {
    *((kind, "UntagResource") for kind in TYPES),
    ("model", "CreateEvaluationJob"),
    ("model", "CreateModelCopyJob"),
}
"""What an environment's principals do to its own resources."""


def _ask(kind: str, action: str, *, of: str | None, says: str | None) -> Iterator[Ask]:
    """Returns a request on a resource of an environment (or none) that sets an environment's tag (or none), once as for
    a candidate and once as for a live endpoint.
    """
    for last in (TAG_RUN, TAG_ROUTE):
        route = {f"aws:ResourceTag/{TAG_ROUTE}": "distilled/support"} if of else {}
        tags: dict[str, str | list[str]] = {f"aws:ResourceTag/{TAG_ENVIRONMENT}": of, **route} if of else {}
        if says:
            tags[f"aws:RequestTag/{TAG_ENVIRONMENT}"] = says
            tags["aws:TagKeys"] = [TAG_ENVIRONMENT, TAG_RECIPE, last, "team"]
        yield Ask(f"bedrock:{action}", TYPES[kind], tags)


@pytest.mark.parametrize(("kind", "action"), _MATRIX)
def test_what_bears_another_environments_tag_is_neither_changed_nor_used(kind: str, action: str) -> None:
    asks = [ask for says in ("dev", "dev-two", None) for ask in _ask(kind, action, of="dev-two", says=says)]
    assert _allowed("dev", asks) == []


def test_what_bears_ones_own_tag_is_changed_and_used_by_those_whose_work_it_is() -> None:
    """The denials above are caused by the tag, except where no principal has the action at all."""
    done = {
        (kind, action) for kind, action in _MATRIX if _allowed("dev", list(_ask(kind, action, of="dev", says="dev")))
    }
    assert done == DONE


@pytest.mark.parametrize("of", ["dev", None], ids=["own", "new"])
@pytest.mark.parametrize(
    ("kind", "action"), [(kind, action) for kind, action in _MATRIX if action.startswith(("Create", "Tag"))]
)
def test_nothing_is_made_or_tagged_under_another_environments_tag_or_without_one(
    kind: str, action: str, of: str | None
) -> None:
    asks = [ask for says in ("dev-two", None) for ask in _ask(kind, action, of=of, says=says)]
    assert _allowed("dev", asks) == []


def test_only_what_is_made_and_what_bears_no_tag_cannot_be_told_apart() -> None:
    """See docs/threat-model.md, Environments in one account."""
    found = {
        (kind, action)
        for kind, action in _MATRIX
        for says in ("dev", None)
        if _allowed("dev", list(_ask(kind, action, of=None, says=says)))
    }
    assert found == {
        ("job", "CreateModelCustomizationJob"),
        ("model", "CreateModelCustomizationJob"),
        *((kind, "TagResource") for kind in TYPES),
    }


def _tagging(*keys: str) -> Ask:
    tags: Keys = {f"aws:RequestTag/{TAG_ENVIRONMENT}": "dev", "aws:TagKeys": [TAG_ENVIRONMENT, *keys]}
    return Ask("bedrock:TagResource", TYPES["deployment"], tags)


def test_promotion_alone_lets_callers_in_and_nobody_sets_other_tags() -> None:
    by_route = _allowed("dev", [_tagging(TAG_RECIPE, TAG_ROUTE)])
    assert [who.partition("/")[2].startswith("PromotionFunction") for who in by_route] == [True]
    by_run = _allowed("dev", [_tagging(TAG_RECIPE, TAG_RUN)])
    assert [who.partition("/")[2].startswith("EndpointFunction") for who in by_run] == [True]
    for keys in (("owner",), (TAG_RUN, TAG_ROUTE), ("distillery:team",)):
        assert _allowed("dev", [_tagging(*keys)]) == []
    assert len(_allowed("dev", [_tagging("team")])) == 2, "a recipe's own tag"


_TAGS = (f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}", "aws:TagKeys")


def _loosened(holder: PolicyHolder) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the policy without one of its tag conditions, for each of them."""
    for index, statement in enumerate(holder.document["Statement"]):
        for operator, tests in statement.get("Condition", {}).items():
            for key in tests.keys() & set(_TAGS):
                document = copy.deepcopy(holder.document)
                del document["Statement"][index]["Condition"][operator][key]
                yield f"{holder.name}[{index}] {operator} {key}", document


def _attacks() -> list[Ask]:
    """Requests on another environment's resource, with another environment's tag, and with an unexpected tag key."""
    whose: tuple[tuple[str | None, str | None], ...] = (
        *(("dev-two", says) for says in ("dev", "dev-two", None)),
        *((of, says) for of in ("dev", None) for says in ("dev-two", None)),
    )
    crossed = [
        ask
        for kind, action in sorted(DONE)
        for of, says in whose
        if says is None or action.startswith(("Create", "Tag"))
        for ask in _ask(kind, action, of=of, says=says)
    ]
    making = [(kind, action) for kind, action in sorted(DONE) if action.startswith(("Create", "Tag"))]
    marked = [
        Ask(ask.action, ask.resource, {**ask.keys, "aws:TagKeys": [TAG_ENVIRONMENT, "owner"]})
        for kind, action in making
        for ask in _ask(kind, action, of="dev", says="dev")
    ]
    return [*crossed, *marked, _describe("dev-two")]


def _describe(of: str) -> Ask:
    """The definition of a state machine, whose name begins with no environment's."""
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:Machine-abc"
    return Ask("states:DescribeStateMachine", machine, {f"aws:ResourceTag/{TAG_ENVIRONMENT}": of})


def test_the_drift_watch_reads_the_machines_of_its_environment() -> None:
    (who,) = _allowed("dev", [_describe("dev")])
    assert who.partition("/")[2].startswith("DriftFunctionRole")
    assert _allowed("dev", [_describe("dev-two")]) == []


def test_no_condition_on_a_tag_can_be_taken_away() -> None:
    """Without any one of the conditions, somebody is allowed one of the attacks above."""
    attacks = _attacks()
    bound = [(holder.name, holder.document) for holder in people_of("dev")]
    loosened = [each for holder in people_of("dev") for each in _loosened(holder)]
    before = dict(zip((name for name, _ in bound), decide((each, attacks) for _, each in bound), strict=True))
    after = decide((document, attacks) for _, document in loosened)
    needless = [
        name
        for (name, _), each in zip(loosened, after, strict=True)
        if sum(each) <= sum(before[name.partition("[")[0]])
    ]
    assert len(loosened) > 20
    assert needless == []
