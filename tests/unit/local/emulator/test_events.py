"""Rules fire by the account's clock, deliver what the target allows, and send the rest to the dead-letter queue."""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from bedrock_simulator.clock import ClockState
from local.emulator.clock import VirtualClock, write
from local.emulator.hooks import schedules, ttl
from tests.unit.local.emulator.harness import EmulatorHarness, allow

EVENTS = "events.amazonaws.com"
THROW = "def handler(event, context): raise ValueError('no')"


def rule(harness: EmulatorHarness, target: dict[str, Any], **trigger: str) -> str:
    """Creates a rule with one target. Returns its ARN."""
    name, events = f"rule-{uuid.uuid4().hex[:8]}", harness.client("events")
    arn: str = events.put_rule(Name=name, **trigger)["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])
    return arn


def emit(harness: EmulatorHarness, source: str) -> None:
    """Puts one event on the default bus."""
    harness.client("events").put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": '{"n": 1}'}])


def test_an_hourly_rule_fires_each_virtual_hour_and_carries_virtual_time(harness: EmulatorHarness) -> None:
    url, queue = harness.queue(EVENTS)
    rule(harness, {"Arn": queue}, ScheduleExpression="rate(1 hour)")
    times = [harness.message(url)["time"] for _ in range(2)]
    assert all(time.startswith("2025-12") for time in times)
    assert times[0] != times[1]


def test_a_target_without_permission_is_dead_lettered(harness: EmulatorHarness) -> None:
    url, queue = harness.queue(EVENTS)
    source = f"my.{uuid.uuid4().hex}"
    function = harness.function(THROW)
    target = {"Arn": function, "DeadLetterConfig": {"Arn": queue}}
    rule(harness, target, EventPattern=json.dumps({"source": [source]}))
    emit(harness, source)
    assert harness.message(url)["detail"] == {"n": 1}


def test_a_permitted_function_is_retried_and_then_dead_lettered_by_itself(harness: EmulatorHarness) -> None:
    url, queue = harness.queue()
    source = f"my.{uuid.uuid4().hex}"
    function = harness.function(THROW, allow("sqs:SendMessage", queue), DeadLetterConfig={"TargetArn": queue})
    arn = rule(harness, {"Arn": function}, EventPattern=json.dumps({"source": [source]}))
    harness.client("lambda").add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    emit(harness, source)
    assert harness.message(url)["detail"] == {"n": 1}


def test_an_object_created_event_names_the_objects_version(harness: EmulatorHarness) -> None:
    url, queue = harness.queue(EVENTS)
    bucket, s3 = f"b-{uuid.uuid4().hex[:8]}", harness.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    rule(harness, {"Arn": queue}, EventPattern=json.dumps(pattern))
    version = s3.put_object(Bucket=bucket, Key="a.txt", Body=b"a")["VersionId"]
    event = harness.message(url)
    assert event["detail"]["object"]["version-id"] == version
    assert event["time"].startswith("2025-12")


@pytest.fixture
def december(tmp_path: Path) -> VirtualClock:
    """A stopped clock in December 2024."""
    write(tmp_path / "clock.json", ClockState(real=0, virtual=1733270400, speed=0))
    return VirtualClock(tmp_path / "clock.json")


def test_a_schedule_reads_the_virtual_time_and_sleeps_in_the_real(december: VirtualClock) -> None:
    clocked = schedules.ClockedTime(december)
    assert clocked.time() == 1733270400
    assert clocked.sleep is time.sleep


def test_only_the_reaper_of_expired_items_reads_the_virtual_clock(december: VirtualClock) -> None:
    seen: list[float] = []
    reapers = ttl._ReapersTime(december)
    reaper = threading.Thread(target=lambda: seen.append(reapers.time()), name=ttl.REAPER)
    reaper.start()
    reaper.join()
    assert seen == [1733270400]
    assert abs(reapers.time() - time.time()) < 5
