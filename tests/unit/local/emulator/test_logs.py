"""Log groups: who may write to them, under which key, and what a state machine logs."""

import json
import uuid
from typing import Any

import botocore.exceptions
import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, admit, allow, ended
from tests.unit.local.emulator.test_kms import stack
from tests.unit.local.emulator.test_roles import STATES

LOGS, HERE = "logs.us-east-1.amazonaws.com", "arn:aws:logs:us-east-1:111111111111:log-group:"
USES = [
    f"kms:{use}" for use in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
]
CONTEXT = "kms:EncryptionContext:aws:logs:arn"
SAY = "def handler(event, context): print('said')"


def group(harness: EmulatorHarness, key: str = "") -> str:
    """Creates a log group. Returns its name."""
    name = f"/g/{uuid.uuid4().hex[:8]}"
    harness.client("logs").create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
    return name


def lines(harness: EmulatorHarness, name: str) -> list[str]:
    events = harness.client("logs").filter_log_events(logGroupName=name)["events"]
    return [event["message"] for event in events]


@pytest.mark.parametrize(
    ("statement", "fits"),
    [
        (admit(LOGS, USES, "*", ArnLike={CONTEXT: f"{HERE}*"}), True),
        (admit(LOGS, USES, "*", ArnLike={CONTEXT: f"{HERE}/another"}), False),
        (admit(LOGS, ["kms:Decrypt"], "*"), False),
        (admit("logs.us-west-2.amazonaws.com", USES, "*"), False),
    ],
)
def test_a_group_takes_only_a_key_that_admits_logs_for_it(
    harness: EmulatorHarness, statement: dict[str, Any], fits: bool
) -> None:
    key = harness.key(statement)
    if fits:
        group(harness, key)
        stack(harness, "AWS::Logs::LogGroup", {"Properties": {"KmsKeyId": key}})
    else:
        sentence = "The specified KMS key does not exist or is not allowed to be used with Arn"
        with pytest.raises(botocore.exceptions.ClientError, match=sentence):
            group(harness, key)
        with pytest.raises(AssertionError, match=sentence):
            stack(harness, "AWS::Logs::LogGroup", {"Properties": {"KmsKeyId": key}})


def test_a_function_logs_under_its_role_and_the_groups_key(harness: EmulatorHarness) -> None:
    key = harness.key(admit(LOGS, USES, "*"))
    name = group(harness, key)
    log = [allow(action, f"{HERE}{name}:*") for action in ("logs:CreateLogStream", "logs:PutLogEvents")]
    config = {"LoggingConfig": {"LogGroup": name}}
    for granted in ([], log[:1], log[1:]):
        harness.invoke(harness.function(SAY, *granted, logs=False, **config))
    assert lines(harness, name) == []
    function = harness.function(SAY, *log, logs=False, **config)
    harness.invoke(function)
    assert "said" in lines(harness, name)
    before = len(lines(harness, name))
    harness.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy='{"Statement": []}')
    harness.invoke(function)
    assert len(lines(harness, name)) == before


def test_a_group_that_is_missing_is_made_only_if_the_role_may(harness: EmulatorHarness) -> None:
    write = [allow(action, "*") for action in ("logs:CreateLogStream", "logs:PutLogEvents")]
    names = [
        harness.function(SAY, *write, *more, logs=False).rsplit(":", 1)[1]
        for more in ([], [allow("logs:CreateLogGroup", "*")])
    ]
    for name in names:
        harness.invoke(name)
    found = harness.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    made = {one["logGroupName"] for one in found}
    assert [f"/aws/lambda/{name}" in made for name in names] == [False, True]


FAILS = {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "No"}}
EVENTS = {
    "ALL": ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"],
    "ERROR": ["ExecutionFailed"],
    "FATAL": ["ExecutionFailed"],
    "OFF": [],
}


@pytest.mark.parametrize(("level", "data"), [("ALL", True), ("ALL", False), ("ERROR", False), ("OFF", False)])
def test_a_machines_log_group_receives_what_its_level_says(harness: EmulatorHarness, level: str, data: bool) -> None:
    name, sfn = group(harness), harness.client("stepfunctions")
    logs = {
        "level": level,
        "includeExecutionData": data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{HERE}{name}:*"}}],
    }
    made = sfn.create_state_machine(
        name=f"sm-{uuid.uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": "P", "States": FAILS}),
        roleArn=harness.role(STATES, {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}),
        loggingConfiguration=logs,
    )
    arn = harness.start(made["stateMachineArn"], given=7)
    harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))
    found = [json.loads(line) for line in lines(harness, name)]
    assert [one["type"] for one in found] == EVENTS[level]
    assert {one["execution_arn"] for one in found} <= {arn}
    if level == "ALL":
        entered = found[1]["details"]
        assert entered == ({"name": "P", "input": '{"given": 7}'} if data else {"name": "P"})


def test_a_group_without_a_name_is_named_by_its_stack_and_keeps_the_name(harness: EmulatorHarness) -> None:
    name = stack(harness, "AWS::Logs::LogGroup", {"Properties": {"RetentionInDays": 7}})
    cfn, of = harness.client("cloudformation"), "-".join(name.split("-")[:2])
    changed = {"Resources": {"R": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 14}}}}
    cfn.update_stack(StackName=of, TemplateBody=json.dumps(changed))
    harness.until(lambda: cfn.describe_stacks(StackName=of)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE")
    (found,) = harness.client("logs").describe_log_groups(logGroupNamePrefix=of)["logGroups"]
    assert (found["logGroupName"], found["retentionInDays"]) == (name, 14)
    assert name.startswith(f"{of}-R-")
