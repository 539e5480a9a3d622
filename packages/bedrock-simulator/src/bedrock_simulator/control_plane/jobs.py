"""Create, Get, List and StopModelCustomizationJob, for distillation and fine-tuning.

What a duplicate name does is not documented (ConflictException is declared): here a job name is taken for ever, a
model name as long as a model or a running job holds it. VPC settings are kept and told, and change nothing.
"""

from bedrock_simulator import errors
from bedrock_simulator.control_plane import admission, listing, resource_checks, schedule
from bedrock_simulator.control_plane.call import Call, Params, present
from bedrock_simulator.records import Job


def create(call: Call) -> Params:
    """Accepts a job; whatever can be known without reading the training file is refused here."""
    params, what = call.params, admission.kind(call.params)
    admission.check_source(params, what)
    variant = admission.student(call, what)
    admission.check_hyperparameters(params, variant, what)
    teacher = admission.pair(call, variant).teacher if what == admission.DISTILLATION else None
    admission.check_names(call)
    admission.check_quota(call)
    _check_places(call)
    key = resource_checks.key_arn(call, params.get("customModelKmsKeyId"))
    arn = call.arn(f"model-customization-job/{variant}/{call.mint('job')}")
    resource_checks.check_role(call, arn)
    call.tag(arn, params.get("jobTags"))
    base = f"arn:aws:bedrock:{call.region}::foundation-model/{variant}"
    call.estate.jobs[arn] = schedule.start(
        Job(arn, params["jobName"], params, base, teacher, call.now, call.now, call.now, key)
    )
    return {"jobArn": arn}


def _check_places(call: Call) -> None:
    params, source = call.params, call.params["trainingDataConfig"]
    logs = source.get("invocationLogsConfig", {}).get("invocationLogSource", {})
    resource_checks.check_buckets(
        call,
        trainingDataConfig=source.get("s3Uri", logs.get("s3Uri")),
        outputDataConfig=params["outputDataConfig"]["s3Uri"],
    )
    for validator in params.get("validationDataConfig", {}).get("validators", []):
        resource_checks.check_buckets(call, validationDataConfig=validator["s3Uri"])


def get(call: Call) -> Params:
    """The job by ARN or name."""
    job = find(call)
    request = job.request
    return present(
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
        customizationType=_kind(job),
        outputModelKmsKeyArn=job.key,
        trainingMetrics=None if job.loss is None else {"trainingLoss": job.loss},
        validationMetrics=[{"validationLoss": loss} for loss in job.validation_losses] or None,
        vpcConfig=request.get("vpcConfig"),
        customizationConfig=request.get("customizationConfig"),
    )


def _kind(job: Job) -> str:
    return admission.FINE_TUNING if job.teacher is None else admission.DISTILLATION


def _details(job: Job) -> Params | None:
    """The stages of a distillation; "for a distillation job", says the service's model."""
    if job.teacher is None:
        return None
    names = ("validationDetails", "dataProcessingDetails", "trainingDetails")
    return {
        name: present(status=phase.status, creationTime=phase.began, lastModifiedTime=phase.changed)
        for name, phase in zip(names, job.phases, strict=True)
    }


def list_jobs(call: Call) -> Params:
    """A page of summaries."""
    rows = [
        present(
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
            customizationType=_kind(job),
        )
        for job in call.estate.jobs.values()
    ]
    return listing.page(call.params, rows, "modelCustomizationJobSummaries", name="jobName", created="creationTime")


def stop(call: Call) -> Params:
    """Begins to stop a running job; there is no way back and no intermediate model."""
    job = find(call)
    if job.status != "InProgress":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.estate.jobs[job.arn] = schedule.stopping(job, call.now)
    return {}


def find(call: Call) -> Job:
    """The job named by `jobIdentifier`, or ResourceNotFoundException."""
    wanted = call.params["jobIdentifier"]
    for job in call.estate.jobs.values():
        if wanted in (job.arn, job.name):
            return job
    raise errors.not_found(f"There is no customization job {wanted} in this account and Region.")
