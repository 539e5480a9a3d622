"""Text of others, whatever its source, is harmless in e-mails, the ledger, logs and CloudFormation."""

import io
import json
import logging
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from distillery.core.boundary import get_logger
from distillery.core.custom_resource import respond
from distillery.core.errors import BadRequest, DatasetRejected, LoggingOwned
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome
from distillery.core.recipe import Recipe, load
from distillery.core.serialization import from_wire, to_wire
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import IgnoredEvent, parse_event
from distillery.datasets.validation.finding import FindingLocation
from lambdas.dataset.intake_result import IntakeResult, notify
from lambdas.promotion.close import close
from tests.fakes.hostile_text import ACTIVE, ATTACKS, ORDINARY, hostile
from tests.fakes.pipeline import dataset, open_run, recipe
from tests.fakes.services import FakeSns
from tests.fakes.table import MemoryTable
from tests.unit.dataset.test_upload import created


def refusal(text: str) -> str:
    """Returns a refusal as a sentence of the product quotes it."""
    return str(DatasetRejected(f"the first is {text}"))


def unknown_recipe(text: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("distillery.core.env_vars.read_settings", lambda _name: {"support": {}})
        with pytest.raises(BadRequest) as refused:
            load(text)
    return str(refused.value)


def misfit(text: str) -> str:
    with pytest.raises(BadRequest) as refused:
        from_wire(Recipe, {text: 1})
    return str(refused.value)


def ignored_key(text: str) -> str:
    answer = parse_event(created(f"prompts/support/{text}.txt"))
    assert isinstance(answer, IgnoredEvent)
    return answer.reason


def file_name(text: str) -> str:
    return str(FindingLocation(text, 1))


SOURCES: dict[str, Callable[[str], str]] = {
    "as it stands": lambda text: text,
    "a sentence": refusal,
    "a recipe's name": unknown_recipe,
    "a field of a request": misfit,
    "an object's key": ignored_key,
    "a file's name": file_name,
}


def subject(text: str) -> str:
    sns = FakeSns()
    Notices("arn:topic", sns).publish(f"Distillery: {text}", "x")  # type: ignore[arg-type]
    told = sns.published[0]["Subject"]
    assert len(told) <= 100
    assert told.isascii()
    return told


def body(text: str) -> str:
    sns = FakeSns()
    Notices("arn:topic", sns).publish("x", "before", f"the reason: {text}", "behind")  # type: ignore[arg-type]
    before, told, behind = sns.published[0]["Message"].split("\n\n")
    assert (before, behind) == ("before", "behind")
    return told


def mail_of_an_upload(text: str) -> str:
    sns = FakeSns()
    name = text.replace("/", "|")
    upload = parse_event(created(f"prompts/{name}/{name}.jsonl", **{"version-id": text}))
    assert not isinstance(upload, IgnoredEvent)
    notify(Notices("arn:topic", sns), upload, IntakeResult(status=UploadStatus.REJECTED, reason=f"it says {text}"))  # type: ignore[arg-type]
    assert not ACTIVE.search(sns.published[0]["Subject"])
    told = sns.published[0]["Message"]
    assert told.count("\n\n") == 1
    return told.replace("\n\n", "")


def ledger_reason(text: str) -> str:
    ledger = Ledger(MemoryTable())
    run = open_run(ledger)
    ledger.close(run.id, Outcome.FAILED, text)
    return ledger.run(run.id).reason


def declined(text: str) -> str:
    table = MemoryTable()
    run = Ledger(table).open(recipe(), dataset(), again=False, awaiting=True).run
    return Approvals(table).decline(run.id, text, by="arn").reason


def ending(text: str) -> str:
    """What the state machine caught, in the ledger and in the e-mail."""
    table, sns = MemoryTable(), FakeSns()
    ledger = Ledger(table)
    run = open_run(ledger)
    state = {"run": to_wire(run), "error": {"Error": f"E{text}", "Cause": json.dumps({"errorMessage": text})}}
    notices = Notices("arn:topic", sns)  # type: ignore[arg-type]
    close({"state": state}, ledger, Rollbacks(table), Acceptances(table), notices)
    told = sns.published[0]["Message"]
    assert told.count("\n\n") == 1
    return ledger.run(run.id).reason + told.replace("\n\n", "")


def log_line(text: str) -> str:
    written = io.StringIO()
    logger, handler = get_logger("tests.sinks"), logging.StreamHandler(written)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        logger.warning("the reason: %s", text)
    finally:
        logger.removeHandler(handler)
    return written.getvalue().removesuffix("\n")


def cloudformation(text: str) -> str:
    sent: list[bytes] = []

    def refuse(_event: Any) -> str:
        raise LoggingOwned(text)

    def put(request: Any, timeout: int) -> Any:
        sent.append(request.data)
        return io.BytesIO()

    event = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l", "ResponseURL": "http://127.0.0.1:1/"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        patch.setattr(urllib.request, "urlopen", put)
        respond(event, SimpleNamespace(log_stream_name="stream"), refuse)
    return str(json.loads(sent[0])["Reason"])


SINKS = {
    "a mail's subject": subject,
    "a mail's body": body,
    "a mail about an upload": mail_of_an_upload,
    "the ledger": ledger_reason,
    "a run that is declined": declined,
    "a run's end": ending,
    "a log line": log_line,
    "CloudFormation": cloudformation,
}


@pytest.mark.parametrize("sink", SINKS.values(), ids=SINKS.keys())
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
@given(text=hostile())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_acts_comes_through(source: Callable[[str], str], sink: Callable[[str], str], text: str) -> None:
    told = sink(source(text))
    assert not ACTIVE.search(told)
    assert "\n" not in told
    assert "\t" not in told
    assert len(told) < 9000


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY.keys())
@pytest.mark.parametrize("sink", [body, ledger_reason, declined, log_line, cloudformation])
def test_ordinary_text_comes_through_as_it_was_written(sink: Callable[[str], str], text: str) -> None:
    assert text in sink(text)


def test_no_paragraph_is_mailed_by_an_object_s_key() -> None:
    sentence = "Dear customer, your account is closed. Pay now. " * 15
    told = mail_of_an_upload(sentence).replace(sentence, "")  # the reason, which only this test supplies
    assert "Dear customer" not in told
    assert "Dear customer" not in ignored_key(sentence)
    assert "Dear customer" not in unknown_recipe(sentence)


def test_an_exception_keeps_the_lines_of_its_traceback_and_no_control(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise LoggingOwned(ATTACKS["the clipboard (OSC 52)"])
    except LoggingOwned:
        get_logger("tests.sinks.more").exception("run %s", "a\nb")
    assert "run a b\nTraceback" in caplog.text
    assert "\\x1b]52" in caplog.text
    assert not ACTIVE.search(caplog.text)


def test_an_estimate_is_no_stranger() -> None:
    """Our own sentences are not escaped."""
    said = f"it may cost ${Decimal('31.20')}, above «25»; give fewer"
    assert str(BadRequest(said)) == said
