"""The Lambda handlers of the distillation stage.

`step` runs the steps `check`, `start` (with a task token) and `stop`. `settle` handles Bedrock's event `Model
Customization Job State Change`; any other event is a poll.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core import clock
from distillery.core.aws import ClientError, client
from distillery.core.boundary import boundary
from distillery.core.commitment import Commitments
from distillery.core.env_vars import Variable, read
from distillery.core.first_contact.answers import Answer, recorded
from distillery.core.first_contact.questions import MISSING_JOB, STUDENT_LISTED
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Run, Stage
from distillery.core.steps import Event, product, step_handler
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.distillation.job import CustomizationJobs, JobSettings
from lambdas.distillation.preflight import PreflightResult, check_trains, preflight
from lambdas.distillation.quota import HostingQuotas
from lambdas.distillation.restarts import JobRestarts
from lambdas.distillation.settle import Settler, TaskTokens, jobs_of_event
from lambdas.distillation.stalls import StallWatch


def _check(event: Event, _context: Any) -> PreflightResult:
    """Begins the stage. Nothing is paid for until this step has passed."""
    run, ledger = product(event, "run", Run), _ledger()
    ledger.begin(run.id, Stage.DISTILLATION)
    check_trains(ledger.run(run.id), Promotions(Table(read(Variable.LEDGER))))
    bedrock, runtime = client("bedrock"), client("bedrock-runtime")
    environment, commitments = read(Variable.ENVIRONMENT), Commitments.of_environment()
    return preflight(
        run,
        bedrock=bedrock,
        runtime=runtime,
        quotas=HostingQuotas(environment, bedrock, client("service-quotas"), commitments),
        ceiling=UnitCeiling.of_environment(Names(environment)),
        ledger=ledger,
        now=clock.now(),
        listed=lambda: _recorded(STUDENT_LISTED),
        commitments=commitments,
    )


def _start(event: Event, _context: Any) -> dict[str, str]:
    """Starts the job and returns.

    The task token is saved before the job exists, so that no event can come too early. A job that has already ended is
    left to the poll. The ledger counts the request, and counts the refusal if the service refuses it: the two decide
    whether the run's reservation is released in the end.
    """
    run, ledger = product(event, "run", Run), _ledger()
    settings = JobSettings(
        environment=read(Variable.ENVIRONMENT),
        data_bucket=read(Variable.DATA_BUCKET),
        job_role=read(Variable.JOB_ROLE),
        model_key=read(Variable.MODEL_KEY),
        restarted=bool(ledger.run(run.id).stalled_job),
    )
    ledger.begin(run.id, Stage.DISTILLATION)
    ledger.add_waiting_job(WaitingJob(job=settings.job_name(run), token=event["token"], run=run.id))
    ledger.count_job_request(run.id)
    jobs = _jobs()
    try:
        return {"job_arn": jobs.ensure(run, settings)}
    except ClientError as error:
        if jobs.was_refused(settings.job_name(run), error):
            ledger.count_job_refusal(run.id)
        raise


def _stop(event: Event, _context: Any) -> dict[str, bool]:
    """Part of the cleanup: it needs nothing but the run, whether a job exists or not."""
    run, ledger = product(event, "run", Run), _ledger()
    jobs = ledger.run(run.id).job_names(Names(read(Variable.ENVIRONMENT)))
    stopped = [_jobs().stop(name) for name in jobs]
    for waiting in ledger.waiting_jobs():
        if waiting.job in jobs:
            ledger.remove_waiting_job(waiting)
    return {"stopped": any(stopped)}


def _jobs() -> CustomizationJobs:
    return CustomizationJobs(client("bedrock"), lambda: answer.answer if (answer := _recorded(MISSING_JOB)) else None)


def _recorded(question: str) -> Answer | None:
    """What AWS answered at first contact. It is read only where the service does something unexpected."""
    return recorded(client("ssm"), Names(read(Variable.ENVIRONMENT)), question)


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))


step = step_handler(Stage.DISTILLATION, {"check": _check, "start": _start, "stop": _stop})


@boundary()
def settle(event: Mapping[str, Any], _context: object) -> Any:
    """Sends the results of ended jobs to the executions that wait for them, and reports or restarts stalled jobs."""
    names, ledger, bedrock = Names(read(Variable.ENVIRONMENT)), _ledger(), client("bedrock")
    jobs, notices = CustomizationJobs(bedrock), Notices(read(Variable.TOPIC), client("sns"))
    restarts = JobRestarts(names, ledger, jobs, bedrock.meta.region_name)
    stalls = StallWatch(names, Table(read(Variable.LEDGER)), notices, restarts.restart)
    settler = Settler(jobs, TaskTokens(client("stepfunctions")), ledger, stalls)
    return {"settled": settler.settle_all(jobs_of_event(ledger.waiting_jobs(), event))}
