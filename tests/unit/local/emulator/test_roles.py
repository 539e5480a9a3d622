"""Functions and state machines act only under roles that trust them, and with their permissions only."""

import json
import uuid
from typing import Any

import botocore.exceptions
import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, allow, ended
from tests.unit.local.emulator.test_kms import stack

LAMBDA, STATES = "lambda.amazonaws.com", "states.amazonaws.com"
MACHINES = "arn:aws:states:us-east-1:111111111111:stateMachine:"
OK = "def handler(event, context): return 1"


def refusal(call: Any, **parameters: Any) -> str:
    """Returns `Code: message` of a refused call, or ""."""
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return "{Code}: {Message}".format(**error.response["Error"])
    return ""


def distrust(harness: EmulatorHarness, role: str, service: str = "ec2.amazonaws.com") -> None:
    """Makes the role trust another service."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    harness.client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[1], PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )


CANNOT = "The role defined for the function cannot be assumed by Lambda."


def test_a_function_is_not_made_under_a_role_that_lambda_may_not_assume(harness: EmulatorHarness) -> None:
    function = {"Runtime": "python3.13", "Handler": "index.handler", "Role": harness.role(STATES)}
    code = {"ZipFile": "def handler(event, context): pass"}
    said = refusal(harness.client("lambda").create_function, FunctionName="f", Code={"ZipFile": b""}, **function)
    assert said == f"InvalidParameterValueException: {CANNOT}"
    with pytest.raises(AssertionError, match=CANNOT):
        stack(harness, "AWS::Lambda::Function", {"Properties": {**function, "Code": code}})


def test_a_function_whose_role_is_trusted_no_longer_is_not_invoked(harness: EmulatorHarness) -> None:
    function, awslambda = harness.function(OK), harness.client("lambda")
    assert harness.invoke(function) == 1
    role = awslambda.get_function_configuration(FunctionName=function)["Role"]
    distrust(harness, role)
    assert refusal(awslambda.invoke, FunctionName=function) == f"AccessDeniedException: {CANNOT}"
    of_machine = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    failed = harness.run(harness.machine({"T": of_machine | {"Parameters": {"FunctionName": function}}}))
    assert (failed["error"], CANNOT in failed["cause"]) == ("Lambda.AWSLambdaException", True)
    distrust(harness, role, LAMBDA)
    assert harness.invoke(function) == 1


def machine(role: str, **more: Any) -> dict[str, Any]:
    """Returns a request for a state machine with one state."""
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
    return {"name": f"sm-{uuid.uuid4().hex[:8]}", "definition": definition, "roleArn": role, **more}


def test_a_machine_needs_a_role_that_trusts_it(harness: EmulatorHarness) -> None:
    create = harness.client("stepfunctions").create_state_machine
    for_another = {"Condition": {"ArnLike": {"aws:SourceArn": f"{MACHINES}another"}}}
    for_all = {"Condition": {"ArnLike": {"aws:SourceArn": f"{MACHINES}*"}}}
    for role in (harness.role(LAMBDA), harness.role(STATES, trust=for_another)):
        assert "nor the regional one is authorized to assume the provided role" in refusal(create, **machine(role))
    assert refusal(create, **machine(harness.role(STATES, trust=for_all))) == ""


def test_a_machine_that_logs_needs_a_role_that_manages_deliveries(harness: EmulatorHarness) -> None:
    verbs = ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries")
    more = ("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")
    deliver = [allow(f"logs:{verb}", "*") for verb in (*verbs, *more)]
    group = "arn:aws:logs:us-east-1:111111111111:log-group:g:*"
    logs = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]}
    sfn = harness.client("stepfunctions")
    wanting = machine(harness.role(STATES, *deliver[1:]), loggingConfiguration=logs)
    sentence = "The state machine IAM Role is not authorized to access the Log Destination"
    assert refusal(sfn.create_state_machine, **wanting) == f"AccessDeniedException: {sentence}"
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": group}}
    properties = {
        "DefinitionString": wanting["definition"],
        "RoleArn": wanting["roleArn"],
        "LoggingConfiguration": {"Level": "ALL", "Destinations": [destination]},
    }
    with pytest.raises(AssertionError, match=sentence):
        stack(harness, "AWS::StepFunctions::StateMachine", {"Properties": properties})
    made = sfn.create_state_machine(**machine(harness.role(STATES, *deliver), loggingConfiguration=logs))
    unlogged = {"stateMachineArn": made["stateMachineArn"], "roleArn": harness.role(STATES)}
    assert sentence in refusal(sfn.update_state_machine, **unlogged)
    assert refusal(sfn.update_state_machine, **unlogged, loggingConfiguration={"level": "OFF"}) == ""


def test_a_role_that_is_trusted_no_longer_does_no_task(harness: EmulatorHarness) -> None:
    task = {"Type": "Task", "Resource": harness.function(OK), "End": True}
    arn, sfn = harness.machine({"T": task}), harness.client("stepfunctions")
    assert harness.run(arn)["status"] == "SUCCEEDED"
    distrust(harness, sfn.describe_state_machine(stateMachineArn=arn)["roleArn"])
    failed = harness.run(arn)
    assert (failed["error"], "assume the provided role" in failed["cause"]) == ("States.TaskFailed", True)


class TaskTargets:
    """One resource of each type that tasks may access."""

    def __init__(self, harness: EmulatorHarness) -> None:
        self.url, self.queue = harness.queue()
        self.topic, self.name = harness.topic(), f"t-{uuid.uuid4().hex[:8]}"
        self.table = f"arn:aws:dynamodb:us-east-1:111111111111:table/{self.name}"
        self.machine = harness.machine({"S": {"Type": "Succeed"}})
        self.bus = "arn:aws:events:us-east-1:111111111111:event-bus/default"
        harness.client("dynamodb").create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )


@pytest.fixture(scope="module")
def task_targets(harness: EmulatorHarness) -> TaskTargets:
    return TaskTargets(harness)


ENTRY = {"Source": "a.b", "DetailType": "x", "Detail": {"n": 1}}
TASKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sqs:sendMessage": ("sqs:SendMessage", "queue", {"QueueUrl": "url", "MessageBody": "'x"}),
    "sns:publish": ("sns:Publish", "topic", {"TopicArn": "topic", "Message": "'x"}),
    "dynamodb:putItem": ("dynamodb:PutItem", "table", {"TableName": "name", "Item": {"pk": {"S": "a"}}}),
    "aws-sdk:dynamodb:scan": ("dynamodb:Scan", "table", {"TableName": "name"}),
    "states:startExecution": ("states:StartExecution", "machine", {"StateMachineArn": "machine", "Input": {}}),
    "events:putEvents": ("events:PutEvents", "bus", {"Entries": [ENTRY]}),
}


@pytest.mark.parametrize("integration", TASKS)
def test_a_task_is_done_under_the_machines_role(
    harness: EmulatorHarness, task_targets: TaskTargets, integration: str
) -> None:
    action, place, given = TASKS[integration]
    arn = getattr(task_targets, place)
    parameters = {
        key: (value[1:] if value.startswith("'") else getattr(task_targets, value)) if isinstance(value, str) else value
        for key, value in given.items()
    }
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{integration}", "Parameters": parameters, "End": True}
    allowed = harness.run(harness.machine({"T": task}, allow(action, arn)))
    assert allowed["status"] == "SUCCEEDED", allowed
    refused = harness.run(harness.machine({"T": task}, allow(action, f"{arn}-another")))
    assert f"is not authorized to perform: {action} on resource: {arn}" in refused["cause"]
    assert refused["error"].split(".")[0].lower() in {"sqs", "sns", "dynamodb", "stepfunctions", "eventbridge"}


def test_a_started_execution_ends(harness: EmulatorHarness, task_targets: TaskTargets) -> None:
    found = harness.client("stepfunctions").list_executions(stateMachineArn=task_targets.machine)["executions"]
    sfn = harness.client("stepfunctions")
    for one in found:
        assert harness.until(lambda arn=one["executionArn"]: ended(sfn.describe_execution(executionArn=arn)))  # type: ignore[misc]


def test_a_role_of_a_template_does_no_more_than_its_boundary_allows(harness: EmulatorHarness) -> None:
    iam, name = harness.client("iam"), f"b-{uuid.uuid4().hex[:8]}"
    limit = {"Version": "2012-10-17", "Statement": [allow("sqs:ListQueues", "*")]}
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(limit))["Policy"]["Arn"]
    trust = {"Effect": "Allow", "Principal": {"AWS": harness.account.account}, "Action": "sts:AssumeRole"}
    everything = {"Version": "2012-10-17", "Statement": [allow("*", "*")]}
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": everything}],
        "PermissionsBoundary": boundary,
    }
    role = stack(harness, "AWS::IAM::Role", {"Properties": properties})
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    got = harness.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    keys = {
        "aws_access_key_id": got["AccessKeyId"],
        "aws_secret_access_key": got["SecretAccessKey"],
        "aws_session_token": got["SessionToken"],
    }
    assert refusal(harness.client("sqs", **keys).list_queues) == ""
    assert "not authorized to perform: sns:ListTopics" in refusal(harness.client("sns", **keys).list_topics)


def test_a_policy_that_does_not_exist_is_no_boundary(harness: EmulatorHarness) -> None:
    missing = f"arn:aws:iam::{harness.account.account}:policy/missing"
    properties = {"AssumeRolePolicyDocument": {"Statement": []}, "PermissionsBoundary": missing}
    with pytest.raises(AssertionError, match=r"Scope ARN: .*missing does not exist or is not attachable"):
        stack(harness, "AWS::IAM::Role", {"Properties": properties})
