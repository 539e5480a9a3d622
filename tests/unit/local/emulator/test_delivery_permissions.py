"""Services deliver to queues, topics and functions only what policies, keys and roles allow."""

import json
import uuid
from typing import Any

import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, admit, allow
from tests.unit.local.emulator.test_events import EVENTS, THROW, emit, rule

ALARMS, TOPICS, SCHEDULER = "cloudwatch.amazonaws.com", "sns.amazonaws.com", "scheduler.amazonaws.com"
USE = ["kms:Decrypt", "kms:GenerateDataKey"]
HERE = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
ELSEWHERE = {"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:111111111111:rule/another"}}


def told(harness: EmulatorHarness, topic: str, key: str = "") -> str:
    """Creates a queue that subscribes to a topic. Returns its URL."""
    url, arn = harness.queue(TOPICS, key=key)
    harness.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def fired(harness: EmulatorHarness, target: dict[str, Any]) -> str:
    """Creates a rule that fires once at a target. Returns the URL of the target's dead-letter queue."""
    source, (letters, arn) = f"my.{uuid.uuid4().hex}", harness.queue(EVENTS)
    rule(harness, target | {"DeadLetterConfig": {"Arn": arn}}, EventPattern=json.dumps({"source": [source]}))
    emit(harness, source)
    return letters


def test_a_rule_sends_to_a_queue_that_admits_it(harness: EmulatorHarness) -> None:
    open_, arn = harness.queue(EVENTS, key=harness.key(admit(EVENTS, USE, "*", **HERE)))
    letters = fired(harness, {"Arn": arn})
    assert harness.message(open_)["detail"] == {"n": 1}
    assert harness.empty(letters)


@pytest.mark.parametrize(
    ("admitted", "key"),
    [
        ([], None),
        ([EVENTS], []),
        ([EVENTS], [admit(EVENTS, USE, "*", **ELSEWHERE)]),
        ([EVENTS], [admit(EVENTS, ["kms:Decrypt"], "*")]),
    ],
    ids=["no policy", "a key that admits nobody", "a key for another rule", "a key for reading alone"],
)
def test_what_a_queue_or_its_key_does_not_admit_is_dead_lettered(
    harness: EmulatorHarness, admitted: list[str], key: list[dict[str, Any]] | None
) -> None:
    closed, arn = harness.queue(*admitted, key="" if key is None else harness.key(*key))
    assert harness.message(fired(harness, {"Arn": arn}))["detail"] == {"n": 1}
    assert harness.empty(closed)


def test_a_rule_publishes_to_a_topic_that_admits_it_and_names_no_source_to_its_key(harness: EmulatorHarness) -> None:
    statement = admit(EVENTS, "sns:Publish", "", **HERE)
    admitted = harness.topic(statement, key=harness.key(admit(EVENTS, USE, "*")))
    refused = harness.topic(statement, key=harness.key(admit(EVENTS, USE, "*", **HERE)))
    heard, silent = told(harness, admitted), told(harness, refused)
    letters = [fired(harness, {"Arn": topic}) for topic in (admitted, refused)]
    assert json.loads(harness.message(heard)["Message"])["detail"] == {"n": 1}
    assert harness.message(letters[1])["detail"] == {"n": 1}
    assert harness.empty(letters[0])
    assert harness.empty(silent)


def test_a_dead_letter_queue_that_admits_nobody_gets_nothing(harness: EmulatorHarness) -> None:
    _url, closed = harness.queue()
    lost, arn = harness.queue()
    source = f"my.{uuid.uuid4().hex}"
    rule(harness, {"Arn": closed, "DeadLetterConfig": {"Arn": arn}}, EventPattern=json.dumps({"source": [source]}))
    letters = fired(harness, {"Arn": closed})
    emit(harness, source)
    assert harness.message(letters)
    assert harness.empty(lost)


