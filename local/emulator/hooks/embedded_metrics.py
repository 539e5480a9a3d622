"""Log events publish the metrics that they contain in the embedded metric format.

AWS: CloudWatch Logs extracts metrics from each event that is one JSON object with the member `_aws`, whoever writes it;
    one that breaks the specification has no metrics, and stays in the log (CloudWatch user guide, "Specification:
    Embedded metric format").
ministack: stores the event as text.
Patch: the metrics of each new event are stored at the time that it states, which is the virtual one where functions
    write it. (Not patched: the metrics in `AWS/Logs` about events that break the specification, StorageResolution, and
    CloudWatch's limits on how old or how far ahead a value may be.)
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs

_MARK = '"_aws"'
DIMENSIONS_MAX, DEFINITIONS_MAX, VALUES_MAX = 30, 100, 100
"""Dimensions of a set, metrics of a directive, and values of a metric."""


@dataclass(frozen=True, slots=True)
class EmbeddedMetric:
    """The values of one metric for one set of dimensions. `at`: seconds since the epoch."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    values: tuple[float, ...]
    at: float


def embedded_metrics(message: str) -> list[EmbeddedMetric]:
    """The metrics of a log event; none if it breaks the specification."""
    if _MARK not in message:
        return []
    try:
        return [*_metrics(_typed(json.loads(message), dict))]
    except (ValueError, KeyError, RecursionError):
        return []


def _metrics(root: Mapping[str, Any]) -> Iterator[EmbeddedMetric]:
    """Raises ValueError or KeyError where the specification is broken."""
    metadata = _typed(root["_aws"], dict)
    at = _number(metadata["Timestamp"]) / 1000
    for directive in _typed(metadata["CloudWatchMetrics"], list):
        namespace = _typed(_typed(directive, dict)["Namespace"], str)
        sets = [_dimensions(root, keys) for keys in _typed(directive["Dimensions"], list)]
        for metric in _at_most(DEFINITIONS_MAX, directive["Metrics"]):
            name, unit = _typed(_typed(metric, dict)["Name"], str), _typed(metric.get("Unit", "None"), str)
            values = _values(root[name])
            yield from (EmbeddedMetric(namespace, name, dimensions, unit, values, at) for dimensions in sets)


def _dimensions(root: Mapping[str, Any], keys: Any) -> Mapping[str, str]:
    return {_typed(key, str): _typed(root[key], str) for key in _at_most(DIMENSIONS_MAX, keys)}


def _values(target: Any) -> tuple[float, ...]:
    return tuple(map(_number, _at_most(VALUES_MAX, target if isinstance(target, list) else [target])))


def _at_most(count: int, value: Any) -> list[Any]:
    found: list[Any] = _typed(value, list)
    if len(found) > count:
        raise ValueError(f"{len(found)} elements; at most {count} are allowed")
    return found


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _typed(value: Any, wanted: type) -> Any:
    if not isinstance(value, wanted):
        raise ValueError(f"{value!r} is no {wanted.__name__}")
    return value


def install() -> None:
    """Wraps the writing of log events."""
    append = cloudwatch_logs._append_log_events

    def append_and_publish(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        append(stream, events)
        for metric in (each for event in events for each in embedded_metrics(event["message"])):
            cloudwatch._store_datum(
                metric.namespace,
                metric.name,
                dict(metric.dimensions),
                metric.at,
                metric.unit,
                None,
                metric.values,
                None,
                None,
            )

    cloudwatch_logs._append_log_events = append_and_publish
