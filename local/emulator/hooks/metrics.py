"""State machines and queues publish the metrics that alarms watch, and alarms watch their own.

AWS: `AWS/States` counts executions by how they end and tells how long they took; `AWS/SQS` samples how many messages
    are visible; an alarm watches the series of exactly its dimensions, all the time.
ministack: publishes neither metric, throws all dimensions of a metric together, and looks at alarms only when
    somebody calls PutMetricData.
Patch: executions are counted at their status changes; queues that hold messages, or just did, are sampled; alarms
    see their own series and are looked at every two seconds. Their periods count by the real clock, from when a value
    arrived, and an alarm without new data stays as it is, whatever its TreatMissingData says. Nothing expires: the
    metrics of Bedrock and of functions have the virtual time, which may be years from the real one.
"""

import threading
import time
from datetime import datetime
from types import FunctionType
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, sqs, stepfunctions

_SAMPLE = 2.0  # seconds, real
ARRIVED = "Arrived"
"""Of a value that states its own time: when it was stored, in real seconds since the epoch."""
_COUNTED_AS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}

Samples = dict[tuple[str, str, str], int]


def sample(before: Samples) -> Samples:
    """Publishes each queue's visible messages, unless it was and is empty. Returns the counts."""
    counted: Samples = {}
    now = time.time()
    for (account, region, url), queue in list(sqs._queues.all_items()):
        visible = sum(1 for message in queue["messages"] if message["visible_at"] <= now)
        counted[account, region, url] = visible
        if visible or before.get((account, region, url)):
            with request_scope(account, region):
                name, metric = url.rsplit("/", 1)[-1], "ApproximateNumberOfMessagesVisible"
                cloudwatch.record_metric("AWS/SQS", metric, visible, "Count", {"QueueName": name})
    return counted


def evaluator(evaluate: Any) -> Any:
    """ministack's evaluation of one alarm, over the one series that the alarm is about."""

    def evaluate_own(alarm: dict[str, Any]) -> None:
        of = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
        series = (alarm.get("Namespace"), alarm.get("MetricName"), cloudwatch._dims_key(of))
        stored = cloudwatch._metrics.get(series, [])
        own = {series: [{**value, "Timestamp": value.get(ARRIVED, value["Timestamp"])} for value in stored]}
        FunctionType(evaluate.__code__, {**vars(cloudwatch), "_metrics": own})(alarm)

    return evaluate_own


def marking(store: Any) -> Any:
    """ministack's storing of values, which then state when they arrived."""

    def store_datum(namespace: str, name: str, dimensions: dict[str, str], *rest: Any) -> None:
        series = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
        before = len(series)
        store(namespace, name, dimensions, *rest)
        for value in series[before:]:
            value[ARRIVED] = time.time()

    return store_datum


def _look_at_alarms() -> None:
    for (account, region, _name), alarm in list(cloudwatch._alarms.all_items()):
        with request_scope(account, region):
            cloudwatch._evaluate_alarm(alarm)


def _sample_for_ever() -> None:
    before: Samples = {}
    while True:
        time.sleep(_SAMPLE)
        try:
            before = sample(before)
            _look_at_alarms()
        except Exception:
            cloudwatch.logger.exception("sampling of metrics failed")


def install() -> None:
    """Counts executions where their status changes, samples queues, and looks at alarms."""
    emit = stepfunctions._emit_execution_status_event

    def emit_and_count(execution: dict[str, Any]) -> None:
        emit(execution)
        of = {"StateMachineArn": execution["stateMachineArn"]}
        cloudwatch.record_metric("AWS/States", _COUNTED_AS[execution["status"]], 1, "Count", of)
        if ended := execution.get("stopDate"):
            took = datetime.fromisoformat(ended) - datetime.fromisoformat(execution["startDate"])
            took_ms = took.total_seconds() * 1000
            cloudwatch.record_metric("AWS/States", "ExecutionTime", took_ms, "Milliseconds", of)

    stepfunctions._emit_execution_status_event = emit_and_count
    cloudwatch._evict_old_metrics = lambda: None
    cloudwatch._store_datum = marking(cloudwatch._store_datum)
    cloudwatch._evaluate_alarm = evaluator(cloudwatch._evaluate_alarm)
    threading.Thread(target=_sample_for_ever, daemon=True, name="queue-metrics").start()
