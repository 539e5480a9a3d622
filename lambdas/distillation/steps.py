"""The steps by the names that the state machine calls them by, with the clients they act through."""

from collections.abc import Callable, Mapping
from typing import Any

from distillery.core import clock
from distillery.core.aws import ClientError, client
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.records import Waiting
from distillery.core.names import Names
from distillery.core.pipeline import Run, Stage
from lambdas.distillation import check as checks
from lambdas.distillation.job import Jobs, Place
from lambdas.distillation.quota import Quotas
from lambdas.distillation.settle import Settler
from lambdas.distillation.tokens import Tokens

Event = Mapping[str, Any]


def check(run: Run, ledger: Ledger, _event: Event) -> checks.Checked:
    """Opens the stage; nothing is paid for before it has passed."""
    ledger.begin(run.id, Stage.DISTILLATION)
    bedrock = client("bedrock")
    quotas = Quotas(read(Variable.ENVIRONMENT), bedrock, client("service-quotas"))
    runtime = client("bedrock-runtime")
    return checks.check(run, bedrock=bedrock, runtime=runtime, quotas=quotas, ledger=ledger, now=clock.now())


def start(run: Run, ledger: Ledger, event: Event) -> dict[str, str]:
    """Starts the job and leaves. The token is kept before the job exists, so that no event can come too early; a job
    that has ended already is left to the poll. Before it is asked for, and where the service says no, the ledger is
    told: that decides whether the run's reservation is given back in the end."""
    place = Place(
        environment=read(Variable.ENVIRONMENT),
        data_bucket=read(Variable.DATA_BUCKET),
        job_role=read(Variable.JOB_ROLE),
        model_key=read(Variable.MODEL_KEY),
    )
    ledger.begin(run.id, Stage.DISTILLATION)
    ledger.wait(Waiting(job=place.name(run), token=event["token"], run=run.id))
    ledger.job_asked(run.id)
    jobs = Jobs(client("bedrock"))
    try:
        return {"job_arn": jobs.ensure(run, place)}
    except ClientError as error:
        if jobs.was_refused(place.name(run), error):
            ledger.job_refused(run.id)
        raise


def stop(run: Run, ledger: Ledger, _event: Event) -> dict[str, bool]:
    """Part of the cleanup: works from the run's name alone, whatever there is or is not."""
    name = Names(read(Variable.ENVIRONMENT)).job(run.id)
    stopped = Jobs(client("bedrock")).stop(name)
    for waiting in ledger.waiting():
        if waiting.job == name:
            ledger.settled(waiting)
    return {"stopped": stopped}


STEPS: Mapping[str, Callable[[Run, Ledger, Event], Any]] = {"check": check, "start": start, "stop": stop}


def settler(ledger: Ledger) -> Settler:
    return Settler(Jobs(client("bedrock")), Tokens(client("stepfunctions")), ledger)
