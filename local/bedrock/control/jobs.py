"""Create, Get, List and StopModelCustomizationJob, for distillation from a training file.

What a duplicate name does is not documented (ConflictException is declared): here a job name is taken for ever, a
model name as long as a model or a running job holds it.
"""

from local.bedrock import errors
from local.bedrock.control import listing, schedule
from local.bedrock.control.call import Call, Params, present
from local.bedrock.offer import offers, quotas
from local.bedrock.offer.models import Pair
from local.bedrock.records import Job

RUNNING = ("InProgress", "Stopping")


def create(call: Call) -> Params:
    """Accepts a distillation job; whatever can be known without reading the training file is refused here."""
    params = call.params
    _training_source(params)
    teacher = _distillation(params)["teacherModelIdentifier"]
    pair = _pair(teacher, params["baseModelIdentifier"], call)
    _names_are_free(call)
    _quota(call)
    arn = call.arn(f"model-customization-job/{pair.student}/{call.mint('job')}")
    refused = call.around.roles.check(call.account, call.region, params["roleArn"], arn)
    if refused is not None:
        raise errors.validation(refused)
    base = f"arn:aws:bedrock:{call.region}::foundation-model/{pair.student}"
    call.estate.jobs[arn] = schedule.start(
        Job(arn, params["jobName"], params, base, pair.teacher, call.now, call.now, call.now)
    )
    call.tag(arn, params.get("jobTags"))
    return {"jobArn": arn}


def _training_source(params: Params) -> None:
    source = params["trainingDataConfig"]
    if ("s3Uri" in source) == ("invocationLogsConfig" in source):
        raise errors.validation(
            "trainingDataConfig must have exactly one of s3Uri and invocationLogsConfig; it has "
            f"{sorted(source) or 'neither'}."
        )
    if "invocationLogsConfig" in source:
        raise errors.validation("The local Bedrock reads training files only: give trainingDataConfig.s3Uri.")


def _distillation(params: Params) -> Params:
    if params.get("customizationType", "DISTILLATION") != "DISTILLATION":
        raise errors.validation(f"The local Bedrock runs DISTILLATION jobs only, not {params['customizationType']}.")
    settings: Params | None = params.get("customizationConfig", {}).get("distillationConfig")
    if settings is None:
        raise errors.validation("customizationConfig.distillationConfig is required for a distillation job.")
    teacher: Params = settings["teacherModelConfig"]
    return teacher


def _pair(teacher: str, base: str, call: Call) -> Pair:
    today = call.now.date()
    student_id = base.rsplit("foundation-model/", 1)[-1]
    student = offers.CUSTOMIZABLE.get(student_id)
    if student is None or call.region not in student.customize or not student.exists(today, call.region):
        raise errors.validation(f"The base model {base} cannot be customized in {call.region}.")
    if student.is_legacy(today):
        raise errors.validation(f"The base model {base} is in Legacy status: it takes no new customization jobs.")
    teacher_id, through_profile = _teacher(teacher, call)
    for pair in offers.PAIRS:
        if (pair.teacher, pair.student, pair.region) == (teacher_id, student_id, call.region):
            allowed = pair.teacher_profile if through_profile else pair.teacher_on_demand
            if allowed and pair.offered(today):
                return pair
    raise errors.validation(
        f"The teacher model {teacher} is not supported for the student model {student_id} in {call.region}."
    )


def _teacher(identifier: str, call: Call) -> tuple[str, bool]:
    profile = offers.PROFILES.get(identifier.rsplit("inference-profile/", 1)[-1])
    model = profile[1] if profile else offers.MODELS.get(identifier.rsplit("foundation-model/", 1)[-1])
    if model is None or not model.exists(call.now.date(), call.region):
        raise errors.validation(f"The teacher model {identifier} does not exist in {call.region}.")
    return model.id, profile is not None


def _names_are_free(call: Call) -> None:
    job_name, model_name = call.params["jobName"], call.params["customModelName"]
    if any(job.name == job_name for job in call.estate.jobs.values()):
        raise errors.conflict(f"The job name {job_name} is already in use in this account and Region.")
    held = {model.name for model in call.estate.models.values()}
    held |= {job.request["customModelName"] for job in call.estate.jobs.values() if job.status in RUNNING}
    if model_name in held:
        raise errors.validation(f"The custom model name {model_name} is already in use in this account and Region.")


def _quota(call: Call) -> None:
    running = sum(job.status in RUNNING for job in call.estate.jobs.values())
    most = quotas.applied(call.quotas, call.region, quotas.SCHEDULED_JOBS)
    if running >= most:
        raise errors.quota(f"The account has {running} scheduled customization jobs; at most {most}.")


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
        customizationType="DISTILLATION",
        trainingMetrics=None if job.loss is None else {"trainingLoss": job.loss},
        vpcConfig=request.get("vpcConfig"),
        customizationConfig=request["customizationConfig"],
    )


def _details(job: Job) -> Params:
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
            customizationType="DISTILLATION",
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
