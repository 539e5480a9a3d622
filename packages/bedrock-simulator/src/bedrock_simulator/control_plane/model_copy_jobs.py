"""Create, Get and ListModelCopyJobs, called in the Region that receives the copy (User Guide, copy-model-*).

`supported_models.COPIED_TO` lists which models can be copied where. A model of another account must be shared by AWS
RAM first (User Guide, share-model), also where it stays in its Region. ASSUMPTIONS: the copy appears when its job
completes, this takes 15 minutes, and a copy counts as customized when its original was, where that matters (on-demand
deployments).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.control_plane import customization_validation
from bedrock_simulator.control_plane.call import (
    ControlPlaneCall,
    Params,
    checked_tags,
    paginate,
    resolve_key,
    without_none,
)
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.records import CopyJob, CustomModel, RegionResources

COPYING = timedelta(minutes=15)


def create(call: ControlPlaneCall) -> Params:
    """Starts to copy a custom model into this Region."""
    params = call.params
    source = _source(params["sourceModelArn"], call)
    base = supported_models.VARIANTS[records.base_id(source)]
    if call.region not in supported_models.COPIED_TO.get(base.id, ()):
        raise errors.validation(f"Models customized from {base.id} cannot be copied to {call.region}.")
    if base.ended(call.now.date()):
        raise errors.validation(f"The base model {base.id} has reached the end of its life.")
    customization_validation.check_model_name(call, params["targetModelName"])
    key = resolve_key(call, params.get("modelKmsKeyId"))
    arn = call.arn(f"model-copy-job/{call.new_id('copy')}")
    target = call.arn(f"custom-model/{records.base_id(source)}/{call.new_id('model')}")
    tags = tuple(checked_tags(target, params.get("targetModelTags")).items())
    call.resources.copies[arn] = CopyJob(
        arn, source, target, params["targetModelName"], call.now, call.now + COPYING, key=key, tags=tags
    )
    return {"jobArn": arn}


def _source(arn: str, call: ControlPlaneCall) -> CustomModel:
    region, account = arn.split(":")[3:5]
    if ":custom-model/" not in arn:
        raise errors.validation(f"{arn} is not a custom model.")
    if account != call.account and arn not in call.services.shares.shared_with(call.account):
        raise errors.denied(f"The model {arn} is not shared with the account {call.account}.")
    if (account, region) == (call.account, call.region):
        raise errors.validation(f"The model {arn} is in {region} already.")
    return records.find_custom_model(call.services.resources(account, region), arn)


def get(call: ControlPlaneCall) -> Params:
    """Returns the job with that ARN."""
    found = call.resources.copies.get(call.params["jobArn"])
    if found is None:
        raise errors.not_found(f"There is no model copy job {call.params['jobArn']} in this account and Region.")
    return _view(found)


def _view(copy: CopyJob) -> Params:
    return without_none(
        jobArn=copy.arn,
        status=copy.status,
        creationTime=copy.created,
        targetModelArn=copy.target_arn,
        targetModelName=copy.target_name,
        sourceAccountId=copy.model.arn.split(":")[4],
        sourceModelArn=copy.model.arn,
        sourceModelName=copy.model.name,
        targetModelKmsKeyArn=copy.key,
        targetModelTags=[{"key": key, "value": value} for key, value in copy.tags],
    )


def list_copies(call: ControlPlaneCall) -> Params:
    """Returns a page of jobs."""
    rows = [_view(copy) for copy in call.resources.copies.values()]
    for parameter, field in (("sourceAccountEquals", "sourceAccountId"), ("sourceModelArnEquals", "sourceModelArn")):
        rows = [row for row in rows if call.params.get(parameter, row[field]) == row[field]]
    params = {**call.params, "nameContains": call.params.get("targetModelNameContains", "")}
    return paginate(params, rows, "modelCopyJobSummaries", name="targetModelName", created="creationTime")


def advance(resources: RegionResources, now: datetime, faults: Faults) -> None:
    """Completes the jobs that are due."""
    for arn, copy in list(resources.copies.items()):
        if copy.status != "InProgress" or now < copy.due:
            continue
        context = FaultContext(resources.account, resources.region, named=copy.target_name, subject=arn)
        if faults.match("stuck-job", context):
            continue
        original = copy.model
        resources.models[copy.target_arn] = replace(
            original,
            arn=copy.target_arn,
            name=copy.target_name,
            job_arn=None,
            job_name=None,
            created=copy.due,
            customized=original.customized or original.created,
            key=copy.key,
        )
        resources.tags[copy.target_arn] = dict(copy.tags)
        resources.copies[arn] = replace(copy, status="Completed")
