"""Runs that end without a promotion, and the cleanup of everything they created."""

from dataclasses import replace
from decimal import Decimal

from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe_options import StalledJobs
from distillery.core.redaction import redacted_message
from tests import waiting
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, MONEY, contradicting, support
from tests.unit.stacks.assembly import settings_of


def test_a_failed_run_can_be_repeated_and_promoted(deploy: Deploy) -> None:
    environment = deploy("dev", fail_jobs=("dev-",))
    first = environment.run(support(*DELIVERY))
    _failed_with_a_redacted_message(environment, first)
    environment.clear_faults()
    second = environment.run(support(*DELIVERY))
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.PROMOTED), second.reason
    assert (first.run.attempt, second.run.attempt) == (1, 2)
    assert first.run.dataset == second.run.dataset
    assert len(environment.inventory()["jobs"]) == 2
    assert_nothing_is_left(environment)
    _a_student_that_does_not_pass_leaves_alias_and_live_model_unchanged(environment)


def _failed_with_a_redacted_message(environment: Environment, record: RunRecord) -> None:
    job = environment.client("bedrock").get_model_customization_job(jobIdentifier=environment.names.job(record.run.id))
    assert job["status"] == "Failed"
    kept = redacted_message(
        job["failureMessage"], f"the failureMessage of the job {environment.names.job(record.run.id)}"
    )
    assert (record.outcome, record.reason) == (Outcome.FAILED, f"JobFailed: {kept}")
    assert environment.execution(record.run.id)["status"] == "FAILED"
    assert environment.alias() is None
    assert_nothing_is_left(environment)


def _a_student_that_does_not_pass_leaves_alias_and_live_model_unchanged(environment: Environment) -> None:
    before = environment.promoted()
    record = environment.run(contradicting(support(*MONEY)))
    assert record.outcome is Outcome.INCONCLUSIVE, record.reason
    assert "min_score" in record.reason
    assert environment.alias() == before
    assert_nothing_is_left(environment)


def test_a_student_of_shuffled_answers_is_rejected(deploy: Deploy) -> None:
    environment = deploy("dev", shuffle_teacher=True)
    record = environment.run(support(*DELIVERY))
    assert record.outcome is Outcome.REJECTED
    assert "min_score" in record.reason
    assert environment.execution(record.run.id)["status"] == "SUCCEEDED"
    assert Stage.PROMOTION not in record.stages
    assert environment.alias() is None
    assert_nothing_is_left(environment)


def test_an_execution_aborted_during_its_job_is_swept_and_its_job_stopped(deploy: Deploy) -> None:
    environment = deploy("dev")
    run = environment.start_run(support(*DELIVERY))
    environment.until(environment.ledger.waiting_jobs, "waiting token")
    environment.until(lambda: environment.inventory()["jobs"], "job")
    _abort(environment, run)
    environment.until(lambda: environment.inventory()["jobs"][0]["status"] == "Stopped", "stopped job")
    _was_swept(environment, run)


def test_a_job_that_stalls_is_stopped_and_its_run_goes_on_with_another(deploy: Deploy) -> None:
    dev = settings_of("dev")
    restarted = {RECIPE: replace(dev.recipes[RECIPE], stalled_jobs=StalledJobs.RESTART)}
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": restarted}))
    waiting.admin(environment.account, "POST", "faults", {"kind": "stuck-job", "named": "dev-", "stage": "Validation"})
    run = environment.start_run(support(*DELIVERY))
    environment.until(environment.ledger.waiting_jobs, "waiting token")
    environment.until(
        environment.fast_forwarding(lambda: environment.ledger.run(run).stalled_job), "job that was given up"
    )
    environment.clear_faults()
    record = environment.wait_for_run(run)
    assert (record.outcome, record.stalled_usd) == (Outcome.PROMOTED, Decimal(0)), record.reason
    jobs = {job["name"]: job["status"] for job in environment.inventory()["jobs"]}
    assert jobs == dict(zip(record.job_names(environment.names), ("Stopped", "Completed"), strict=True))
    assert_nothing_is_left(environment)


