"""Provisioned Throughput: model units that bill by the hour until deleted (User Guide, prov-throughput).

The quota of model units is 0 in every account until support raises it. An update swaps the model for its base or
another custom model of the same base, and the old one serves until it is done. How long creating (10 minutes) and
updating (5 minutes) take is this simulator's assumption.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from local.bedrock import errors
from local.bedrock.control import custom_models, listing
from local.bedrock.control.call import Call, Params, present
from local.bedrock.offer import offers
from local.bedrock.offer.models import Model
from local.bedrock.records import Estate, Throughput
from local.bedrock.settings import Faults

CREATING, UPDATING = timedelta(minutes=10), timedelta(minutes=5)
COMMITMENT = {"OneMonth": timedelta(days=30), "SixMonths": timedelta(days=180)}


def create(call: Call) -> Params:
    """Buys model units for a custom model or a provisionable base model."""
    params = call.params
    if any(t.name == params["provisionedModelName"] for t in call.estate.throughputs.values()):
        raise errors.validation(f"The provisioned model name {params['provisionedModelName']} is already in use.")
    model_arn, base = _hosted(params["modelId"], call)
    _eligible(base, call)
    _quota(params["modelUnits"], base, call)
    arn = call.arn(f"provisioned-model/{call.mint('throughput')}")
    call.estate.throughputs[arn] = Throughput(
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
    call.tag(arn, params.get("tags"))
    return {"provisionedModelArn": arn}


def _hosted(identifier: str, call: Call) -> tuple[str, str]:
    """The ARN of what is to be hosted, and the ARN of its base."""
    name = identifier.rsplit("foundation-model/", 1)[-1]
    if name in offers.VARIANTS:
        arn = f"arn:aws:bedrock:{call.region}::foundation-model/{name}"
        return arn, arn
    if offers.model_of(identifier):
        raise errors.validation(f"{identifier} cannot be hosted on Provisioned Throughput; name one of its variants.")
    model = custom_models.find(call.estate, identifier)
    return model.arn, model.base


def _model(base: str) -> Model:
    return offers.VARIANTS[base.rsplit("/", 1)[1]]


def _eligible(base: str, call: Call) -> None:
    model, today = _model(base), call.now.date()
    if call.region not in model.throughput or not model.exists(today, call.region):
        raise errors.validation(f"Provisioned Throughput is not supported for {model.id} in {call.region}.")
    if model.is_legacy(today):
        raise errors.validation(f"{model.id} is in Legacy status: it takes no new Provisioned Throughput.")


def _quota(units: int, base: str, call: Call) -> None:
    name = base.rsplit("/", 1)[1]
    granted = call.faults.model_units
    if granted == 0:
        raise errors.quota(f"Your account does not currently have any no commitment model units reserved for {name}")
    used = sum(t.units for t in call.estate.throughputs.values() if t.status != "Failed")
    if used + units > granted:
        raise errors.quota(
            f"{units} model unit(s) for {name} are too many: {used} of the {granted} reserved for your account "
            "are in use."
        )


def get(call: Call) -> Params:
    """The throughput by name or ARN."""
    return _view(find(call.estate, call.params["provisionedModelId"]))


def _view(throughput: Throughput) -> Params:
    term = COMMITMENT.get(throughput.commitment or "")
    return present(
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
        commitmentExpirationTime=throughput.created + term if term else None,
    )


def list_throughputs(call: Call) -> Params:
    """A page of summaries."""
    model = call.params.get("modelArnEquals")
    rows = [_view(t) for t in call.estate.throughputs.values() if model in (None, t.model_arn)]
    for row in rows:
        row.pop("failureMessage", None)
    return listing.page(
        call.params, rows, "provisionedModelSummaries", name="provisionedModelName", created="creationTime"
    )


def update(call: Call) -> Params:
    """Renames, or begins to swap the model for one of the same base."""
    throughput = find(call.estate, call.params["provisionedModelId"])
    if throughput.status != "InService":
        raise errors.validation(f"{throughput.arn} is {throughput.status}; it can be updated when InService.")
    changed = replace(throughput, name=call.params.get("desiredProvisionedModelName", throughput.name))
    if "desiredModelId" in call.params:
        desired, base = _hosted(call.params["desiredModelId"], call)
        if base != throughput.base:
            raise errors.validation(f"{desired} has the base {base}; the throughput was bought for {throughput.base}.")
        changed = replace(changed, desired_arn=desired, status="Updating", changed=call.now, due=call.now + UPDATING)
    call.estate.throughputs[throughput.arn] = changed
    return {}


def delete(call: Call) -> Params:
    """Stops the billing; not while updating and not before a commitment has ended."""
    throughput = find(call.estate, call.params["provisionedModelId"])
    if throughput.status == "Updating":
        raise errors.conflict(f"{throughput.arn} is Updating; it can be deleted when that is done.")
    term = COMMITMENT.get(throughput.commitment or "")
    if term and call.now < throughput.created + term:
        raise errors.conflict(f"{throughput.arn} is committed until {throughput.created + term}.")
    del call.estate.throughputs[throughput.arn]
    call.estate.tags.pop(throughput.arn, None)
    call.estate.released.append(replace(throughput, released=call.now))
    return {}


def find(estate: Estate, identifier: str) -> Throughput:
    """The throughput with that name or ARN, or ResourceNotFoundException."""
    for throughput in estate.throughputs.values():
        if identifier in (throughput.arn, throughput.name):
            return throughput
    raise errors.not_found(f"There is no provisioned model {identifier} in this account and Region.")


def advance(estate: Estate, now: datetime, faults: Faults) -> None:
    """What is due comes about."""
    for arn, throughput in list(estate.throughputs.items()):
        if throughput.due is None or now < throughput.due or faults.stall_throughput:
            continue
        if throughput.status == "Creating" and faults.fail_throughput:
            changed = replace(throughput, status="Failed", failure="There is not enough capacity (on request).")
        else:
            changed = replace(throughput, status="InService", model_arn=throughput.desired_arn)
        estate.throughputs[arn] = replace(changed, changed=throughput.due, due=None)
