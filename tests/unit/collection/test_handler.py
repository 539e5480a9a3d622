"""The handler: called by hand, on a schedule, at the end of a query, and by poll. It reports what was not collected."""

from typing import Any

import pytest

from distillery.core import notices
from distillery.core.errors import BadRequest
from distillery.core.logs import LogReadMode
from lambdas.collection import handler
from lambdas.collection.events import CollectRequest, PollRequest, QueryEnded, parse_event
from tests.fakes.services import FakeSns
from tests.unit.collection.fakes import Stage
from tests.unit.collection.test_collector import result, stage

EVENT = {
    "source": "aws.athena",
    "detail-type": "Athena Query State Change",
    "detail": {"queryExecutionId": "query-1", "currentState": "SUCCEEDED", "workgroupName": "distillery-dev-logs"},
}


@pytest.mark.parametrize(
    ("event", "request_"),
    [
        ({"recipe": "support"}, CollectRequest(recipe="support")),
        ({"recipe": "support", "since": "2026-11-01"}, CollectRequest(recipe="support", since="2026-11-01")),
        (EVENT, QueryEnded(query="query-1")),
        ({"poll": True}, PollRequest()),
    ],
)
def test_an_event_is_a_request(event: Any, request_: Any) -> None:
    assert parse_event(event) == request_


@pytest.mark.parametrize("event", [None, [], {}, {"recipe": 5}, {"poll": False}, {"detail": {}}, {"detail": "x"}])
def test_another_event_is_refused(event: Any) -> None:
    with pytest.raises(BadRequest):
        parse_event(event)


class HandlerHarness:
    def __init__(self, made: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stage, self.sns = made, FakeSns()
        monkeypatch.setattr(handler, "_collector", lambda: made.collector)
        monkeypatch.setattr(notices, "client", lambda _service: self.sns)
        monkeypatch.setenv("TOPIC_ARN", "topic")

    def __call__(self, event: Any) -> Any:
        return handler.collect(event, None)


def test_a_query_is_started_taken_up_by_its_event_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handler_harness = HandlerHarness(stage(LogReadMode.ATHENA), monkeypatch)
    assert handler_harness({"recipe": "support"})["status"] == "querying"
    assert [answer["status"] for answer in handler_harness({"poll": True})] == ["ignored"]
    handler_harness.stage.athena.end("query-1", "SUCCEEDED", result(handler_harness.stage))
    assert handler_harness(EVENT)["prompts"] == 130
    assert handler_harness(EVENT)["status"] == "ignored"
    assert handler_harness({"poll": True}) == []
    assert handler_harness.sns.published == []


def test_a_poll_finds_what_an_event_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    handler_harness = HandlerHarness(stage(LogReadMode.ATHENA), monkeypatch)
    handler_harness({"recipe": "support"})
    handler_harness.stage.athena.end("query-1", "SUCCEEDED", result(handler_harness.stage))
    assert [answer["status"] for answer in handler_harness({"poll": True})] == ["collected"]


@pytest.mark.parametrize("event", [{"recipe": "nowhere"}, {"recipe": "support", "since": "2026-11-23"}, {"x": 1}])
def test_people_are_told_why_nothing_was_collected(event: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handler_harness = HandlerHarness(stage(), monkeypatch)
    answer = handler_harness(event)
    assert answer["status"] == "refused"
    (notice,) = handler_harness.sns.published
    assert notice["Message"] == answer["reason"]
    assert handler_harness.stage.home.objects == {}


def test_an_answer_says_what_was_left_out_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    handler_harness = HandlerHarness(stage(), monkeypatch)
    with caplog.at_level("INFO"):
        answer = handler_harness({"recipe": "support"})
    assert (answer["calls"], answer["left_out"]) == (130, {})
    assert "Question" not in caplog.text
