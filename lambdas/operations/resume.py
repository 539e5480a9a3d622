"""Resumes a run that failed or was stopped, from the last thing that was paid for.

{"run": "support-k3x9a-p0q2m7ab-1", "reason": "quota raised"}
→ {"run": …, "execution": "evaluation-support-20261123T090807Z", "judge_only": false, "student": "arn:…",
   "taken_up": false}

A student is never trained twice: one that the ledger does not know yet is taken up from its job, which the job's name
finds. The rest is an evaluation as a person asks for it: stored answers are reused, an endpoint is created only for
answers that are missing, and a verdict that stands is followed by its promotion.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import custom_models, recipe
from distillery.core.aws import ObjectStore, client
from distillery.core.custom_models import model_state
from distillery.core.decisions import require_reason
from distillery.core.env_vars import Variable, read
from distillery.core.errors import NothingToResume
from distillery.core.function_url import Caller
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.items import BROKEN_OUTCOMES, WAITING_OUTCOMES, RunRecord, model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Outcome, Stage, Student
from distillery.core.started_jobs import COMPLETED, UNDER_WAY, StartedJobs
from distillery.evaluation.restart import EvaluationRequest, EvaluationStarter
from lambdas.operations.run_request import RunRequest

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import GetModelCustomizationJobResponseTypeDef


@dataclass(frozen=True, slots=True)
class Resumer:
    """Resumes runs."""

    names: Names
    ledger: Ledger
    promotions: Promotions
    bedrock: "BedrockClient"
    starter: EvaluationStarter

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        table, stepfunctions = Table(read(Variable.LEDGER)), client("stepfunctions")
        starter = EvaluationStarter(
            Ledger(table),
            Evaluations(table),
            ObjectStore(),
            read(Variable.DATA_BUCKET),
            read(Variable.STATE_MACHINE),
            stepfunctions,
            recipe.load,
            lambda _: None,  # the run's own golden set judges it
            stepfunctions.meta.region_name,
        )
        return cls(Names(read(Variable.ENVIRONMENT)), Ledger(table), Promotions(table), client("bedrock"), starter)

    def resume(self, request: RunRequest, by: Caller) -> dict[str, Any]:
        """The execution that continues the run.

        Raises:
            BadRequest: There is no such run, the reason is missing or too long, prompts or answers are gone, or its
                promotion was abandoned or has been followed by another.
            NothingToResume: The run has no student, or not yet, or needs no other execution.
            OverBudget: The month's budget has no room for the evaluation's worst case.
            RunActive: Something else holds the recipe.
        """
        require_reason(request.reason, "the resumption")
        record = self.ledger.run(request.run)
        _check_outcome(record)
        if record.promotion:
            self.promotions.check_resumable(record.promotion, request.run)
        taken_up = not record.has_student
        if taken_up:
            student = self._made(record)
            self.ledger.begin(request.run, Stage.DISTILLATION)
            self.ledger.end(request.run, Stage.DISTILLATION, student)
        else:
            self._check_model(record)
        answer = self.starter.start(EvaluationRequest(run=request.run, reason=request.reason), by)
        return {**answer, "student": model_of(self.ledger.run(request.run)), "taken_up": taken_up}

    def _made(self, record: RunRecord) -> Student:
        """The student that a job of the run made, although the run ended without it."""
        run, job = record.run.id, self._job(record)
        if job is None:
            raise NothingToResume(f"run {run!r} ended before it had a job, so nothing was paid for; {_again(record)}")
        status, model = job["status"], job.get("outputModelArn")
        if status in UNDER_WAY:
            raise NothingToResume(
                f"the customization job {job['jobName']} is {status}; wait for it to end, within hours, then "
                f"resume again: distillery resume {run} --reason WHY"
            )
        if status != COMPLETED or model is None:
            raise NothingToResume(
                f"the customization job of run {run!r} is {status} and made no model; {_again(record)}"
            )
        match model_state(self.bedrock, model):
            case custom_models.ACTIVE:
                return Student(model_arn=model, job_arn=job["jobArn"])
            case custom_models.CREATING:
                raise NothingToResume(
                    f"model {model} of run {run!r} is still being created; wait some minutes, then resume again: "
                    f"distillery resume {run} --reason WHY"
                )
            case other:
                raise NothingToResume(f"model {model} of run {run!r} is {other}; {_again(record)}")

    def _job(self, record: RunRecord) -> "GetModelCustomizationJobResponseTypeDef | None":
        """The run's job; of two, the one that completed, else the later one. None if there is none."""
        jobs, names = StartedJobs(self.bedrock), record.job_names(self.names)
        found = [] if record.incurred_no_cost else [job for name in names if (job := jobs.find(name))]
        completed = [job for job in found if job["status"] == COMPLETED]
        return next(reversed(completed or found), None)

    def _check_model(self, record: RunRecord) -> None:
        """Raises NothingToResume where the student was deleted, or failed."""
        model = model_of(record) or ""
        if (status := model_state(self.bedrock, model)) not in (custom_models.ACTIVE, custom_models.CREATING):
            raise NothingToResume(f"model {model} of run {record.run.id!r} is {status}; {_again(record)}")


def _again(record: RunRecord) -> str:
    """What to do where nothing can be continued."""
    if record.promotion:
        return (
            f"start another attempt of promotion {record.promotion} with the same command, or promote another run: "
            "distillery promote --help"
        )
    return f"run the prompts of {record.run.recipe.name} again with --again, as another attempt: distillery run --help"


def _check_outcome(record: RunRecord) -> None:
    """Raises NothingToResume unless the run failed or was stopped."""
    run, outcome = record.run.id, record.outcome
    if outcome in BROKEN_OUTCOMES and not record.promoting:
        return
    if outcome is Outcome.RUNNING or record.promoting:
        raise NothingToResume(f"run {run!r} is running; only a run that has ended is resumed: distillery watch {run}")
    if outcome in WAITING_OUTCOMES:
        if outcome is Outcome.CANARY:
            raise NothingToResume(
                f"the canary of run {run!r} decides about it; to end that: distillery stop {run} --reason WHY"
            )
        decide = (
            f"to start it: distillery approve {run}"
            if outcome is Outcome.AWAITING
            else f"to make its student live: distillery accept {run} --reason WHY"
        )
        raise NothingToResume(
            f"run {run!r} is {outcome} and needs a decision; {decide}; to decline it: distillery reject {run}"
        )
    if not record.has_student:
        raise NothingToResume(f"run {run!r} is {outcome} and was never started; {_again(record)}")
    raise NothingToResume(
        f"run {run!r} ended as {outcome}, with nothing left to do; to judge its student again: "
        f"distillery evaluate {run}"
    )
