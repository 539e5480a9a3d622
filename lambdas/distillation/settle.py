"""Sends job results to the runs that wait for them: on the service's event and by a slow poll, because events are best
effort.

The job is always read again; the fields of an event are not trusted (UG monitoring-eventbridge).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from distillery.core import clock
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.custom_models import CREATING, FAILED
from distillery.core.errors import Failed, JobFailed, JobStalled, RunStopped
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Stage, Student
from distillery.core.redaction import redacted_message
from distillery.core.serialization import to_wire
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.stalls import StallWatch

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


SPENT = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
LONGEST_INVOCATION = timedelta(minutes=20)
"""Lambda ends an invocation after 15 minutes at most."""
CAUSE_MAX = 32_768  # characters (SendTaskFailure)


class TaskTokens:
    """Task tokens of the state machine. A token whose task has ended is ignored."""

    def __init__(self, stepfunctions: "SFNClient") -> None:
        self._stepfunctions = stepfunctions

    def succeed(self, token: str, output: Any) -> None:
        try:
            self._stepfunctions.send_task_success(taskToken=token, output=json.dumps(to_wire(output)))
        except ClientError as error:
            _unless_spent(error)

    def fail(self, token: str, error_name: str, cause: str) -> None:
        try:
            self._stepfunctions.send_task_failure(taskToken=token, error=error_name, cause=cause[:CAUSE_MAX])
        except ClientError as error:
            _unless_spent(error)


def _unless_spent(error: ClientError) -> None:
    if code(error) not in SPENT:
        raise error


log = get_logger(__name__)


def jobs_of_event(waiting: Iterable[WaitingJob], event: Mapping[str, Any]) -> list[WaitingJob]:
    """The waiting jobs that an event is about: one for `Model Customization Job State Change`, all for any other
    event."""
    name = (event.get("detail") or {}).get("jobName")
    return [each for each in waiting if name is None or each.job == name]


class Settler:
    def __init__(
        self, jobs: CustomizationJobs, tokens: TaskTokens, ledger: Ledger, stalls: StallWatch | None = None
    ) -> None:
        self._jobs, self._tokens, self._ledger, self._stalls = jobs, tokens, ledger, stalls

    def settle_all(self, waiting: Iterable[WaitingJob]) -> int:
        """The number of settled jobs. A failure does not stop the others; it is raised after them."""
        settled, errors = 0, []
        for each in waiting:
            try:
                settled += self.settle(each)
            except Exception as error:
                log.exception("run %s: job %s could not be settled", each.run, each.job)
                errors.append(error)
        if errors:
            raise errors[0]
        return settled

    def settle(self, waiting: WaitingJob) -> bool:
        """True where the job has ended and its run was notified, or where the run has ended without it."""
        record = self._ledger.run(waiting.run)
        if record.is_stopping or record.outcome is not Outcome.RUNNING:
            return self._abandon(waiting, record)
        job = self._jobs.find(waiting.job)
        given_up = waiting.job == record.stalled_job
        if job is None or job["status"] in ("InProgress", "Stopping"):
            if job is not None and job["status"] == "InProgress":
                self._in_progress(waiting, job, record, given_up=given_up)
            return False
        if job["status"] == "Completed":
            return self._completed(waiting, job["jobArn"], job.get("outputModelArn"))
        if given_up:  # only now: the run never has two jobs at once
            return self._failed(waiting, f"the job {waiting.job} stalled and is {job['status']}", JobStalled)
        failure = redacted_message(job.get("failureMessage", ""), f"the failureMessage of the job {waiting.job}")
        return self._failed(waiting, failure or f"the job {waiting.job} is {job['status']}")

    def _in_progress(self, waiting: WaitingJob, job: Mapping[str, Any], record: RunRecord, *, given_up: bool) -> None:
        """Looks whether the job stalls. One that was given up is stopped again: the request to stop it may be lost."""
        if given_up:
            self._jobs.stop(waiting.job)
        elif self._stalls:
            self._stalls.look(waiting, job, record)

    def _completed(self, waiting: WaitingJob, job_arn: str, model_arn: str | None) -> bool:
        status = self._jobs.model_status(model_arn) if model_arn else CREATING
        if model_arn is None or status == CREATING:
            return False
        if status == FAILED:
            return self._failed(waiting, f"the job {waiting.job} completed, but its model {model_arn} has failed")
        student = Student(model_arn=model_arn, job_arn=job_arn)
        self._ledger.end(waiting.run, Stage.DISTILLATION, student)
        self._tokens.succeed(waiting.token, student)
        self._ledger.remove_waiting_job(waiting)
        return True

    def _failed(self, waiting: WaitingJob, cause: str, error: type[Failed] = JobFailed) -> bool:
        self._tokens.fail(waiting.token, error.__name__, cause)
        self._ledger.remove_waiting_job(waiting)
        return True

    def _abandon(self, waiting: WaitingJob, record: RunRecord) -> bool:
        """Stops the job of a run that was closed or is to be stopped, for example because a person aborted the
        execution. A job that was requested a moment before may not exist yet, and is waited for."""
        if self._jobs.find(waiting.job) is None and _requested_lately(record):
            return False
        self._jobs.stop(waiting.job)
        if record.is_stopping:
            self._tokens.fail(waiting.token, RunStopped.__name__, "a person stopped the run")
        self._ledger.remove_waiting_job(waiting)
        return True


def _requested_lately(record: RunRecord) -> bool:
    """Whether an invocation that was to create the job may still run."""
    stage = record.stages.get(Stage.DISTILLATION)
    if stage is None or record.incurred_no_cost:
        return False
    return clock.now() - datetime.fromisoformat(record.closed or stage.started) < LONGEST_INVOCATION
