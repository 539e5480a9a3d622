"""Create, Get, List and StopModelCustomizationJob, and the status of jobs over time.

What a duplicate name does is not documented (ConflictException is declared): here a job name is taken for ever, a
model name as long as a model or a running job has it. VPC settings are stored and returned, without effect.

The stages of a job are Validation, Data processing and Training. Their order is documented (User Guide, "Monitor your
model customization job"). Their durations are the simulator's: 400 prompts take 5 + 22 + 45 minutes, 15,000 take about
14 hours; Bedrock's own maximum is 7 days.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors
from bedrock_simulator.control_plane import customization_validation
from bedrock_simulator.control_plane.call import (
    ControlPlaneCall,
    Params,
    check_buckets,
    check_role,
    check_role_uses_key,
    checked_tags,
    paginate,
    resolve_key,
    without_none,
)
from bedrock_simulator.records import Job, Phase


def create(call: ControlPlaneCall) -> Params:
    """Creates a job. What can be checked without reading the training file is checked here."""
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
    arn = call.arn(f"model-customization-job/{variant}/{call.new_id('job')}")
    check_role(call, arn)
    check_role_uses_key(call, key)
    checked_tags("The custom model", params.get("customModelTags"))
    call.tag(arn, params.get("jobTags"))
    base = f"arn:aws:bedrock:{call.region}::foundation-model/{variant}"
    call.resources.jobs[arn] = start_job(
        Job(arn, params["jobName"], params, base, teacher, call.now, call.now, call.now, key)
    )
    return {"jobArn": arn}


def _check_locations(call: ControlPlaneCall) -> None:
    params, source = call.params, call.params["trainingDataConfig"]
    logs = source.get("invocationLogsConfig", {}).get("invocationLogSource", {})
    check_buckets(
        call,
        trainingDataConfig=source.get("s3Uri", logs.get("s3Uri")),
        outputDataConfig=params["outputDataConfig"]["s3Uri"],
    )
    for validator in params.get("validationDataConfig", {}).get("validators", []):
        check_buckets(call, validationDataConfig=validator["s3Uri"])


def get(call: ControlPlaneCall) -> Params:
    """Returns the job with that ARN or name."""
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
        validationDataConfig=request.get("validationDataConfig"),
        outputDataConfig=request["outputDataConfig"],
        customizationType=_customization_type(job),
        outputModelKmsKeyArn=job.key,
        trainingMetrics=None if job.loss is None else {"trainingLoss": job.loss},
        validationMetrics=[{"validationLoss": loss} for loss in job.validation_losses],
        vpcConfig=request.get("vpcConfig"),
        customizationConfig=request.get("customizationConfig"),
    )


def _customization_type(job: Job) -> str:
    return customization_validation.FINE_TUNING if job.teacher is None else customization_validation.DISTILLATION


def _details(job: Job) -> Params | None:
    """The status of the stages, which only distillation jobs have according to the service's model."""
    if job.teacher is None:
        return None
    names = ("validationDetails", "dataProcessingDetails", "trainingDetails")
    return {
        name: without_none(status=phase.status, creationTime=phase.began, lastModifiedTime=phase.changed)
        for name, phase in zip(names, job.phases, strict=True)
    }


def list_jobs(call: ControlPlaneCall) -> Params:
    """Returns a page of jobs."""
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
        for job in call.resources.jobs.values()
    ]
    return paginate(call.params, rows, "modelCustomizationJobSummaries", name="jobName", created="creationTime")


def stop(call: ControlPlaneCall) -> Params:
    """Stops a running job. It cannot be resumed, and leaves no model."""
    job = find(call)
    if job.status != "InProgress":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.resources.jobs[job.arn] = begin_stop(job, call.now)
    return {}


def find(call: ControlPlaneCall) -> Job:
    """Returns the job named by `jobIdentifier`. Raises ResourceNotFoundException, or what the settings say."""
    identifier = call.params["jobIdentifier"]
    for job in call.resources.jobs.values():
        if identifier in (job.arn, job.name):
            return job
    if call.settings.undocumented.missing_jobs_are_invalid:
        raise errors.validation("The provided model customization job identifier is invalid.")
    raise errors.not_found(f"There is no customization job {identifier} in this account and Region.")


VALIDATION, PROCESSING, TRAINING = range(3)
STOPPING = timedelta(minutes=1)
CEILING = timedelta(days=7)


def duration(stage: int, prompts: int) -> timedelta:
    """The duration of a stage for that number of prompts."""
    minutes = {
        VALIDATION: 5.0,
        PROCESSING: 10.0 + prompts * 0.03,
        TRAINING: 36.0 + prompts * 0.0225,
    }[stage]
    return min(timedelta(minutes=minutes), CEILING / 3)


def start_job(job: Job) -> Job:
    """Starts the Validation stage."""
    return _enter_stage(job, VALIDATION, job.created)


def next_stage(job: Job, prompts: int) -> Job:
    """Completes the current stage at its due time, and starts the next one."""
    done = _set_phase(job, "Completed", job.due)
    return _enter_stage(replace(done, prompts=prompts), job.stage + 1, job.due)


def complete(job: Job, model_arn: str, loss: float) -> Job:
    """Completes the job with a custom model."""
    done = _set_phase(job, "Completed", job.due)
    return replace(done, status="Completed", ended=job.due, model_arn=model_arn, loss=loss)


def fail(job: Job, message: str) -> Job:
    """Fails the current stage at its due time."""
    return replace(_set_phase(job, "Failed", job.due), status="Failed", ended=job.due, failure=message[:2048])


def begin_stop(job: Job, now: datetime) -> Job:
    """Sets the job to Stopping."""
    return replace(_set_phase(job, "Stopping", now), status="Stopping", due=now + STOPPING)


def finish_stop(job: Job) -> Job:
    """Sets the job to Stopped."""
    return replace(_set_phase(job, "Stopped", job.due), status="Stopped", ended=job.due)


def _enter_stage(job: Job, stage: int, at: datetime) -> Job:
    moved = replace(job, stage=stage, changed=at, due=at + duration(stage, job.prompts))
    return _set_phase(moved, "InProgress", at)


def _set_phase(job: Job, status: str, at: datetime) -> Job:
    phases = list(job.phases)
    phases[job.stage] = Phase(status, phases[job.stage].began or at, at)
    first, second, third = phases
    return replace(job, phases=(first, second, third), changed=at)
