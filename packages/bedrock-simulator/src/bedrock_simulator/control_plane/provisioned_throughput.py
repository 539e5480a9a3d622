"""Provisioned Throughput: model units that bill by the hour until deleted (User Guide, prov-throughput, prov-thru-*).

Quotas of model units are 0 until AWS Support raises them. There are two kinds: the units of one provisioned model, and
the units of all no-commitment ones of custom, or of base, models together. The message for no units at all was observed
by others; the one for too many is the simulator's.

A commitment of one or six months cannot be deleted before its term ends, and then renews itself. The guide does not say
whether a renewed one can be deleted: here it can. Only throughput of a custom model may change its model, to its base
or to another custom model of the same base; the old model serves until that is done. Months have 30 days; creating
takes 10 minutes and updating 5 minutes (ASSUMPTIONS).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import models, quotas, supported_models
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, paginate, without_none
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.records import RegionResources, Throughput

CREATING, UPDATING = timedelta(minutes=10), timedelta(minutes=5)
NO_CAPACITY = "There is not enough capacity (injected by a fault of this simulator)."
COMMITMENT = {"OneMonth": timedelta(days=30), "SixMonths": timedelta(days=180)}


def create(call: ControlPlaneCall) -> Params:
    """Buys model units for a custom model or for a base model that supports it."""
    params = call.params
    _name_is_free(params["provisionedModelName"], call)
    model_arn, base = _hosted(params["modelId"], call)
    _eligible(base, call)
    _quota(params, model_arn, base, call)
    arn = call.arn(f"provisioned-model/{call.new_id('throughput')}")
    call.tag(arn, params.get("tags"))
    call.resources.throughputs[arn] = Throughput(
        arn,
        params["provisionedModelName"],
        params["modelUnits"],
        model_arn,
        model_arn,
        base,
        call.now,
        call.now,
        call.now + CREATING,
        commitment=params.get("commitmentDuration"),
    )
    return {"provisionedModelArn": arn}


def _name_is_free(name: str, call: ControlPlaneCall) -> None:
    if any(t.name == name for t in call.resources.throughputs.values()):
        raise errors.validation(f"The provisioned model name {name} is already in use.")


def _hosted(identifier: str, call: ControlPlaneCall) -> tuple[str, str]:
    """The ARN of the model to host, and the ARN of its base."""
    name = identifier.rsplit("foundation-model/", 1)[-1]
    if name in supported_models.VARIANTS and call.is_foreign(identifier):
        raise errors.validation(f"{identifier} is not in {call.region}.")
    if name in supported_models.VARIANTS:
        arn = f"arn:aws:bedrock:{call.region}::foundation-model/{name}"
        return arn, arn
    if supported_models.model_of(identifier):
        raise errors.validation(f"{identifier} cannot be hosted on Provisioned Throughput; name one of its variants.")
    model = records.find_custom_model(call.resources, identifier)
    return model.arn, model.base


def _eligible(base: str, call: ControlPlaneCall) -> None:
    variant, today = base.rsplit("/", 1)[1], call.now.date()
    model = supported_models.VARIANTS[variant]
    if not models.is_provisionable(variant, call.region, today) or not model.exists(today, call.region):
        raise errors.validation(f"Provisioned Throughput is not supported for {variant} in {call.region}.")
    if model.is_legacy(today):
        raise errors.validation(f"{model.id} is in Legacy status: it takes no new Provisioned Throughput.")


def _quota(params: Params, model_arn: str, base: str, call: ControlPlaneCall) -> None:
    units, variant = params["modelUnits"], base.rsplit("/", 1)[1]
    most = quotas.units_per_throughput(call.quotas, call.region, variant)
    limits = [(most, 0, f"of one provisioned model of {variant}")]
    if "commitmentDuration" not in params:
        code = quotas.ACROSS_CUSTOM if _is_custom(model_arn) else quotas.ACROSS_BASE
        granted, used = quotas.applied_quota(call.quotas, call.region, code), _uncommitted(model_arn, call)
        limits.append((granted, used, "reserved for your account without commitment"))
    for allowed, used, what in limits:
        if allowed == 0:
            kind = "" if "commitmentDuration" in params else "no commitment "
            raise errors.quota(f"Your account does not currently have any {kind}model units reserved for {variant}")
        if used + units > allowed:
            raise errors.quota(
                f"{units} model unit(s) for {variant} are too many: {used} of the {allowed} {what} are in use."
            )


def _is_custom(model_arn: str) -> bool:
    return ":custom-model/" in model_arn


def _uncommitted(model_arn: str, call: ControlPlaneCall) -> int:
    """Units in use without commitment, of custom models or of base models, like this one."""
    return sum(
        t.units
        for t in call.resources.throughputs.values()
        if t.commitment is None and t.status != "Failed" and _is_custom(t.model_arn) == _is_custom(model_arn)
    )


def get(call: ControlPlaneCall) -> Params:
    """Returns the throughput with that name or ARN."""
    return _view(records.find_throughput(call.resources, call.params["provisionedModelId"]), call.now)


def _expires(throughput: Throughput, now: datetime) -> datetime | None:
    """When the current term ends."""
    term = COMMITMENT.get(throughput.commitment or "")
    return throughput.created + term * ((now - throughput.created) // term + 1) if term else None


def _view(throughput: Throughput, now: datetime) -> Params:
    return without_none(
        modelUnits=throughput.units,
        desiredModelUnits=throughput.units,
        provisionedModelName=throughput.name,
        provisionedModelArn=throughput.arn,
        modelArn=throughput.model_arn,
        desiredModelArn=throughput.desired_arn,
        foundationModelArn=throughput.base,
        status=throughput.status,
        creationTime=throughput.created,
        lastModifiedTime=throughput.changed,
        failureMessage=throughput.failure,
        commitmentDuration=throughput.commitment,
        commitmentExpirationTime=_expires(throughput, now),
    )


def list_throughputs(call: ControlPlaneCall) -> Params:
    """Returns a page of provisioned models."""
    model = call.params.get("modelArnEquals")
    rows = [_view(t, call.now) for t in call.resources.throughputs.values() if model in (None, t.model_arn)]
    for row in rows:
        row.pop("failureMessage", None)
    return paginate(call.params, rows, "provisionedModelSummaries", name="provisionedModelName", created="creationTime")


def update(call: ControlPlaneCall) -> Params:
    """Renames it, or starts to replace the custom model by its base or by another one of the same base."""
    throughput, params = records.find_throughput(call.resources, call.params["provisionedModelId"]), call.params
    if throughput.status != "InService":
        raise errors.validation(f"{throughput.arn} is {throughput.status}; it can be updated when InService.")
    if not {"desiredProvisionedModelName", "desiredModelId"} & set(params):
        raise errors.validation("Give desiredProvisionedModelName, desiredModelId or both.")
    changed = throughput
    if (name := params.get("desiredProvisionedModelName", throughput.name)) != throughput.name:
        _name_is_free(name, call)
        changed = replace(changed, name=name, changed=call.now)
    if "desiredModelId" in params:
        desired = _desired(throughput, params["desiredModelId"], call)
        changed = replace(changed, desired_arn=desired, status="Updating", changed=call.now, due=call.now + UPDATING)
    call.resources.throughputs[throughput.arn] = changed
    return {}


def _desired(throughput: Throughput, identifier: str, call: ControlPlaneCall) -> str:
    if not _is_custom(throughput.model_arn):
        raise errors.validation(f"{throughput.arn} hosts a base model, so its model cannot be changed.")
    desired, base = _hosted(identifier, call)
    if base != throughput.base:
        raise errors.validation(f"{desired} has the base {base}; the throughput was bought for {throughput.base}.")
    return desired


def delete(call: ControlPlaneCall) -> Params:
    """Deletes it, which ends billing; not while it is created or updated, nor before a commitment has ended."""
    throughput = records.find_throughput(call.resources, call.params["provisionedModelId"])
    if throughput.status in ("Creating", "Updating"):
        raise errors.conflict(f"{throughput.arn} is {throughput.status}; it can be deleted when that is over.")
    term = COMMITMENT.get(throughput.commitment or "")
    if term and call.now < throughput.created + term:
        raise errors.conflict(f"{throughput.arn} is committed until {throughput.created + term}.")
    del call.resources.throughputs[throughput.arn]
    call.resources.tags.pop(throughput.arn, None)
    call.resources.released.append(replace(throughput, released=call.now))
    return {}


def advance(resources: RegionResources, now: datetime, faults: Faults) -> None:
    """Applies the changes of status that are due."""
    for arn, throughput in list(resources.throughputs.items()):
        if throughput.due is None or now < throughput.due:
            continue
        context = FaultContext(
            resources.account, resources.region, named=throughput.name, subject=f"{arn} {throughput.due}"
        )
        if faults.match("stalled-throughput", context):
            continue
        creating = throughput.status == "Creating"
        if creating and (fault := faults.match("failed-throughput", context)):
            changed = replace(throughput, status="Failed", failure=fault.message or NO_CAPACITY)
        else:
            changed = replace(throughput, status="InService", model_arn=throughput.desired_arn)
        resources.throughputs[arn] = replace(changed, changed=throughput.due, due=None)
