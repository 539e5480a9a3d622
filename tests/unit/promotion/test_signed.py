"""The signed record of a student is published as its alias is written, and not otherwise."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core.errors import EndpointFailed, RunStopped
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire
from distillery.core.signed_record import SignedRecord
from distillery.core.standings import read_standing
from lambdas.promotion.handler import step
from tests.unit.promotion.harness import Harness


def signed(harness: Harness, state: dict[str, Any], body: str = "signed", mover: str = "") -> str:
    """Adds what the step before has signed. Returns the key of the published record."""
    run = state["run"]["id"]
    pending = f"s3://data/pending-records/{run}/{mover or run}.json"
    harness.s3.put(pending, body)
    uri = f"s3://data/evaluations/{run}/record.json"
    state["signed"] = to_wire(SignedRecord(uri=uri, pending=pending, digest="d"))
    return uri.removeprefix("s3://data/")


def published(harness: Harness, key: str) -> str | None:
    """The latest version."""
    found = [one.body for one in harness.s3.kept if one.key == key and one.body]
    return found[-1].decode() if found else None


def test_the_record_of_a_live_student_is_published(harness: Harness) -> None:
    state = harness.state("a")
    key = signed(harness, state)
    state["live"] = step({"step": "promote", "state": state}, None)
    harness.bedrock.settle()
    assert published(harness, key) is None
    harness.twice("record", state)
    assert published(harness, key) == "signed"


def test_a_student_that_is_stopped_after_the_signature_has_no_record(harness: Harness) -> None:
    state = harness.state("a")
    key, run = signed(harness, state), state["run"]["id"]
    harness.ledger.stops.request(run, by="arn:ana", reason="it leaks names")
    with pytest.raises(RunStopped):
        step({"step": "promote", "state": state}, None)
    harness.ledger.close(run, Outcome.STOPPED, "stopped")
    assert published(harness, key) is None


def test_a_student_whose_endpoint_fails_has_no_record(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    state = harness.state("b")
    key = signed(harness, state)
    state["live"] = step({"step": "promote", "state": state}, None)
    (live,) = harness.bedrock.everything().values()
    live.update = "UpdateFailed"
    with pytest.raises(EndpointFailed):
        step({"step": "record", "state": state}, None)
    assert published(harness, key) is None


def test_where_the_record_cannot_be_published_the_alias_stays(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    state = harness.state("b")
    key = signed(harness, state)
    harness.s3.delete_object(Bucket="data", Key=state["signed"]["pending"].removeprefix("s3://data/"))
    state["live"] = step({"step": "promote", "state": state}, None)
    harness.bedrock.settle()
    with pytest.raises(Exception, match="NoSuchKey"):
        step({"step": "record", "state": state}, None)
    assert (harness.alias["version"], published(harness, key)) == (1, None)


def test_a_roll_back_publishes_nothing(harness: Harness) -> None:
    first = harness.state("a")
    harness.walk(first)
    harness.walk(harness.state("b"))
    assert harness.ask_back()[0] == 200
    state: dict[str, Any] = {**harness.started(), "run": first["run"]}
    key = signed(harness, state)
    harness.walk(state)
    assert (harness.alias["version"], published(harness, key)) == (3, None)


def test_a_student_that_goes_live_again_by_another_decision_has_the_record_of_that_one(harness: Harness) -> None:
    state = harness.state("a")
    key = signed(harness, state, "by Ann")
    harness.walk(state)
    harness.walk(harness.state("b"))
    assert harness.decide(state["run"]["id"], replace_newer=True)[0] == 200
    accepted = {**harness.started(), "run": state["run"]}
    assert signed(harness, accepted, "by Bob", mover=accepted["holder"]) == key
    harness.walk({name: value for name, value in accepted.items() if name != "run"})
    assert published(harness, key) == "by Bob"


def standing(harness: Harness, state: dict[str, Any]) -> str | None:
    """Whether the environment stands by the student of a state's run."""
    text = published(harness, f"evaluations/{state['run']['id']}/standing.json")
    if text is None:
        return None
    found = read_standing(text.encode())
    assert found.model == state["student"]["model_arn"]
    return found.state


def test_a_roll_back_is_written_beside_the_record(harness: Harness) -> None:
    harness.set("DATA_BUCKET", "data")
    first = harness.state("a")
    assert standing(harness, first) is None
    harness.walk(first)
    second = harness.walk(harness.state("b"))
    assert (standing(harness, first), standing(harness, second)) == ("live", "live"), "another has replaced it"
    harness.roll_back()
    assert (standing(harness, first), standing(harness, second)) == ("live", "rolled-back")
    harness.roll_back(to=2)
    assert (standing(harness, first), standing(harness, second)) == ("rolled-back", "live")
    texts = [one.body or b"" for one in harness.s3.kept if one.key.endswith("standing.json")]
    assert not any(b"worse answers" in text for text in texts), "the reason stays in the ledger"


def test_a_roll_back_that_is_interrupted_before_the_alias_is_repeated(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.set("DATA_BUCKET", "data")
    first, second = harness.walk(harness.state("a")), harness.walk(harness.state("b"))
    assert harness.ask_back()[0] == 200
    state = harness.started()
    state["live"] = harness.twice("promote", state)
    harness.bedrock.settle()
    with monkeypatch.context() as patch:
        patch.setattr(harness.ssm, "put_parameter", _killed)
        with pytest.raises(KeyboardInterrupt):
            step({"step": "record", "state": state}, None)
    harness.twice("record", state)
    assert (standing(harness, first), standing(harness, second)) == ("live", "rolled-back")


def test_a_roll_back_does_not_wait_for_what_only_informs(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.set("DATA_BUCKET", "data")
    harness.walk(harness.state("a"))
    harness.walk(harness.state("b"))
    with monkeypatch.context() as patch:
        patch.setattr(harness.s3, "put_object", _denied)
        assert harness.roll_back()["alias"]["previous"] == harness.state("b")["student"]["model_arn"]
    monkeypatch.setattr(harness.s3, "put_object", _denied)
    with pytest.raises(ClientError):
        harness.walk(harness.state("c"))


def _denied(**_: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "PutObject")


def _killed(**_: Any) -> Any:
    raise KeyboardInterrupt


def test_where_no_records_are_signed_nothing_is_written_of_it(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    harness.walk(harness.state("b"))
    harness.roll_back()
    assert [one.key for one in harness.s3.kept if one.key.endswith("standing.json")] == []
