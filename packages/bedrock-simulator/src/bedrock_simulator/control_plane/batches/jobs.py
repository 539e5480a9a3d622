"""Create, Get, List and StopModelInvocationJob (User Guide, batch-inference-*).

What a duplicate name does is not documented (ConflictException is declared): here a name is taken for ever. Buckets of
another account are refused; VPC settings are stored and returned.
"""

from dataclasses import replace
from datetime import timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import job_limits, supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.control_plane.call import (
    ControlPlaneCall,
    Params,
    check_buckets,
    check_role,
    paginate,
    resolve_key,
    without_none,
)
from bedrock_simulator.records import BatchJob

SUBMITTED = timedelta(minutes=1)
UNDER_WAY = ("Submitted", "Validating", "Scheduled", "InProgress", "Stopping")
_HOURS = 24


def create(call: ControlPlaneCall) -> Params:
    """Creates a job; its input is read later."""
    params = call.params
    model = _check_model(params["modelId"], call)
    if any(job.name == params["jobName"] for job in call.resources.batches.values()):
        raise errors.conflict(f"The job name {params['jobName']} is already in use in this account and Region.")
    _check_quota(model, call)
    _check_locations(call)
    arn = call.arn(f"model-invocation-job/{call.new_id('batch')}")
    check_role(call, arn)
    call.tag(arn, params.get("tags"))
    expires = call.now + timedelta(hours=params.get("timeoutDurationInHours", _HOURS))
    call.resources.batches[arn] = BatchJob(
        arn, params["jobName"], params, model.id, call.now, call.now, call.now + SUBMITTED, expires
    )
    return {"jobArn": arn}


def _check_model(model_id: str, call: ControlPlaneCall) -> Model:
    """Returns the model. Raises a ValidationException if it has no batch inference there on that day."""
    today, name = call.now.date(), model_id.rsplit(":inference-profile/", 1)[-1]
    model, through = supported_models.model_of(model_id), name in supported_models.PROFILES
    if through:
        model = supported_models.PROFILES[name][1]
    elif ":application-inference-profile/" in model_id:
        profile = records.find_application_profile(call.resources, model_id)
        through = profile.source_is_profile
        model = supported_models.PROFILES[profile.source][1] if through else supported_models.MODELS[profile.source]
    if model is None or call.is_foreign(model_id) or not model.exists(today, call.region):
        raise errors.validation("The provided model identifier is invalid.")
    if model_id.rsplit("/", 1)[-1] in supported_models.VARIANTS:
        raise errors.validation("The provided model identifier is invalid.")
    if not job_limits.supports_batch(model.id, call.region, today, profile=through):
        raise errors.validation(f"Batch inference is not supported for {model_id} in {call.region}.")
    return model


def _check_quota(model: Model, call: ControlPlaneCall) -> None:
    running = sum(b.model == model.id and b.status in UNDER_WAY for b in call.resources.batches.values())
    if running >= job_limits.MAX_BATCH_JOBS:
        raise errors.quota(
            f"{running} batch inference jobs of {model.id} are in progress; at most {job_limits.MAX_BATCH_JOBS}."
        )


def _check_locations(call: ControlPlaneCall) -> None:
    source = call.params["inputDataConfig"].get("s3InputDataConfig", {})
    target = call.params["outputDataConfig"].get("s3OutputDataConfig", {})
    for field, config in (("inputDataConfig", source), ("outputDataConfig", target)):
        if "s3Uri" not in config:
            raise errors.validation(f"{field} must have its S3 location.")
        if config.get("s3BucketOwner", call.account) != call.account:
            raise errors.validation(f"The local Bedrock reads and writes buckets of {call.account} only ({field}).")
        check_buckets(call, **{field: config["s3Uri"]})
    resolve_key(call, target.get("s3EncryptionKeyId"))


def get(call: ControlPlaneCall) -> Params:
    """Returns the job with that ARN or ID."""
    return _view(find(call), call)


def _view(job: BatchJob, call: ControlPlaneCall) -> Params:
    request = job.request
    return without_none(
        jobArn=job.arn,
        jobName=job.name,
        modelId=request["modelId"],
        clientRequestToken=request.get("clientRequestToken"),
        roleArn=request["roleArn"],
        status=job.status,
        message=job.failure,
        submitTime=job.created,
        lastModifiedTime=job.changed,
        endTime=job.ended,
        inputDataConfig=request["inputDataConfig"],
        outputDataConfig=request["outputDataConfig"],
        vpcConfig=request.get("vpcConfig"),
        timeoutDurationInHours=request.get("timeoutDurationInHours", _HOURS),
        jobExpirationTime=job.expires,
        modelInvocationType=request.get("modelInvocationType", "InvokeModel"),
        **_counters(job, call),
    )


def _counters(job: BatchJob, call: ControlPlaneCall) -> Params:
    """The record counts: all at the end, and before that a share that grows with the elapsed time."""
    done = job.processed
    if job.status == "InProgress":
        took = (job.due - job.changed) or timedelta(seconds=1)
        done = min(job.total, int(job.total * ((call.now - job.changed) / took)))
    return {
        "totalRecordCount": job.total,
        "processedRecordCount": done,
        "successRecordCount": max(0, done - job.failed),
        "errorRecordCount": min(done, job.failed),
    }


def list_batches(call: ControlPlaneCall) -> Params:
    """Returns a page of jobs."""
    rows = [_view(job, call) for job in call.resources.batches.values()]
    return paginate(call.params, rows, "invocationJobSummaries", name="jobName", created="submitTime")


def stop(call: ControlPlaneCall) -> Params:
    """Stops a job that is under way. Its results so far are not written."""
    job = find(call)
    if job.status not in UNDER_WAY or job.status == "Stopping":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.resources.batches[job.arn] = replace(
        job, status="Stopping", changed=call.now, due=call.now + timedelta(minutes=1)
    )
    return {}


def find(call: ControlPlaneCall) -> BatchJob:
    """Returns the job named by `jobIdentifier`. Raises ResourceNotFoundException."""
    identifier = call.params["jobIdentifier"]
    for job in call.resources.batches.values():
        if identifier in (job.arn, job.arn.rsplit("/", 1)[1]):
            return job
    raise errors.not_found(f"There is no batch inference job {identifier} in this account and Region.")
