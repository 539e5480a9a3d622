"""No principal of one environment can do to another environment's resources what it can do to its own.

Requests combine every holder of a policy, every action that a holder has or that would destroy something, and every
resource of the other environment by its AWS ARN. The conditions of the holder's own statement are met.
"""

from collections.abc import Iterator

import pytest

from distillery.core.names import LOGGING_OWNER, TAG_ENVIRONMENT, Names
from tests.policy.engine import Ask, Keys, decide
from tests.policy.kinds import arns
from tests.policy.policy_holders import ACCOUNT, PolicyHolder
from tests.policy.test_environment_isolation import PAIRS, READ, WITHOUT_A_RESOURCE, people_of, templates

DESTRUCTIVE = {
    "athena": ("DeleteWorkGroup", "UpdateWorkGroup"),
    "bedrock": ("DeleteInferenceProfile", "TagResource", "UntagResource"),
    "cloudwatch": ("DeleteAlarms", "DisableAlarmActions", "SetAlarmState"),
    "dynamodb": ("BatchWriteItem", "DeleteTable", "UpdateTable"),
    "events": ("DeleteRule", "DisableRule", "PutTargets"),
    "iam": ("AttachRolePolicy", "DeleteRole", "PassRole", "PutRolePolicy", "UpdateAssumeRolePolicy"),
    "kms": ("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"),
    "lambda": ("AddPermission", "DeleteFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"),
    "logs": ("DeleteLogGroup", "DeleteLogStream"),
    "s3": ("DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy"),
    "sns": ("DeleteTopic", "SetTopicAttributes", "Subscribe"),
    "sqs": ("DeleteQueue", "PurgeQueue", "ReceiveMessage", "SetQueueAttributes"),
    "ssm": ("DeleteParameter", "DeleteParameters"),
    "states": ("DeleteStateMachine", "StopExecution", "UpdateStateMachine"),
}
KINDS = sorted(DESTRUCTIVE)
Question = tuple[str, Keys]


def _asked_by(holder: PolicyHolder, service: str, one: str, other: str) -> list[Question]:
    """Yields a holder's requests in a service, with conditions met by the other environment's resource."""
    found: dict[str, Question] = {}
    for ask in holder.examples():
        if ask.action.startswith(f"{service}:") and ask.action not in READ | WITHOUT_A_RESOURCE:
            keys = _over(ask.keys, one, other)
            found[f"{ask.action} {sorted(keys.items())}"] = (ask.action, keys)
    return [*found.values(), *((f"{service}:{action}", {}) for action in DESTRUCTIVE[service])]


def _over(keys: Keys, one: str, other: str) -> Keys:
    """Adapts the request: tags and aliases of a resource are the other environment's."""
    whose: dict[str, str | list[str]] = {
        f"aws:ResourceTag/{TAG_ENVIRONMENT}": other,
        "kms:ResourceAliases": [Names(other).key_alias],
    }
    return {**keys, **{key: value for key, value in whose.items() if key in keys}}


def _theirs(other: str, service: str) -> Iterator[str]:
    """Yields the other environment's resources, without those that exist once per account."""
    for of, arn in arns(templates(other), ACCOUNT):
        if of == service and not arn.endswith(LOGGING_OWNER):
            yield arn


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("service", KINDS)
def test_nothing_of_the_other_environment_answers(service: str, one: str, other: str) -> None:
    resources = list(_theirs(other, service))
    assert resources, "the environment has no resource of this kind"
    asks = {
        holder.name: [
            Ask(action, resource, keys)
            for action, keys in _asked_by(holder, service, one, other)
            for resource in resources
        ]
        for holder in people_of(one)
    }
    decided = decide((holder.document, asks[holder.name]) for holder in people_of(one))
    crossed = [
        f"{holder.name}: {ask.action} on {ask.resource} with {ask.keys}"
        for holder, each in zip(people_of(one), decided, strict=True)
        for ask, allowed in zip(asks[holder.name], each, strict=True)
        if allowed
    ]
    assert crossed == []


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "s3", "sns", "sqs", "ssm", "states"])
def test_a_pattern_that_the_others_names_match_too_would_be_seen(service: str) -> None:
    """`distillery-dev-*` also matches names of `dev-two`."""
    wide = {"Effect": "Allow", "Action": f"{service}:*", "Resource": f"arn:aws:{service}:*:*:*distillery?dev*"}
    action = f"{service}:{DESTRUCTIVE[service][0]}"
    asks = [Ask(action, resource) for resource in _theirs("dev-two", service)]
    (decided,) = decide([({"Version": "2012-10-17", "Statement": [wide]}, asks)])
    assert any(decided)
