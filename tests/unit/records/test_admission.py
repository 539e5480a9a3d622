"""What a target admits, and each reason for which it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from distillery.core.errors import RecordRefused
from distillery.core.hosting_mode import HostingMode
from distillery.core.judging import VerdictOutcome
from distillery.core.promotions import Predecessor
from distillery.records.admission import PromotionRequest, TargetEnvironment, admit, refusals
from distillery.records.record import PromotionRecord
from distillery.records.refusal import Refusal
from tests.fakes.pipeline import recipe
from tests.fakes.records import ACCEPTED, NOW, evaluation, record, verified

TARGET = TargetEnvironment(environment="staging", through=("dev",), admits_overruled=False, recipe=recipe())
PROD = replace(TARGET, environment="prod", through=("dev", "staging"))
FAILED = evaluation(VerdictOutcome.FAILED)
OVERRULED = record(evaluation=FAILED, accepted=ACCEPTED)
FROM_DEV = Predecessor(environment="dev", run="support-a-b-1", digest="a" * 64, issued="2026-11-20T09:00:00+00:00")
STAGED = record(environment="staging", chain=(FROM_DEV,))


def _request(of: PromotionRecord, **more: Any) -> PromotionRequest:
    return replace(PromotionRequest(verified=verified(of), promotion="p-1", now=NOW), **more)


@pytest.mark.parametrize(
    ("of", "target"),
    [
        (record(), TARGET),
        (STAGED, PROD),
        (OVERRULED, replace(TARGET, admits_overruled=True)),
        (record(accepted=ACCEPTED), TARGET),
        (record(), replace(TARGET, used_by="p-1")),
        (record(), replace(TARGET, live_since="2026-11-23T09:08:06+00:00")),
        (record(), replace(TARGET, live_since="2026-11-23T10:08:06+01:00")),
        (
            record(),
            replace(TARGET, recipe=recipe(min_score=0.9, hosting=HostingMode.PROVISIONED, budget_usd=1, grader="json")),
        ),
    ],
)
def test_a_student_is_admitted(of: PromotionRecord, target: TargetEnvironment) -> None:
    admit(_request(of), target)


REFUSED: list[tuple[Refusal, PromotionRecord, TargetEnvironment]] = [
    (Refusal.SKIPPED_ENVIRONMENT, record(), PROD),
    (Refusal.SKIPPED_ENVIRONMENT, STAGED, TARGET),
    (Refusal.SKIPPED_ENVIRONMENT, record(environment="staging"), PROD),
    (Refusal.SKIPPED_ENVIRONMENT, record(environment="launch"), TARGET),
    (Refusal.SKIPPED_ENVIRONMENT, record(), replace(TARGET, through=())),
    (Refusal.OTHER_RECIPE, record(), replace(TARGET, recipe=None)),
    (Refusal.OTHER_RECIPE, record(), replace(TARGET, recipe=recipe(name="billing"))),
    (Refusal.OTHER_TRAINING, record(), replace(TARGET, recipe=replace(recipe(), teacher="amazon.nova-premier-v1:0"))),
    (Refusal.OTHER_TRAINING, record(), replace(TARGET, recipe=recipe(student="amazon.nova-lite-v1:0"))),
    (Refusal.OTHER_TRAINING, record(), replace(TARGET, recipe=recipe(max_answer_tokens=65))),
    (Refusal.NOT_PASSED, record(evaluation=FAILED), TARGET),
    (Refusal.NOT_PASSED, record(evaluation=evaluation(VerdictOutcome.INCONCLUSIVE)), TARGET),
    (Refusal.NOT_PASSED, record(evaluation=evaluation(exploratory=True)), TARGET),
    (Refusal.NOT_PASSED, record(evaluation=FAILED), replace(TARGET, admits_overruled=True)),
    (
        Refusal.NOT_PASSED,
        record(evaluation=FAILED, accepted=replace(ACCEPTED, reason=" ")),
        replace(TARGET, admits_overruled=True),
    ),
    (Refusal.NOT_PASSED, OVERRULED, TARGET),
    (Refusal.NOT_YET_VALID, record(issued="2026-11-23T12:00:01+00:00"), TARGET),
    (Refusal.NOT_YET_VALID, record(issued="2026-11-23T09:08:07"), TARGET),
    (Refusal.NOT_YET_VALID, record(expires="never"), TARGET),
    (Refusal.EXPIRED, record(expires="2026-11-23T12:00:00+00:00"), TARGET),
    (Refusal.OLDER_THAN_LIVE, record(), replace(TARGET, live_since="2026-11-23T09:08:07+00:00")),
    (Refusal.OLDER_THAN_LIVE, record(), replace(TARGET, live_since="unknown")),
    (Refusal.OLDER_THAN_LIVE, record(), replace(TARGET, live_since="")),
    (Refusal.REPLAYED, record(), replace(TARGET, used_by="p-0")),
]


@pytest.mark.parametrize(("reason", "of", "target"), REFUSED)
def test_a_student_is_refused_for_one_reason(reason: Refusal, of: PromotionRecord, target: TargetEnvironment) -> None:
    assert [each for each, _ in refusals(_request(of), target)] == [reason]
    with pytest.raises(RecordRefused, match=";") as refused:
        admit(_request(of), target)
    assert refused.value.reason == reason


def test_every_refusal_of_a_target_has_a_case() -> None:
    of_the_file = {Refusal.UNREADABLE, Refusal.UNLISTED_KEY, Refusal.BAD_SIGNATURE}
    elsewhere = {Refusal.NEVER_LIVE, Refusal.ROLLED_BACK, Refusal.OTHER_RUN, Refusal.NO_WAY, Refusal.OTHER_WAY}
    assert {reason for reason, _, _ in REFUSED} == set(Refusal) - of_the_file - elsewhere


def test_the_record_of_another_run_is_refused() -> None:
    asked = _request(record(), run="support-k3x9a-p0q2m7ab-2")
    assert [reason for reason, _ in refusals(asked, TARGET)] == [Refusal.OTHER_RUN]
    assert not list(refusals(replace(asked, run=record().run), TARGET))


def test_a_record_is_valid_until_it_expires() -> None:
    target, of = TARGET, record()
    last = _request(of, now=NOW + timedelta(days=29, hours=21))
    assert not list(refusals(last, target))
    assert [reason for reason, _ in refusals(replace(last, now=last.now + timedelta(minutes=9)), target)] == [
        Refusal.EXPIRED
    ]


def test_a_sentence_quotes_nothing_that_looks_like_another() -> None:
    of = record(recipe="support is fine; \x1b]52;", environment="dev\nall is well")
    for _, sentence in refusals(_request(of), TARGET):
        assert sentence.isprintable()
        assert "all is well" not in sentence
        assert "is fine" not in sentence
