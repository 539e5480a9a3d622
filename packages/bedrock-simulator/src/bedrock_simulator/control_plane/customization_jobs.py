"""Create, Get, List and StopModelCustomizationJob, for distillation and fine-tuning.

What a duplicate name does is not documented (ConflictException is declared): here a job name is taken for ever, a
model name as long as a model or a running job holds it. VPC settings are kept and told, and change nothing.

How a distillation job moves through Validation, Data processing and Training, in virtual time.

The order is documented (User Guide, "Monitor your model customization job"); the durations are this simulator's:
400 prompts take 5 + 22 + 45 minutes, 15,000 take about 14 hours; Bedrock's own ceiling is 7 days.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors
from bedrock_simulator.control_plane import customization_validation
from bedrock_simulator.control_plane.call import (
    Call,
    Params,
    check_buckets,
    check_role,
    paginate,
    resolve_key,
    without_none,
)
from bedrock_simulator.records import Job, Phase


def create(call: Call) -> Params:
    """Accepts a job; whatever can be known without reading the training file is refused here."""
    params, what = call.params, customization_validation.customization_type(call.params)
    customization_validation.check_source(params, what)
    variant = customization_validation.check_base_model(call, what)
    customization_validation.check_hyperparameters(params, variant, what)
    teacher = (
        customization_validation.check_teacher(call, variant).teacher
        if what == customization_validation.DISTILLATION
        else None
    )
    customization_validation.check_names(call)
    customization_validation.check_quota(call)
    _check_locations(call)
    key = resolve_key(call, params.get("customModelKmsKeyId"))
    arn = call.arn(f"model-customization-job/{variant}/{call.mint('job')}")
    check_role(call, arn)
    call.tag(arn, params.get("jobTags"))
    base = f"arn:aws:bedrock:{call.region}::foundation-model/{variant}"
    call.estate.jobs[arn] = start_job(
        Job(arn, params["jobName"], params, base, teacher, call.now, call.now, call.now, key)
    )
    return {"jobArn": arn}


def _check_locations(call: Call) -> None:
    params, source = call.params, call.params["trainingDataConfig"]
    logs = source.get("invocationLogsConfig", {}).get("invocationLogSource", {})
    check_buckets(
        call,
        trainingDataConfig=source.get("s3Uri", logs.get("s3Uri")),
        outputDataConfig=params["outputDataConfig"]["s3Uri"],
    )
    for validator in params.get("validationDataConfig", {}).get("validators", []):
        check_buckets(call, validationDataConfig=validator["s3Uri"])


def get(call: Call) -> Params:
    """The job by ARN or name."""
    job = find(call)
    request = job.request
    return without_none(
        jobArn=job.arn,
        jobName=job.name,
        outputModelName=request["customModelName"],
        outputModelArn=job.model_arn,
        clientRequestToken=request.get("clientRequestToken"),
        roleArn=request["roleArn"],
        status=job.status,
        statusDetails=_details(job),
        failureMessage=job.failure,
        creationTime=job.created,
        lastModifiedTime=job.changed,
        endTime=job.ended,
        baseModelArn=job.base,
        hyperParameters=request.get("hyperParameters"),
        trainingDataConfig=request["trainingDataConfig"],
        validationDataConfig=request.get("validationDataConfig", {"validators": []}),
        outputDataConfig=request["outputDataConfig"],
        customizationType=_customization_type(job),
        outputModelKmsKeyArn=job.key,
        trainingMetrics=None if job.loss is None else {"trainingLoss": job.loss},
        validationMetrics=[{"validationLoss": loss} for loss in job.validation_losses] or None,
        vpcConfig=request.get("vpcConfig"),
        customizationConfig=request.get("customizationConfig"),
    )


def _customization_type(job: Job) -> str:
    return customization_validation.FINE_TUNING if job.teacher is None else customization_validation.DISTILLATION


def _details(job: Job) -> Params | None:
    """The stages of a distillation; "for a distillation job", says the service's model."""
    if job.teacher is None:
        return None
    names = ("validationDetails", "dataProcessingDetails", "trainingDetails")
    return {
        name: without_none(status=phase.status, creationTime=phase.began, lastModifiedTime=phase.changed)
        for name, phase in zip(names, job.phases, strict=True)
    }


def list_jobs(call: Call) -> Params:
    """A page of summaries."""
    rows = [
        without_none(
            jobArn=job.arn,
            baseModelArn=job.base,
            jobName=job.name,
            status=job.status,
            statusDetails=_details(job),
            lastModifiedTime=job.changed,
            creationTime=job.created,
            endTime=job.ended,
            customModelArn=job.model_arn,
            customModelName=job.request["customModelName"],
            customizationType=_customization_type(job),
        )
        for job in call.estate.jobs.values()
    ]
    return paginate(call.params, rows, "modelCustomizationJobSummaries", name="jobName", created="creationTime")


def stop(call: Call) -> Params:
    """Begins to stop a running job; there is no way back and no intermediate model."""
    job = find(call)
    if job.status != "InProgress":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.estate.jobs[job.arn] = begin_stop(job, call.now)
    return {}


def find(call: Call) -> Job:
    """The job named by `jobIdentifier`, or ResourceNotFoundException."""
    wanted = call.params["jobIdentifier"]
    for job in call.estate.jobs.values():
        if wanted in (job.arn, job.name):
            return job
    raise errors.not_found(f"There is no customization job {wanted} in this account and Region.")


VALIDATION, PROCESSING, TRAINING = range(3)
STOPPING = timedelta(minutes=1)
CEILING = timedelta(days=7)


def duration(stage: int, prompts: int) -> timedelta:
    """How long a stage takes for so many prompts."""
    minutes = {
        VALIDATION: 5.0,
        PROCESSING: 10.0 + prompts * 0.03,
        TRAINING: 36.0 + prompts * 0.0225,
    }[stage]
    return min(timedelta(minutes=minutes), CEILING / 3)


def start_job(job: Job) -> Job:
    """The job enters Validation."""
    return _enter_stage(job, VALIDATION, job.created)


def next_stage(job: Job, prompts: int) -> Job:
    """The present stage is done at its due time, and the next begins."""
    done = _set_phase(job, "Completed", job.due)
    return _enter_stage(replace(done, prompts=prompts), job.stage + 1, job.due)


def complete(job: Job, model_arn: str, loss: float) -> Job:
    """Training is done: there is a custom model."""
    done = _set_phase(job, "Completed", job.due)
    return replace(done, status="Completed", ended=job.due, model_arn=model_arn, loss=loss)


def fail(job: Job, message: str) -> Job:
    """The present stage failed, at the time it was due."""
    return replace(_set_phase(job, "Failed", job.due), status="Failed", ended=job.due, failure=message[:2048])


def begin_stop(job: Job, now: datetime) -> Job:
    """Somebody asked the job to stop."""
    return replace(_set_phase(job, "Stopping", now), status="Stopping", due=now + STOPPING)


def finish_stop(job: Job) -> Job:
    """The job has come to rest without a model."""
    return replace(_set_phase(job, "Stopped", job.due), status="Stopped", ended=job.due)


def _enter_stage(job: Job, stage: int, at: datetime) -> Job:
    moved = replace(job, stage=stage, changed=at, due=at + duration(stage, job.prompts))
    return _set_phase(moved, "InProgress", at)


def _set_phase(job: Job, status: str, at: datetime) -> Job:
    phases = list(job.phases)
    phases[job.stage] = Phase(status, phases[job.stage].began or at, at)
    first, second, third = phases
    return replace(job, phases=(first, second, third), changed=at)
