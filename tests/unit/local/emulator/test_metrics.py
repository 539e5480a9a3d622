"""Alarms on failed executions and on waiting messages go off."""

import uuid
from typing import Any

from tests.unit.local.emulator.harness import EmulatorHarness


def alarm(
    harness: EmulatorHarness, namespace: str, metric: str, statistic: str, threshold: float = 1, **of: str
) -> Any:
    """Creates an alarm. Returns a function that says whether it is in the ALARM state."""
    name, cloudwatch = f"a-{uuid.uuid4().hex[:8]}", harness.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in of.items()],
        Statistic=statistic,
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_an_alarm_on_failed_executions_goes_off(harness: EmulatorHarness) -> None:
    machine = harness.machine({"F": {"Type": "Fail", "Error": "No"}})
    ringing = alarm(harness, "AWS/States", "ExecutionsFailed", "Sum", StateMachineArn=machine)
    harness.run(machine)
    assert harness.until(ringing)


def test_how_long_an_execution_took_is_a_metric(harness: EmulatorHarness) -> None:
    machine = harness.machine({"W": {"Type": "Wait", "Seconds": 3600, "End": True}})
    took = alarm(harness, "AWS/States", "ExecutionTime", "Maximum", threshold=3_600_000, StateMachineArn=machine)
    longer = alarm(harness, "AWS/States", "ExecutionTime", "Maximum", threshold=36_000_000, StateMachineArn=machine)
    harness.run(machine)
    assert harness.until(took)
    assert not longer()


def test_an_alarm_on_waiting_messages_goes_off(harness: EmulatorHarness) -> None:
    url, _arn = harness.queue()
    name = url.rsplit("/", 1)[1]
    ringing = alarm(harness, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=name)
    harness.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    assert harness.until(ringing)


def test_an_alarm_watches_its_own_queue_alone(harness: EmulatorHarness) -> None:
    full, empty = (harness.queue()[0].rsplit("/", 1)[1] for _ in range(2))
    metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum")
    ringing, silent = (alarm(harness, *metric, QueueName=name) for name in (full, empty))
    sqs = harness.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=full)["QueueUrl"], MessageBody="{}")
    assert harness.until(ringing)
    assert not silent()
