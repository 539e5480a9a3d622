"""Services deliver to queues, topics and functions only what their policies, their keys and a role let through."""

import json
import uuid
from typing import Any

import pytest

from tests.unit.local.emulator.test_events import EVENTS, THROW, emit, rule
from tests.unit.local.emulator.workshop import Workshop, admit, allow

ALARMS, TOPICS, SCHEDULER = "cloudwatch.amazonaws.com", "sns.amazonaws.com", "scheduler.amazonaws.com"
USE = ["kms:Decrypt", "kms:GenerateDataKey"]
HERE = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
ELSEWHERE = {"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:111111111111:rule/another"}}


def told(workshop: Workshop, topic: str, key: str = "") -> str:
    """A queue that listens to a topic; its URL."""
    url, arn = workshop.queue(TOPICS, key=key)
    workshop.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def fired(workshop: Workshop, target: dict[str, Any]) -> str:
    """A rule that fires once at a target; the URL of the target's dead-letter queue."""
    source, (letters, arn) = f"my.{uuid.uuid4().hex}", workshop.queue(EVENTS)
    rule(workshop, target | {"DeadLetterConfig": {"Arn": arn}}, EventPattern=json.dumps({"source": [source]}))
    emit(workshop, source)
    return letters


def test_a_rule_sends_to_a_queue_that_admits_it(workshop: Workshop) -> None:
    open_, arn = workshop.queue(EVENTS, key=workshop.key(admit(EVENTS, USE, "*", **HERE)))
    letters = fired(workshop, {"Arn": arn})
    assert workshop.message(open_)["detail"] == {"n": 1}
    assert workshop.empty(letters)


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
    workshop: Workshop, admitted: list[str], key: list[dict[str, Any]] | None
) -> None:
    closed, arn = workshop.queue(*admitted, key="" if key is None else workshop.key(*key))
    assert workshop.message(fired(workshop, {"Arn": arn}))["detail"] == {"n": 1}
    assert workshop.empty(closed)


def test_a_rule_publishes_to_a_topic_that_admits_it_and_names_no_source_to_its_key(workshop: Workshop) -> None:
    statement = admit(EVENTS, "sns:Publish", "", **HERE)
    admitted = workshop.topic(statement, key=workshop.key(admit(EVENTS, USE, "*")))
    refused = workshop.topic(statement, key=workshop.key(admit(EVENTS, USE, "*", **HERE)))
    heard, silent = told(workshop, admitted), told(workshop, refused)
    letters = [fired(workshop, {"Arn": topic}) for topic in (admitted, refused)]
    assert json.loads(workshop.message(heard)["Message"])["detail"] == {"n": 1}
    assert workshop.message(letters[1])["detail"] == {"n": 1}
    assert workshop.empty(letters[0])
    assert workshop.empty(silent)


def test_a_dead_letter_queue_that_admits_nobody_gets_nothing(workshop: Workshop) -> None:
    _url, closed = workshop.queue()
    lost, arn = workshop.queue()
    source = f"my.{uuid.uuid4().hex}"
    rule(workshop, {"Arn": closed, "DeadLetterConfig": {"Arn": arn}}, EventPattern=json.dumps({"source": [source]}))
    letters = fired(workshop, {"Arn": closed})
    emit(workshop, source)
    assert workshop.message(letters)
    assert workshop.empty(lost)


def test_a_dead_letter_is_sent_under_the_functions_role(workshop: Workshop) -> None:
    key = workshop.key()
    (kept, arn), (lost, closed) = workshop.queue(key=key), workshop.queue(key=key)
    granted = [allow("sqs:SendMessage", arn, closed)]
    functions = [
        workshop.function(THROW, *granted, *more, DeadLetterConfig={"TargetArn": queue})
        for queue, more in ((closed, []), (arn, [allow(use, key) for use in USE]))
    ]
    for function in functions:
        workshop.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"n": 2}')
    assert workshop.message(kept) == {"n": 2}
    assert workshop.empty(lost)


def test_an_alarm_tells_only_topics_that_admit_it_by_their_policies_and_their_keys(workshop: Workshop) -> None:
    publish, use = admit(ALARMS, "sns:Publish", "", **HERE), admit(ALARMS, USE, "*", **HERE)
    topics = [
        workshop.topic(key=workshop.key(use)),
        workshop.topic(publish, key=workshop.key()),
        workshop.topic(publish, key=workshop.key(use)),
    ]
    no_policy, no_key, heard = [told(workshop, topic) for topic in topics]
    cloudwatch, name = workshop.client("cloudwatch"), f"a-{uuid.uuid4().hex[:8]}"
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
    assert name in workshop.message(heard)["Subject"]
    assert workshop.empty(no_policy)
    assert workshop.empty(no_key)


def test_a_topic_delivers_to_a_queue_only_if_the_queues_key_admits_it(workshop: Workshop) -> None:
    topic = workshop.topic()
    closed, open_ = (told(workshop, topic, workshop.key(*more)) for more in ([], [admit(TOPICS, USE, "*")]))
    workshop.client("sns").publish(TopicArn=topic, Message="hello")
    assert workshop.message(open_)["Message"] == "hello"
    assert workshop.empty(closed)


def test_a_topic_invokes_only_functions_that_admit_it(workshop: Workshop) -> None:
    url, queue = workshop.queue()
    code = f"""import boto3, json, os
def handler(event, context):
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps({{"from": name}}))
"""
    closed, open_ = (workshop.function(code, allow("sqs:SendMessage", queue)) for _ in range(2))
    topic = workshop.topic()
    for function in (closed, open_):
        workshop.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    workshop.client("lambda").add_permission(
        FunctionName=open_, StatementId="t", Action="lambda:InvokeFunction", Principal=TOPICS, SourceArn=topic
    )
    workshop.client("sns").publish(TopicArn=topic, Message="hello")
    assert workshop.message(url) == {"from": open_.rsplit(":", 1)[1]}
    assert workshop.empty(url)


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
    workshop: Workshop, trusted: str, source: str, may: bool, delivered: bool
) -> None:
    url, queue = workshop.queue()
    reached, always = workshop.queue()
    arn = "arn:aws:sqs:us-east-1:111111111111:" + reached.rsplit("/", 1)[1]
    scheduler = workshop.client("scheduler")
    of_this_group = {"Condition": {"ArnLike": {"aws:SourceArn": source}}}
    role = workshop.role(trusted, allow("sqs:SendMessage", queue if may else "arn:x"), trust=of_this_group)
    control = workshop.role(SCHEDULER, allow("sqs:SendMessage", always))
    for name, target in (("s", {"Arn": queue, "RoleArn": role}), ("t", {"Arn": arn, "RoleArn": control})):
        scheduler.create_schedule(
            Name=f"{name}-{uuid.uuid4().hex[:8]}",
            ScheduleExpression="rate(30 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    for _ in range(2):
        workshop.message(reached)
    assert workshop.until(lambda: not workshop.empty(url)) if delivered else workshop.empty(url)
