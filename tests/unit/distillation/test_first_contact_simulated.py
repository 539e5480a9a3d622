"""What AWS's documents leave open does not stop a job: the simulator answers either way."""

from collections.abc import Iterator

import pytest

from distillery.core import clock
from distillery.core.errors import ModelUnavailable
from distillery.core.first_contact.answers import Answer
from distillery.core.first_contact.questions import STUDENT_LISTED, YES
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.preflight import LifeCycle, check_models, customize_id
from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.fakes.pipeline import recipe


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Standalone]:
    with Standalone("--speed", "0", "--date", "2026-11-23", python=ROOT / ".venv-local/bin/python") as started:
        yield started


@pytest.mark.parametrize("invalid", [False, True])
def test_a_name_that_no_job_has_is_free_however_the_service_says_so(bedrock: Standalone, invalid: bool) -> None:
    bedrock.admin("PUT", "undocumented", {"missing_jobs_are_invalid": invalid})
    assert CustomizationJobs(bedrock.client(region="us-east-1")).find("dev-no-such-job") is None


@pytest.mark.parametrize("listed", [False, True])
def test_a_student_may_be_distilled_whether_it_is_listed_or_not(bedrock: Standalone, listed: bool) -> None:
    bedrock.admin("PUT", "undocumented", {"students_list_distillation": listed})
    states = check_models(bedrock.client(region="us-east-1"), recipe(), clock.now())
    assert states.student is LifeCycle.ACTIVE


def test_a_student_that_was_listed_once_and_is_no_longer_is_refused(bedrock: Standalone) -> None:
    bedrock.admin("PUT", "undocumented", {"students_list_distillation": False})
    once = Answer(question=STUDENT_LISTED, answer=YES, at="2026-11-01", detail=customize_id(recipe().student))
    with pytest.raises(ModelUnavailable, match="distillery doctor --ask-aws"):
        check_models(bedrock.client(region="us-east-1"), recipe(), clock.now(), lambda: once)