def test_an_operator_stops_a_run_during_its_job_which_then_has_nothing_to_resume(deploy: Deploy) -> None:
    environment = deploy("dev")
    waiting.admin(environment.account, "POST", "faults", {"kind": "stuck-job", "named": "dev-", "stage": "Training"})
    run = environment.start_run(support(*DELIVERY))
    environment.until(environment.ledger.waiting_jobs, "waiting token")
    environment.until(lambda: environment.inventory()["jobs"], "job")
    said = environment.command("stop", run, "--reason", "wrong prompts")
    assert ("is stopped" in said, "UNVERIFIED" in said) == (True, True)
    record = environment.wait_for_run(run)
    assert (record.outcome, record.reason) == (Outcome.STOPPED, "wrong prompts")
    assert str(record.closed_by).endswith("user/distillery-dev-operator")
    assert environment.execution(run)["status"] == "ABORTED"
    environment.until(lambda: environment.inventory()["jobs"][0]["status"] == "Stopped", "stopped job")
    assert "stopped it at" in environment.command("stop", run, "--reason", "again")
    refused = environment.command_as("resume", run, "--reason", "on", by="operator")
    assert (refused.returncode, "made no model" in refused.stderr) == (4, True)
    assert environment.alias() is None
    assert_nothing_is_left(environment)


def test_an_execution_aborted_with_a_billed_candidate_is_swept(deploy: Deploy) -> None:
    environment = deploy("launch", model_units=2)
    run = environment.start_run(support(*DELIVERY))
    environment.until(environment.fast_forwarding(lambda: environment.inventory()["bills_by_the_hour"]), "candidate")
    _abort(environment, run)
    _was_swept(environment, run)
    assert environment.inventory()["hours_billed"] > 0


def _abort(environment: Environment, run: str) -> None:
    arn = environment.execution_arn(run)
    environment.client("stepfunctions").stop_execution(executionArn=arn, cause="a person changed their mind")


def _was_swept(environment: Environment, run: str) -> None:
    record = environment.wait_for_run(run)
    assert (record.outcome, environment.execution(run)["status"]) == (Outcome.FAILED, "ABORTED")
    assert "ABORTED" in record.reason
    assert environment.alias() is None
    assert_nothing_is_left(environment)


def test_a_run_without_enough_model_units_is_refused_before_its_job(
    deploy: Deploy,
) -> None:
    environment = deploy("launch", model_units=1)
    first = environment.run(support(*DELIVERY))
    assert first.outcome is Outcome.FAILED
    assert first.reason.startswith("QuotaTooSmall: ")
    assert "(L-BE77399C) from 1 to 2" in first.reason
    assert (environment.inventory()["jobs"], environment.inventory()["hours_billed"]) == ([], 0)
    environment.set_quota(model_units=2)
    first = environment.run(support(*DELIVERY))
    assert first.outcome is Outcome.PROMOTED, first.reason
    before, jobs = environment.promoted(), environment.inventory()["jobs"]
    environment.set_quota(model_units=1)
    assert environment.run(support(*MONEY)).reason.startswith("QuotaTooSmall: ")
    assert (environment.promoted(), environment.inventory()["jobs"]) == (before, jobs)
    assert environment.inventory()["bills_by_the_hour"] == [before.endpoint.arn]
    assert_nothing_is_left(environment)


def test_a_quota_used_up_while_the_job_ran_fails_the_run_which_is_resumed_without_a_second_job(deploy: Deploy) -> None:
    environment = deploy("launch", model_units=2)
    run = environment.start_run(support(*DELIVERY))
    environment.until(lambda: environment.inventory()["jobs"], "job")
    environment.set_quota(model_units=0)
    failed = environment.wait_for_run(run)
    assert (failed.outcome, failed.has_student) == (Outcome.FAILED, True)
    assert failed.reason.partition(": ")[0] == "QuotaTooSmall"
    assert (environment.alias(), environment.inventory()["hours_billed"]) == (None, 0)
    assert_nothing_is_left(environment)
    jobs = environment.inventory()["jobs"]
    environment.set_quota(model_units=2)
    environment.command("resume", run, "--reason", "the quota is raised")
    record = environment.wait_for_run(run)
    assert record.outcome is Outcome.PROMOTED, record.reason
    # The execution closes the run before it ends.
    environment.until(lambda: environment.execution(record.execution)["status"] == "SUCCEEDED", "end of the execution")
    assert record.stages[Stage.DISTILLATION] == failed.stages[Stage.DISTILLATION]
    assert record.reopened_reason == "the quota is raised"
    assert environment.inventory()["jobs"] == jobs
    assert environment.promoted().run == run
    assert_nothing_is_left(environment)
    environment.command("evaluate", run, "--judge-only", "--current-settings")
    again = environment.wait_for_run(run)
    assert (again.outcome, again.reason) == (Outcome.PROMOTED, record.reason)
    assert again.exploratory["exploratory"]
    assert environment.inventory()["jobs"] == jobs
    assert_nothing_is_left(environment)
