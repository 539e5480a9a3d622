"""`report.json`: what is written is read again, and programs that read the first format still can."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.core.errors import BadRequest
from distillery.core.judging import VerdictOutcome
from distillery.evaluation.report.breakdown import break_even
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.lineage import AcceptedBy
from distillery.evaluation.report.page import render
from distillery.evaluation.report.sentence import sentence
from distillery.evaluation.report.wire import FORMAT, parse, read, write
from tests.fakes.report import contestant, document, full
from tests.unit.evaluation.report.html import Page

GOLDEN = Path(__file__).parents[3] / "golden"
KEYS_OF_THE_FIRST_FORMAT = {
    *("run", "grader", "passed", "measure", "teacher", "base", "student", "reasons", "report_uri", "bars", "prices"),
    "prompts",
}


def first_format() -> dict[str, Any]:
    """What version 0.2.0 wrote, for 20 prompts of two labels."""
    return json.loads((GOLDEN / "report-format-1.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "one",
    [
        full(),
        document(),
        document(prompts=(), contestants=(contestant("student", None),), outcome=VerdictOutcome.INCONCLUSIVE),
        document(accepted=AcceptedBy(by="ana", reason="good enough", on="2026-11-23")),
    ],
)
def test_what_is_written_is_read_again(one: Document) -> None:
    assert parse(json.dumps(write(one), allow_nan=False)) == one


def test_a_new_report_has_the_keys_and_the_values_of_the_first_format() -> None:
    old, new = first_format(), write(read(first_format()))
    assert set(old) == KEYS_OF_THE_FIRST_FORMAT
    assert new["format"] == FORMAT
    for key in KEYS_OF_THE_FIRST_FORMAT - {"bars", "prompts"}:
        assert new[key] == old[key], key
    for key in ("bars", "prompts"):
        for was, now in zip(old[key], new[key], strict=True):
            assert _holds(now, was), (was, now)


def _holds(now: Any, was: Any) -> bool:
    """Whether `now` has every key of `was` with the same value."""
    if isinstance(was, dict):
        return isinstance(now, dict) and all(key in now and _holds(now[key], value) for key, value in was.items())
    return bool(now == was)


def test_a_report_of_the_first_format_is_read_with_what_it_lacks_left_out() -> None:
    data = first_format()
    found = read(data)
    assert found.outcome is (VerdictOutcome.PASSED if data["passed"] else VerdictOutcome.FAILED)
    assert (found.recipe, found.measure) == ("support-de", "accuracy")
    own = found.contestant("student")
    assert own is not None
    assert (own.value, own.scored, own.asked, own.interval) == (0.85, 20, 20, None)
    base = found.contestant("base")
    assert base is not None
    assert base.truncated == 1
    assert [(one.against, one.wins, one.losses) for one in found.comparisons] == [("base", 17, 0), ("teacher", 0, 3)]
    (by_label,) = found.breakdowns
    assert [(part.name, part.count, part.scores["student"]) for part in by_label.parts] == [
        ("a", 10, 0.8),
        ("b", 10, 0.9),
    ]
    assert [(one.reference, one.answer, one.count) for one in found.confusion["student"]] == [
        ("a", "b", 2),
        ("b", "a", 1),
    ]
    assert found.method.notes[0].startswith("The report has the first format")
    assert "85 points above untrained (no interval)" in sentence(found)
    assert all(bar["name"] in Page.of(render(found)).text for bar in data["bars"])


REFUSED = [
    ("[]", "a report is a JSON object"),
    ('{"format": 3}', "the report has format 3; this version reads [1, 2]; install a newer distillery"),
    ('{"format": true}', "the report has format True"),
    ('{"format": "2"}', "the report has format '2'"),
    ('{"format": [2]}', "the report has format [2]"),
    ("{}", "the report lacks or has a wrong 'prompts'"),
    ('{"format": 2}', "Document lacks ["),
    ('{"format": 2, "run": NaN}', "NaN is no number"),
    ('{"format": 2, "mood": 1}', "unknown fields ['mood']"),
    ("{", "the report is not JSON"),
    ("[" * 100_000, "the report is not JSON"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_is_no_report_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("key", ["prompts", "bars", "teacher", "prices", "reasons", "measure"])
@pytest.mark.parametrize("value", [None, 7, "x", [1], {"a": 1}])
def test_a_damaged_report_of_the_first_format_is_refused_or_read(key: str, value: object) -> None:
    data = first_format() | {key: value}
    try:
        found = read(data)
    except BadRequest:
        return
    assert isinstance(found, Document)


def test_the_score_of_nothing_is_unknown_and_0_for_old_readers() -> None:
    data = write(replace(document(), contestants=(contestant("student", None),)))
    assert data["student"]["value"] == 0.0
    assert data["contestants"][0]["value"] is None


BREAK_EVEN = [("0.0060", "0.0912", 3_191), ("0.0060", "0.0060", None), ("0.0912", "0.0060", None)]


@pytest.mark.parametrize(("own", "other", "answers"), BREAK_EVEN)
def test_from_how_many_answers_on_a_run_has_paid_for_itself(own: str, other: str, answers: int | None) -> None:
    ours = replace(contestant("student", 1.0), usd=Decimal(own))
    theirs = replace(contestant("teacher", 1.0), usd=Decimal(other))
    found = break_even(Decimal("2.265"), ours, theirs)
    assert found is not None
    assert found.answers == answers
    assert break_even(Decimal(1), ours, replace(theirs, missing=120)) is None
