"""Create, Get, List and StopModelInvocationJob (User Guide, batch-inference-*).

What a duplicate name does is not documented (ConflictException is declared): here a name is taken for ever. Buckets of
another account and VPC settings: the first are refused, the second kept and told.
"""

from dataclasses import replace
from datetime import timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import job_limits, supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.control_plane.call import (
    Call,
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


def create(call: Call) -> Params:
    """Accepts a job; its input is read later."""
    params = call.params
    model = _check_model(params["modelId"], call)
    if any(batch.name == params["jobName"] for batch in call.estate.batches.values()):
        raise errors.conflict(f"The job name {params['jobName']} is already in use in this account and Region.")
    _check_quota(model, call)
    _check_locations(call)
    arn = call.arn(f"model-invocation-job/{call.mint('batch')}")
    check_role(call, arn)
    call.tag(arn, params.get("tags"))
    expires = call.now + timedelta(hours=params.get("timeoutDurationInHours", _HOURS))
    call.estate.batches[arn] = BatchJob(
        arn, params["jobName"], params, model.id, call.now, call.now, call.now + SUBMITTED, expires
    )
    return {"jobArn": arn}


def _check_model(model_id: str, call: Call) -> Model:
    """The model behind what is named; ValidationException when it has no batch inference there on that day."""
    today, name = call.now.date(), model_id.rsplit(":inference-profile/", 1)[-1]
    model, through = supported_models.model_of(model_id), name in supported_models.PROFILES
    if through:
        model = supported_models.PROFILES[name][1]
    elif ":application-inference-profile/" in model_id:
        profile = records.find_application_profile(call.estate, model_id)
        through = profile.source_is_profile
        model = supported_models.PROFILES[profile.source][1] if through else supported_models.MODELS[profile.source]
    if model is None or call.elsewhere(model_id) or not model.exists(today, call.region):
        raise errors.validation("The provided model identifier is invalid.")
    if model_id.rsplit("/", 1)[-1] in supported_models.VARIANTS:
        raise errors.validation("The provided model identifier is invalid.")
    if not job_limits.supports_batch(model.id, call.region, today, profile=through):
        raise errors.validation(f"Batch inference is not supported for {model_id} in {call.region}.")
    return model


def _check_quota(model: Model, call: Call) -> None:
    running = sum(b.model == model.id and b.status in UNDER_WAY for b in call.estate.batches.values())
    if running >= job_limits.MAX_BATCH_JOBS:
        raise errors.quota(
            f"{running} batch inference jobs of {model.id} are under way; at most {job_limits.MAX_BATCH_JOBS}."
        )


def _check_locations(call: Call) -> None:
    given = call.params["inputDataConfig"].get("s3InputDataConfig", {})
    wanted = call.params["outputDataConfig"].get("s3OutputDataConfig", {})
    for field, config in (("inputDataConfig", given), ("outputDataConfig", wanted)):
        if "s3Uri" not in config:
            raise errors.validation(f"{field} must have its S3 location.")
        if config.get("s3BucketOwner", call.account) != call.account:
            raise errors.validation(f"The local Bedrock reads and writes buckets of {call.account} only ({field}).")
        check_buckets(call, **{field: config["s3Uri"]})
    resolve_key(call, wanted.get("s3EncryptionKeyId"))


def get(call: Call) -> Params:
    """The job by ARN or id."""
    return _view(find(call), call)


def _view(batch: BatchJob, call: Call) -> Params:
    asked = batch.request
    return without_none(
        jobArn=batch.arn,
        jobName=batch.name,
        modelId=asked["modelId"],
        clientRequestToken=asked.get("clientRequestToken"),
        roleArn=asked["roleArn"],
        status=batch.status,
        message=batch.failure,
        submitTime=batch.created,
        lastModifiedTime=batch.changed,
        endTime=batch.ended,
        inputDataConfig=asked["inputDataConfig"],
        outputDataConfig=asked["outputDataConfig"],
        vpcConfig=asked.get("vpcConfig"),
        timeoutDurationInHours=asked.get("timeoutDurationInHours", _HOURS),
        jobExpirationTime=batch.expires,
        modelInvocationType=asked.get("modelInvocationType", "InvokeModel"),
        **_counters(batch, call),
    )


def _counters(batch: BatchJob, call: Call) -> Params:
    """What is done so far: all of it at the end, a share of the time that has passed before."""
    done = batch.processed
    if batch.status == "InProgress":
        took = (batch.due - batch.changed) or timedelta(seconds=1)
        done = min(batch.total, int(batch.total * ((call.now - batch.changed) / took)))
    return {
        "totalRecordCount": batch.total,
        "processedRecordCount": done,
        "successRecordCount": max(0, done - batch.failed),
        "errorRecordCount": min(done, batch.failed),
    }


def list_batches(call: Call) -> Params:
    """A page of jobs."""
    rows = [_view(batch, call) for batch in call.estate.batches.values()]
    return paginate(call.params, rows, "invocationJobSummaries", name="jobName", created="submitTime")


def stop(call: Call) -> Params:
    """Begins to stop a job that is under way; what it has answered so far is not written."""
    batch = find(call)
    if batch.status not in UNDER_WAY or batch.status == "Stopping":
        raise errors.conflict(f"The job {batch.name} is {batch.status}; only a job under way can be stopped.")
    call.estate.batches[batch.arn] = replace(
        batch, status="Stopping", changed=call.now, due=call.now + timedelta(minutes=1)
    )
    return {}


def find(call: Call) -> BatchJob:
    """The job named by `jobIdentifier`, or ResourceNotFoundException."""
    wanted = call.params["jobIdentifier"]
    for batch in call.estate.batches.values():
        if wanted in (batch.arn, batch.arn.rsplit("/", 1)[1]):
            return batch
    raise errors.not_found(f"There is no batch inference job {wanted} in this account and Region.")
