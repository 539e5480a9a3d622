"""Create, Get, List and StopEvaluationJob, BatchDeleteEvaluationJob (User Guide, model-evaluation-jobs-management-*).

A name is unique in an account and Region. Jobs are deleted when they are Completed, Failed or Stopped, and are gone a
minute later. Aggregates are nowhere in the API: they are in S3. How long a job takes is an ASSUMPTION.
"""

from dataclasses import replace
from datetime import timedelta

from bedrock_simulator import errors
from bedrock_simulator.catalog import job_limits
from bedrock_simulator.control_plane.call import (
    Call,
    Params,
    check_buckets,
    check_role,
    paginate,
    resolve_key,
    without_none,
)
from bedrock_simulator.control_plane.evaluations import request
from bedrock_simulator.control_plane.evaluations.request import EvaluationRequest
from bedrock_simulator.records import EvaluationJob

RUNNING, MINUTE = timedelta(minutes=20), timedelta(minutes=1)
_PAGE = 5


def create(call: Call) -> Params:
    """Accepts a job; its dataset is read later."""
    params = call.params
    request.check(call)
    if any(job.name == params["jobName"] for job in call.estate.evaluations.values()):
        raise errors.conflict(f"The job name {params['jobName']} is already in use in this account and Region.")
    _check_quota(call)
    _check_locations(call)
    arn = call.arn(f"evaluation-job/{call.mint('evaluation')}")
    check_role(call, arn)
    call.tag(arn, params.get("jobTags"))
    call.estate.evaluations[arn] = EvaluationJob(arn, params["jobName"], params, call.now, call.now, call.now + RUNNING)
    return {"jobArn": arn}


def _check_quota(call: Call) -> None:
    jobs, most = call.estate.evaluations.values(), job_limits.MAX_CONCURRENT_EVALUATIONS
    running = sum(job.status in ("InProgress", "Stopping") for job in jobs)
    if running >= most:
        raise errors.quota(f"The account has {running} automatic evaluation jobs at once; at most {most}.")
    if len(jobs) >= job_limits.MAX_EVALUATION_JOBS:
        raise errors.quota(f"The account has {len(jobs)} evaluation jobs; at most {job_limits.MAX_EVALUATION_JOBS}.")


def _check_locations(call: Call) -> None:
    check_buckets(call, outputDataConfig=call.params["outputDataConfig"]["s3Uri"])
    for each in request.read(call.params).datasets:
        check_buckets(call, datasetLocation=each["dataset"]["datasetLocation"]["s3Uri"])
    resolve_key(call, call.params.get("customerEncryptionKeyId"))


def get(call: Call) -> Params:
    """The job by ARN."""
    job = find(call, call.params["jobIdentifier"])
    asked = job.request
    return without_none(
        jobName=job.name,
        status=job.status,
        jobArn=job.arn,
        jobDescription=asked.get("jobDescription"),
        roleArn=asked["roleArn"],
        customerEncryptionKeyId=asked.get("customerEncryptionKeyId"),
        jobType="Automated",
        applicationType=asked.get("applicationType", "ModelEvaluation"),
        evaluationConfig=asked["evaluationConfig"],
        inferenceConfig=asked["inferenceConfig"],
        outputDataConfig=asked["outputDataConfig"],
        creationTime=job.created,
        lastModifiedTime=job.changed,
        failureMessages=[job.failure] if job.failure else None,
    )


def list_evaluations(call: Call) -> Params:
    """A page of summaries: the service's model has one to five in an answer, so an empty one has no list at all."""
    wanted = call.params.get("applicationTypeEquals", "ModelEvaluation")
    rows = [_summary(job, request.read(job.request)) for job in call.estate.evaluations.values()]
    rows = [row for row in rows if row["applicationType"] == wanted]
    asked = {**call.params, "maxResults": min(call.params.get("maxResults", _PAGE), _PAGE)}
    page = paginate(asked, rows, "jobSummaries", name="jobName", created="creationTime")
    return page if page["jobSummaries"] else {}


def _summary(job: EvaluationJob, asked: EvaluationRequest) -> Params:
    model = {"bedrockModelIdentifiers": [asked.model]} if asked.model else {}
    source = {"precomputedInferenceSourceIdentifiers": [asked.source]} if asked.source else {}
    return without_none(
        jobArn=job.arn,
        jobName=job.name,
        status=job.status,
        creationTime=job.created,
        jobType="Automated",
        evaluationTaskTypes=list(dict.fromkeys(each["taskType"] for each in asked.datasets)),
        modelIdentifiers=[asked.model] if asked.model else None,
        evaluatorModelIdentifiers=[asked.judge] if asked.judge else None,
        customMetricsEvaluatorModelIdentifiers=[asked.custom_judge] if asked.custom_judge else None,
        inferenceConfigSummary={"modelConfigSummary": {**model, **source}},
        applicationType=job.request.get("applicationType", "ModelEvaluation"),
    )


def stop(call: Call) -> Params:
    """Begins to stop a running job; it writes nothing."""
    job = find(call, call.params["jobIdentifier"])
    if job.status != "InProgress":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.estate.evaluations[job.arn] = replace(job, status="Stopping", changed=call.now, due=call.now + MINUTE)
    return {}


def batch_delete(call: Call) -> Params:
    """Begins to delete jobs that are over; what cannot be deleted is told job by job."""
    deleted, refused = [], []
    for arn in call.params["jobIdentifiers"]:
        try:
            job = _finished_job(call, arn)
        except errors.ServiceError as why:
            refused.append({"jobIdentifier": arn, "code": why.code, "message": why.message})
            continue
        call.estate.evaluations[arn] = replace(job, status="Deleting", changed=call.now, due=call.now + MINUTE)
        deleted.append({"jobIdentifier": arn, "jobStatus": "Deleting"})
    return {"errors": refused, "evaluationJobs": deleted}


def _finished_job(call: Call, arn: str) -> EvaluationJob:
    job = find(call, arn)
    if job.status not in ("Completed", "Failed", "Stopped"):
        raise errors.conflict(f"The job {job.name} is {job.status}; it can be deleted when it is over.")
    return job


def find(call: Call, arn: str) -> EvaluationJob:
    """The job, or ResourceNotFoundException."""
    job = call.estate.evaluations.get(arn)
    if job is None:
        raise errors.not_found(f"There is no evaluation job {arn} in this account and Region.")
    return job