def test_a_dead_letter_is_sent_under_the_functions_role(harness: EmulatorHarness) -> None:
    key = harness.key()
    (kept, arn), (lost, closed) = harness.queue(key=key), harness.queue(key=key)
    granted = [allow("sqs:SendMessage", arn, closed)]
    functions = [
        harness.function(THROW, *granted, *more, DeadLetterConfig={"TargetArn": queue})
        for queue, more in ((closed, []), (arn, [allow(use, key) for use in USE]))
    ]
    for function in functions:
        harness.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"n": 2}')
    assert harness.message(kept) == {"n": 2}
    assert harness.empty(lost)


def test_an_alarm_tells_only_topics_that_admit_it_by_their_policies_and_their_keys(harness: EmulatorHarness) -> None:
    publish, use = admit(ALARMS, "sns:Publish", "", **HERE), admit(ALARMS, USE, "*", **HERE)
    topics = [
        harness.topic(key=harness.key(use)),
        harness.topic(publish, key=harness.key()),
        harness.topic(publish, key=harness.key(use)),
    ]
    no_policy, no_key, heard = [told(harness, topic) for topic in topics]
    cloudwatch, name = harness.client("cloudwatch"), f"a-{uuid.uuid4().hex[:8]}"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="N",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=topics,
    )
    cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": name, "Value": 1}])
    assert name in harness.message(heard)["Subject"]
    assert harness.empty(no_policy)
    assert harness.empty(no_key)


def test_a_topic_delivers_to_a_queue_only_if_the_queues_key_admits_it(harness: EmulatorHarness) -> None:
    topic = harness.topic()
    closed, open_ = (told(harness, topic, harness.key(*more)) for more in ([], [admit(TOPICS, USE, "*")]))
    harness.client("sns").publish(TopicArn=topic, Message="hello")
    assert harness.message(open_)["Message"] == "hello"
    assert harness.empty(closed)


def test_a_topic_invokes_only_functions_that_admit_it(harness: EmulatorHarness) -> None:
    url, queue = harness.queue()
    code = f"""import boto3, json, os
def handler(event, context):
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps({{"from": name}}))
"""
    closed, open_ = (harness.function(code, allow("sqs:SendMessage", queue)) for _ in range(2))
    topic = harness.topic()
    for function in (closed, open_):
        harness.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    harness.client("lambda").add_permission(
        FunctionName=open_, StatementId="t", Action="lambda:InvokeFunction", Principal=TOPICS, SourceArn=topic
    )
    harness.client("sns").publish(TopicArn=topic, Message="hello")
    assert harness.message(url) == {"from": open_.rsplit(":", 1)[1]}
    assert harness.empty(url)


GROUP = "arn:aws:scheduler:us-east-1:111111111111:schedule-group/default"


@pytest.mark.parametrize(
    ("trusted", "source", "may", "delivered"),
    [
        (SCHEDULER, GROUP, True, True),
        (EVENTS, GROUP, True, False),
        (SCHEDULER, GROUP + "-of-another", True, False),
        (SCHEDULER, GROUP, False, False),
    ],
)
def test_a_schedule_acts_under_a_role_that_trusts_it_and_may(
    harness: EmulatorHarness, trusted: str, source: str, may: bool, delivered: bool
) -> None:
    url, queue = harness.queue()
    reached, always = harness.queue()
    arn = "arn:aws:sqs:us-east-1:111111111111:" + reached.rsplit("/", 1)[1]
    scheduler = harness.client("scheduler")
    of_this_group = {"Condition": {"ArnLike": {"aws:SourceArn": source}}}
    role = harness.role(trusted, allow("sqs:SendMessage", queue if may else "arn:x"), trust=of_this_group)
    control = harness.role(SCHEDULER, allow("sqs:SendMessage", always))
    for name, target in (("s", {"Arn": queue, "RoleArn": role}), ("t", {"Arn": arn, "RoleArn": control})):
        scheduler.create_schedule(
            Name=f"{name}-{uuid.uuid4().hex[:8]}",
            ScheduleExpression="rate(30 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    for _ in range(2):
        harness.message(reached)
    assert harness.until(lambda: not harness.empty(url)) if delivered else harness.empty(url)
