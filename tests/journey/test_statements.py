"""What the account asks, it asks in earnest: without the one statement that allows it, a step on the road fails."""

import contextlib
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.journey import steps
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment, until
from tests.journey.policies import (
    Find,
    Which,
    action,
    function,
    key,
    queue,
    role,
    sid,
    source,
    take,
    topic,
    trust,
    via,
    without,
)

Step = Callable[[Environment], str]
PATIENCE = 30.0


class Case(NamedTuple):
    """Without `which` in the policy, `step` says `seen`; `besides` is gone too, so that the step comes so far."""

    policy: Find
    which: Which
    step: Step
    seen: str
    besides: tuple[tuple[Find, Which], ...] = ()


DATASET, MACHINE = role("DatasetFunctionRole"), role("StateMachineRole")
LETTERS = queue("DatasetFunctionDeadLettersQueue")
UNTOLD = ((DATASET, action("sns:Publish")),)
UNDELIVERED = ((function("DatasetFunction"), source("OnUpload")),)
CASES = {
    "objects are under the key": Case(DATASET, via("s3"), steps.refused, "cannot be read, S3 says AccessDenied"),
    "the ledger is under the key": Case(DATASET, via("dynamodb"), steps.run, "kms:(Decrypt|GenerateDataKey)"),
    "a topic is published to": Case(DATASET, action("sns:Publish"), steps.refused, "sns:Publish"),
    "a topic is under the key": Case(DATASET, via("sns"), steps.refused, "kms:GenerateDataKey"),
    "the account uses its key": Case(
        key, action("kms:*"), steps.refused, "operator is not authorized to perform: kms:"
    ),
    "dead letters are sent": Case(
        DATASET, action("sqs:SendMessage"), steps.buried, "letter is lost.*sqs:SendMessage", UNTOLD
    ),
    "dead letters are under the key": Case(
        DATASET, via("sqs"), steps.buried, "letter is lost.*kms:GenerateDataKey", UNTOLD
    ),
    "a function logs": Case(DATASET, action("logs:PutLogEvents"), steps.logged, steps.NOTHING),
    "a log is under the key": Case(key, sid("LogGroups"), steps.logged, steps.NOTHING),
    "an alarm tells a topic": Case(topic, sid("Alarms"), steps.rung, "Failed to execute.*cloudwatch.*sns:Publish"),
    "an alarm uses the key": Case(key, sid("AlarmsToTopics"), steps.rung, "Failed to execute.*cloudwatch.*kms:"),
    "an upload tells a function": Case(*UNDELIVERED[0], steps.uploaded, "OnUpload.*not delivered.*InvokeFunction"),
    "a rule dead-letters": Case(LETTERS, source("OnUpload"), steps.uploaded, "is lost.*sqs:SendMessage", UNDELIVERED),
    "a rule uses the key": Case(key, sid("RulesToQueues"), steps.uploaded, "is lost.*events.*kms:", UNDELIVERED),
    "a schedule tells settle": Case(
        function("DistillationSettleFunction"), source("SlowPoll"), steps.polled, "SlowPoll.*not delivered.*Settle"
    ),
    "a schedule tells sweep": Case(
        function("EndpointSweepFunction"), source("SlowPoll"), steps.polled, "SlowPoll.*not delivered.*Sweep"
    ),
    "an ended job tells settle": Case(
        function("DistillationSettleFunction"), source("OnEndedJob"), steps.run, "OnEndedJob.*not delivered"
    ),
    "a broken run tells sweep": Case(
        function("EndpointSweepFunction"), source("OnBrokenRun"), steps.executed, "OnBrokenRun.*not delivered"
    ),
    "Lambda assumes a role": Case(trust("DatasetFunctionRole"), bool, steps.refused, "cannot be assumed by Lambda"),
    "Step Functions assumes a role": Case(trust("StateMachineRole"), bool, steps.executed, "assume the provided role"),
    "Bedrock assumes a role": Case(trust("DistillationJobRole"), bool, steps.run, "Could not assume provided IAM role"),
    "a task is done": Case(
        MACHINE, action("lambda:InvokeFunction"), steps.executed, "StateMachineRole.*lambda:InvokeFunction"
    ),
    "a machine logs": Case(MACHINE, action("logs:CreateLogDelivery"), steps.remade, "access the Log Destination"),
    "a model is under the key": Case(role("DistillationFunctionRole"), via("bedrock"), steps.run, "kms:CreateGrant"),
}


def test_each_statement_is_needed_by_a_step_on_the_road(deploy: Deploy, subtests: pytest.Subtests) -> None:
    environment = deploy("dev", fail_jobs=("dev-",))
    said = "".join(step(environment) for step in {case.step for case in CASES.values()})
    said += _log(environment)
    for name, case in CASES.items():
        with subtests.test(name):
            assert not re.search(case.seen, said), "seen with the statement too"
            _fails(environment, case)
    assert environment.inventory()["bills_by_the_hour"] == []
    with subtests.test("buckets are emptied"):  # the last: the role goes with the stack
        take(role("EmptyingFunctionRole", "foundation")(environment), action("s3:DeleteObject"))
        assert "s3:DeleteObject" in steps.destroyed(environment)


def _fails(environment: Environment, case: Case) -> None:
    before = len(_log(environment))
    with contextlib.ExitStack() as gone:
        for policy, which in (*case.besides, (case.policy, case.which)):
            gone.enter_context(without(policy(environment), which))
        said = case.step(environment)
        until(lambda: re.search(case.seen, said + _log(environment)[before:]), f"{case.seen!r} in {said!r}", PATIENCE)


def _log(environment: Environment) -> str:
    return (environment.account.state / "emulator.log").read_text(errors="replace")
