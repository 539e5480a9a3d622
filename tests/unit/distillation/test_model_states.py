"""Whether Bedrock supports the distillation of the two models on a given day."""

from datetime import timedelta
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.errors import ModelUnavailable
from distillery.core.first_contact.answers import Answer
from distillery.core.first_contact.questions import NO, STUDENT_LISTED, YES
from lambdas.distillation.preflight import LifeCycle, check_models, life_cycle
from tests.fakes.pipeline import recipe
from tests.unit.distillation.fakes import ACTIVE, LAUNCH, NOW, STUDENT, TEACHER, FakeBedrock

PAST, FUTURE = NOW - timedelta(days=1), NOW + timedelta(days=1)
LEGACY = {"status": "LEGACY", "startOfLifeTime": LAUNCH, "legacyTime": PAST, "endOfLifeTime": FUTURE}
ENDED = {"status": "LEGACY", "startOfLifeTime": LAUNCH, "endOfLifeTime": PAST}


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (ACTIVE, LifeCycle.ACTIVE),
        (ACTIVE | {"legacyTime": FUTURE, "endOfLifeTime": FUTURE}, LifeCycle.ACTIVE),
        (ACTIVE | {"legacyTime": PAST}, LifeCycle.LEGACY),
        (ACTIVE | {"endOfLifeTime": PAST}, LifeCycle.ENDED),
        ({"status": "LEGACY"}, LifeCycle.LEGACY),
        (ENDED, LifeCycle.ENDED),
        ({"status": "ACTIVE"}, LifeCycle.UNKNOWN),
        ({"startOfLifeTime": LAUNCH}, LifeCycle.UNKNOWN),
        ({}, LifeCycle.UNKNOWN),
        (None, LifeCycle.UNKNOWN),
    ],
)
def test_an_answer_without_status_or_dates_never_counts_as_active(life: Any, expected: LifeCycle) -> None:
    details: Any = {} if life is None else {"modelLifecycle": life}
    assert life_cycle(details, NOW) is expected


@pytest.mark.parametrize(
    ("lives", "customizations", "reason"),
    [
        ({TEACHER: ENDED, STUDENT: ACTIVE}, ["DISTILLATION"], "teacher amazon.nova-pro-v1:0 has ended"),
        ({STUDENT: ACTIVE}, ["DISTILLATION"], "has no model amazon.nova-pro-v1:0"),
        ({TEACHER: ACTIVE}, ["DISTILLATION"], f"has no model {STUDENT}"),
        ({TEACHER: ACTIVE, STUDENT: LEGACY}, ["DISTILLATION"], "is legacy and accepts no new job"),
        ({TEACHER: ACTIVE, STUDENT: ENDED}, ["DISTILLATION"], "is ended and accepts no new job"),
    ],
)
def test_what_takes_no_new_job_is_refused(lives: dict[str, Any], customizations: list[str], reason: str) -> None:
    bedrock: Any = FakeBedrock(lives=lives, customizations=customizations)
    with pytest.raises(ModelUnavailable) as caught:
        check_models(bedrock, recipe(), NOW)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("lives", "logged"),
    [
        ({TEACHER: ACTIVE, STUDENT: ACTIVE}, 0),
        ({TEACHER: LEGACY, STUDENT: ACTIVE}, 1),
        ({TEACHER: {}, STUDENT: None}, 2),
    ],
)
def test_a_legacy_teacher_and_an_unknown_life_cycle_are_logged(
    lives: dict[str, Any], logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock: Any = FakeBedrock(lives=lives)
    check_models(bedrock, recipe(), NOW)
    assert len(caplog.records) == logged


@pytest.mark.parametrize("listed", [["FINE_TUNING"], []])
def test_what_nobody_has_verified_refuses_no_run(listed: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """No source shows what GetFoundationModel lists for a student."""
    bedrock: Any = FakeBedrock(customizations=listed)
    check_models(bedrock, recipe(), NOW)
    assert "not DISTILLATION; continuing" in caplog.text


def _recorded(answer: str, detail: str = "") -> Answer:
    return Answer(question=STUDENT_LISTED, answer=answer, at="2026-11-23T10:00:00+00:00", detail=detail)


@pytest.mark.parametrize(
    ("recorded", "warns"), [(None, True), (_recorded(NO), False), (_recorded("some", "meta.llama3-3-70b:128k"), True)]
)
def test_what_first_contact_found_decides_whether_an_absence_is_worth_a_warning(
    recorded: Answer | None, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock: Any = FakeBedrock(customizations=["FINE_TUNING"])
    check_models(bedrock, recipe(), NOW, lambda: recorded)
    assert ("not DISTILLATION; continuing" in caplog.text) == warns


def test_a_student_that_the_service_listed_and_no_longer_does_is_refused() -> None:
    verified = _recorded(YES, f"meta.llama3-3-70b:128k, {STUDENT}")
    bedrock: Any = FakeBedrock(customizations=["FINE_TUNING"])
    with pytest.raises(ModelUnavailable, match=r"listed DISTILLATION for the student \S+ on 2026-11-23"):
        check_models(bedrock, recipe(), NOW, lambda: verified)
    check_models(FakeBedrock(), recipe(), NOW, lambda: verified)  # type: ignore[arg-type]  # a fake client


def test_a_throttled_question_is_left_to_the_retry() -> None:
    bedrock: Any = FakeBedrock(refuse={"get_foundation_model": "ThrottlingException"})
    with pytest.raises(ClientError):
        check_models(bedrock, recipe(), NOW)
