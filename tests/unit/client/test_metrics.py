"""Metrics in CloudWatch's embedded metric format, without any text of prompts or answers."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError
from urllib3.exceptions import ProtocolError

from distillery.client import EmbeddedMetrics, RouteError
from distillery.client.metrics import Dimension, Metric
from tests.fakes.errors import service_error
from tests.unit.client.harness import (
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    START,
    THROTTLED,
    ClientHarness,
    answer,
    delta,
    end,
    refusal,
)
from tests.unit.client.harness import route_map as said

COUNTS = {"Requests": 1, "Failed": 0, "Fallbacks": 0, "Downgrades": 0, "Degraded": 0, "FallbackStep": 0}


def lines_of(harness: ClientHarness, *, streamed: bool = False) -> list[dict[str, Any]]:
    lines: list[str] = []
    route = harness.route(metrics=EmbeddedMetrics(lines.append, clock=lambda: 1_700_000_000.1234))
    try:
        if streamed:
            list(route.converse_stream(messages=MESSAGES))
        else:
            route.converse(messages=MESSAGES)
    except (RouteError, ClientError):
        pass
    assert all("\n" not in line for line in lines)
    return [json.loads(line) for line in lines]


def values(line: dict[str, Any]) -> dict[str, Any]:
    """Returns the metrics that the directives name, with their values."""
    names = [metric["Name"] for each in line["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]]
    return {name: line[name] for name in names}


def test_an_answer_is_counted_and_told_by_what_was_served() -> None:
    harness = ClientHarness(said())
    harness.script[PRO] = [answer(performanceConfig={"latency": "optimized"})]
    (line,) = lines_of(harness)
    assert values(line) == COUNTS | {"Answers": 1, "InputTokens": 1000, "OutputTokens": 10, "CostUSD": 0.00104}
    assert (line["Environment"], line["Route"], line["Served"]) == ("dev", "fast", "optimized")
    assert line["_aws"]["Timestamp"] == 1_700_000_000_123
    requests, modes, answers = line["_aws"]["CloudWatchMetrics"]
    assert (modes["Dimensions"], [each["Name"] for each in modes["Metrics"]]) == (
        [["Environment", "Route", "Requested"]],
        ["Requests"],
    )
    assert requests["Dimensions"] == [["Environment"], ["Environment", "Route"]]
    assert answers["Dimensions"] == [["Environment", "Route", "Served"]]
    assert {each["Namespace"] for each in (requests, modes, answers)} == {"Distillery"}


def test_a_downgrade_and_a_fallback_are_counted() -> None:
    harness = ClientHarness(said())
    (line,) = lines_of(harness)
    assert values(line).items() >= (COUNTS | {"Downgrades": 1, "Degraded": 1}).items()
    assert (line["Served"], line["Requested"]) == ("standard", "optimized")
    harness.script[PRO] = [THROTTLED]
    (line,) = lines_of(harness)
    assert values(line).items() >= (COUNTS | {"Fallbacks": 1, "Degraded": 1, "FallbackStep": 1}).items()
    assert (line["Requested"], line["RequestedOfStep"]) == ("optimized", "standard")


def test_a_request_without_an_answer_is_one_that_was_not_served_as_meant() -> None:
    """Otherwise the alarm on their share would stop when nothing answers at all."""
    harness = ClientHarness(said(OPTIMIZED))
    harness.script[PRO] = [THROTTLED]
    (line,) = lines_of(harness)
    assert values(line) == {"Requests": 1, "Failed": 1, "Fallbacks": 0, "Degraded": 1}
    assert (line["Error"], line["Requested"]) == ("AllStepsFailed", "optimized")


def test_an_error_of_the_callers_says_nothing_about_how_a_route_is_served() -> None:
    harness = ClientHarness(said())
    harness.script[PRO] = [refusal("ValidationException", "too long")]
    (line,) = lines_of(harness)
    assert values(line) == {"Requests": 1, "Failed": 1, "Fallbacks": 0}
    assert line["Error"] == "ValidationException"


def test_a_map_that_cannot_be_read_is_a_failure_too() -> None:
    harness = ClientHarness()
    harness.ssm.errors["/distillery/dev/routes/fast"] = service_error("InternalServerError")
    (line,) = lines_of(harness)
    assert values(line) == {"Requests": 1, "Failed": 1, "Fallbacks": 0, "Degraded": 1}
    assert (line["Error"], line["Route"]) == ("MapUnavailable", "fast")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment"], ["Environment", "Route"]]


def test_a_name_that_is_no_route_is_the_callers_and_no_dimension() -> None:
    (line,) = lines_of(ClientHarness())
    assert values(line) == {"Requests": 1, "Failed": 1, "Fallbacks": 0}
    assert [each["Dimensions"] for each in line["_aws"]["CloudWatchMetrics"]] == [[["Environment"]]]


@pytest.mark.parametrize("cut", [ProtocolError("Response ended prematurely"), None], ids=str)
def test_how_a_stream_was_served_is_unknown_where_it_ended_before_its_figures(cut: Exception | None) -> None:
    """Cut off after its message, or closed."""
    harness, lines = ClientHarness(said()), list[str]()
    stopped = [{"messageStop": {"stopReason": "end_turn"}}, cut]
    harness.script[PRO] = [[START, delta("a"), *(stopped if cut else [delta("b"), *end()])]]
    route = harness.route(metrics=EmbeddedMetrics(lines.append, clock=lambda: 1.0))
    with route.converse_stream(messages=MESSAGES) as stream:
        assert [text for text, _ in zip(stream, range(1), strict=False)] == ["a"]
    if not cut:
        assert (stream.reply.served, stream.reply.downgraded) == (None, False)
    (line,) = map(json.loads, lines)
    assert (line["Requested"], line["Served"]) == ("optimized", "unknown")
    assert values(line).keys() & {"Downgrades", "Degraded"} == set()
    assert values(line)["Answers"] == 1


def test_a_stream_tells_its_pace() -> None:
    harness = ClientHarness(said(OTHER))
    harness.script[OTHER.identifier or ""] = [[START, delta("a"), delta("b"), *end(serviceTier={"type": "priority"})]]
    (line,) = lines_of(harness, streamed=True)
    assert line["Served"] == "standard/priority"
    assert values(line).items() >= {"TimeToFirstToken": 1000, "OutputTokensPerSecond": 4.5}.items()
    assert "CostUSD" not in line


def test_no_word_of_prompt_or_reply_is_in_it() -> None:
    harness = ClientHarness(said())
    harness.script[PRO] = [answer("a secret reply")]
    text = json.dumps(lines_of(harness))
    assert "secret" not in text
    assert "hello" not in text


def test_the_format_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of the specification and ours: numbers for metrics, texts for dimensions, at most three dimensions."""
    (line,) = lines_of(ClientHarness(said()))
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert len(directive["Metrics"]) <= 100
        assert all(isinstance(line[metric["Name"]], int | float) for metric in directive["Metrics"])
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 3
            assert all(isinstance(line[name], str) and line[name] for name in dimensions)
    assert set(values(line)) <= set(Metric)
    assert {name for name in line if name in set(Dimension)} == set(Dimension) - {Dimension.VARIANT}


def test_metrics_that_cannot_be_written_cost_nobody_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    def full(_: object) -> None:
        raise OSError("the disk is full")

    with caplog.at_level(logging.ERROR):
        assert ClientHarness(said()).route(metrics=full).converse(messages=MESSAGES).text == "hi"
    assert "metrics of a request were not written" in caplog.text
