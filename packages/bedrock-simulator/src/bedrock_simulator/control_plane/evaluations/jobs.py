"""Create, Get, List and StopEvaluationJob, BatchDeleteEvaluationJob (User Guide, model-evaluation-jobs-management-*).

A name is unique in an account and Region. Jobs can be deleted when they are Completed, Failed or Stopped, and disappear
a minute later. The API returns no aggregated scores: they are in S3. How long a job takes is an ASSUMPTION.
"""

from dataclasses import replace
from datetime import timedelta

from bedrock_simulator import errors
from bedrock_simulator.catalog import job_limits
from bedrock_simulator.control_plane.call import (
    ControlPlaneCall,
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


def create(call: ControlPlaneCall) -> Params:
    """Creates a job; its dataset is read later."""
    params = call.params
    request.check(call)
    if any(job.name == params["jobName"] for job in call.resources.evaluations.values()):
        raise errors.conflict(f"The job name {params['jobName']} is already in use in this account and Region.")
    _check_quota(call)
    _check_locations(call)
    arn = call.arn(f"evaluation-job/{call.new_id('evaluation')}")
    check_role(call, arn)
    call.tag(arn, params.get("jobTags"))
    call.resources.evaluations[arn] = EvaluationJob(
        arn, params["jobName"], params, call.now, call.now, call.now + RUNNING
    )
    return {"jobArn": arn}


def _check_quota(call: ControlPlaneCall) -> None:
    jobs, most = call.resources.evaluations.values(), job_limits.MAX_CONCURRENT_EVALUATIONS
    running = sum(job.status in ("InProgress", "Stopping") for job in jobs)
    if running >= most:
        raise errors.quota(f"The account has {running} automatic evaluation jobs at once; at most {most}.")
    if len(jobs) >= job_limits.MAX_EVALUATION_JOBS:
        raise errors.quota(f"The account has {len(jobs)} evaluation jobs; at most {job_limits.MAX_EVALUATION_JOBS}.")


def _check_locations(call: ControlPlaneCall) -> None:
    check_buckets(call, outputDataConfig=call.params["outputDataConfig"]["s3Uri"])
    for each in request.read(call.params).datasets:
        check_buckets(call, datasetLocation=each["dataset"].get("datasetLocation", {}).get("s3Uri"))
    resolve_key(call, call.params.get("customerEncryptionKeyId"))


def get(call: ControlPlaneCall) -> Params:
    """Returns the job with that ARN."""
    job = find(call, call.params["jobIdentifier"])
    parameters = job.request
    return without_none(
        jobName=job.name,
        status=job.status,
        jobArn=job.arn,
        jobDescription=parameters.get("jobDescription"),
        roleArn=parameters["roleArn"],
        customerEncryptionKeyId=parameters.get("customerEncryptionKeyId"),
        jobType="Automated",
        applicationType=parameters.get("applicationType", "ModelEvaluation"),
        evaluationConfig=parameters["evaluationConfig"],
        inferenceConfig=parameters["inferenceConfig"],
        outputDataConfig=parameters["outputDataConfig"],
        creationTime=job.created,
        lastModifiedTime=job.changed,
        failureMessages=[job.failure] if job.failure else None,
    )


def list_evaluations(call: ControlPlaneCall) -> Params:
    """Returns a page of at most five jobs, as the service's model says."""
    application_type = call.params.get("applicationTypeEquals", "ModelEvaluation")
    rows = [_summary(job, request.read(job.request)) for job in call.resources.evaluations.values()]
    rows = [row for row in rows if row["applicationType"] == application_type]
    params = {**call.params, "maxResults": min(call.params.get("maxResults", _PAGE), _PAGE)}
    return paginate(params, rows, "jobSummaries", name="jobName", created="creationTime")


def _summary(job: EvaluationJob, evaluation: EvaluationRequest) -> Params:
    model = {"bedrockModelIdentifiers": [evaluation.model]} if evaluation.model else {}
    source = {"precomputedInferenceSourceIdentifiers": [evaluation.source]} if evaluation.source else {}
    return without_none(
        jobArn=job.arn,
        jobName=job.name,
        status=job.status,
        creationTime=job.created,
        jobType="Automated",
        evaluationTaskTypes=list(dict.fromkeys(each["taskType"] for each in evaluation.datasets)),
        modelIdentifiers=[evaluation.model] if evaluation.model else None,
        evaluatorModelIdentifiers=[evaluation.judge] if evaluation.judge else None,
        customMetricsEvaluatorModelIdentifiers=[evaluation.custom_judge] if evaluation.custom_judge else None,
        inferenceConfigSummary={"modelConfigSummary": {**model, **source}},
        applicationType=job.request.get("applicationType", "ModelEvaluation"),
    )


def stop(call: ControlPlaneCall) -> Params:
    """Stops a running job, which then writes no report."""
    job = find(call, call.params["jobIdentifier"])
    if job.status != "InProgress":
        raise errors.conflict(f"The job {job.name} is {job.status}; only a job in progress can be stopped.")
    call.resources.evaluations[job.arn] = replace(job, status="Stopping", changed=call.now, due=call.now + MINUTE)
    return {}


def batch_delete(call: ControlPlaneCall) -> Params:
    """Deletes jobs that are over, and returns an error for each of the others."""
    deleted, refused = [], []
    for arn in call.params["jobIdentifiers"]:
        try:
            job = _finished_job(call, arn)
        except errors.ServiceError as why:
            refused.append({"jobIdentifier": arn, "code": why.code, "message": why.message})
            continue
        call.resources.evaluations[arn] = replace(job, status="Deleting", changed=call.now, due=call.now + MINUTE)
        deleted.append({"jobIdentifier": arn, "jobStatus": "Deleting"})
    return {"errors": refused, "evaluationJobs": deleted}


def _finished_job(call: ControlPlaneCall, arn: str) -> EvaluationJob:
    job = find(call, arn)
    if job.status not in ("Completed", "Failed", "Stopped"):
        raise errors.conflict(f"The job {job.name} is {job.status}; it can be deleted when it has ended.")
    return job


def find(call: ControlPlaneCall, arn: str) -> EvaluationJob:
    """Returns the job. Raises ResourceNotFoundException."""
    job = call.resources.evaluations.get(arn)
    if job is None:
        raise errors.not_found(f"There is no evaluation job {arn} in this account and Region.")
    return job
