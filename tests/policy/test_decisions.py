"""Decisions are made through the URL only, which identifies the caller. No policy allows another way to invoke the
functions.
"""

from collections.abc import Iterator

import pytest

from tests.policy.engine import Ask, decide
from tests.policy.synthesis import templates
from tests.policy.templates import EnvironmentTemplates, Json, Resource, rendered

INVOKE, BY_URL = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"
VIA, AUTH = "lambda:InvokedViaFunctionUrl", "lambda:FunctionUrlAuthType"
ARN = "arn:aws:lambda:us-east-1:111111111111:function:F"
DECIDING = {
    "lambdas.dataset.approval.decide": {"Approve or reject"},
    "lambdas.operations.deletion_handler.prune": {"Upload prompts to"},
    "lambdas.operations.deletion_handler.retire": {"Upload prompts to", "Empty"},
    "lambdas.teardown.handler.clean": {"Empty"},
    "lambdas.promotion.handler.accept": {"Approve or reject"},
    "lambdas.operations.handler.operate": {"Upload prompts to", "Investigate alarms", "Empty"},
    "lambdas.promotion.handler.rollback": {"Upload prompts to", "Investigate alarms"},
}
"""The functions, and how the descriptions of the policies start that allow somebody to decide."""

ASKS = [
    (Ask(INVOKE, ARN, {VIA: "true"}), True),
    (Ask(BY_URL, ARN, {AUTH: "AWS_IAM"}), True),
    (Ask(INVOKE, ARN, {VIA: "false"}), False),
    (Ask(INVOKE, ARN), False),
    (Ask(INVOKE, f"{ARN}:$LATEST"), False),
    (Ask(BY_URL, ARN, {AUTH: "NONE"}), False),
]


def _deciding(of: EnvironmentTemplates, handler: str) -> Resource:
    (found,) = [one for one in of.resources("AWS::Lambda::Function") if one.properties["Handler"] == handler]
    return found


def _naming(of: EnvironmentTemplates, function: Resource) -> Iterator[tuple[str, Json]]:
    """Yields policies that allow the invocation, by description, with their statements about the function."""
    for policy in of.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        about = [
            {**statement, "Resource": ARN}
            for statement in policy.properties["PolicyDocument"]["Statement"]
            if "lambda:Invoke" in str(statement["Action"]) and f"<{function.id}.Arn>" in _resources(statement)
        ]
        if about:
            yield str(policy.properties.get("Description", policy.id)), {"Version": "2012-10-17", "Statement": about}


def _resources(statement: Json) -> str:
    held = statement["Resource"]
    return " ".join(map(rendered, held if isinstance(held, list) else [held]))


@pytest.mark.parametrize("environment", ["dev", "staging", "prod", "launch"])
@pytest.mark.parametrize("handler", DECIDING)
def test_nobody_s_direct_invocation_reaches_a_decision(environment: str, handler: str) -> None:
    """An event that the caller writes could claim any identity."""
    of = templates(environment)
    function = _deciding(of, handler)
    found = list(_naming(of, function))
    assert [name for name, _ in found if not name.startswith(tuple(DECIDING[handler]))] == []
    assert len(found) == len(DECIDING[handler])
    for decided in decide([(document, [ask for ask, _ in ASKS]) for _, document in found]):
        assert decided == [allowed for _, allowed in ASKS]
    assert not [one for one in of.resources("AWS::Lambda::Permission") if function.id in str(one.properties)]


@pytest.mark.parametrize("handler", DECIDING)
def test_each_has_a_url_for_signed_requests(handler: str) -> None:
    of = templates("dev")
    function = _deciding(of, handler)
    urls = [url for url in of.resources("AWS::Lambda::Url") if function.id in str(url.properties["TargetFunctionArn"])]
    assert [(url.properties["AuthType"], "Qualifier" in url.properties) for url in urls] == [("AWS_IAM", False)]


def test_the_state_machine_may_reach_no_decision() -> None:
    of = templates("dev")
    ids = {_deciding(of, handler).id for handler in DECIDING}
    (role,) = [one for one in of.resources("AWS::IAM::Policy") if one.id.startswith("StateMachineRole")]
    assert not [ident for ident in ids if ident in str(role.properties)]
