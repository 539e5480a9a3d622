"""Inference profiles: those defined by the system, and the application profiles of an account.

An application profile copies a foundation model (one Region) or a system-defined profile (several). It cannot be
changed, and cannot wrap a custom model, a deployment or Provisioned Throughput (the pattern of `copyFrom`).
"""

from datetime import UTC, datetime, time

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import quotas, supported_models
from bedrock_simulator.catalog.models import Model, Profile
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, paginate, without_none
from bedrock_simulator.records import ApplicationProfile


def create(call: ControlPlaneCall) -> Params:
    """Creates an application profile, which is ACTIVE at once.

    INFERENCE: the API reference declares ConflictException and does not say when it occurs; here it does if another
    application profile of the account and Region has the name.
    """
    source, is_profile, models = _source(call.params["modelSource"]["copyFrom"], call)
    name = call.params["inferenceProfileName"]
    if any(profile.name == name for profile in call.resources.profiles.values()):
        raise errors.conflict(f"The name {name} is another inference profile's in this account and Region.")
    most = quotas.applied_quota(call.quotas, call.region, quotas.PROFILES)
    if len(call.resources.profiles) >= most:
        raise errors.quota(f"The account has {most} inference profiles, the maximum.")
    profile_id = call.new_id("profile")
    arn = call.arn(f"application-inference-profile/{profile_id}")
    call.resources.profiles[arn] = ApplicationProfile(
        arn,
        profile_id,
        name,
        source,
        is_profile,
        models,
        call.now,
        call.params.get("description"),
    )
    call.tag(arn, call.params.get("tags"))
    return {"inferenceProfileArn": arn, "status": "ACTIVE"}


def _source(copy_from: str, call: ControlPlaneCall) -> tuple[str, bool, tuple[str, ...]]:
    region = copy_from.split(":")[3]
    if region != call.region:
        raise errors.validation(f"modelSource.copyFrom {copy_from} is not in {call.region}.")
    name = copy_from.rsplit("/", 1)[1]
    if ":inference-profile/" in copy_from:
        found = records.find_system_profile(name, call.region, call.now.date())
        if found is None or call.is_foreign(copy_from):
            raise errors.not_found(f"There is no inference profile {copy_from}.")
        return name, True, destinations(*found, call.region)
    model = supported_models.MODELS.get(name)
    if model is None or not model.exists(call.now.date(), call.region) or call.region not in model.in_region:
        raise errors.validation(f"{copy_from} cannot be invoked on demand in {call.region}.")
    return name, False, (copy_from,)


def destinations(profile: Profile, model: Model, region: str) -> tuple[str, ...]:
    """The foundation-model ARNs that a call from the Region may reach."""
    return tuple(f"arn:aws:bedrock:{to}::foundation-model/{model.id}" for to in profile.routes[region])


def get(call: ControlPlaneCall) -> Params:
    """Returns the profile with that ID or ARN, of either type."""
    identifier = call.params["inferenceProfileIdentifier"]
    found = records.find_system_profile(identifier.rsplit(":inference-profile/", 1)[-1], call.region, call.now.date())
    if found and not call.is_foreign(identifier):
        return _system_view(*found, call)
    return _view(records.find_application_profile(call.resources, identifier))


def _system_view(profile: Profile, model: Model, call: ControlPlaneCall) -> Params:
    # Names and descriptions follow the documented patterns, which allow neither dots nor commas.
    began = datetime.combine(model.first, time(), UTC)
    geography, regions = profile.id.split(".")[0], profile.routes[call.region]
    return {
        "inferenceProfileName": f"{geography.upper()} {model.provider} {model.name}".replace(".", "-"),
        "description": f"Routes requests to {model.name} in {' '.join(r or 'global' for r in regions)}.",
        "createdAt": began,
        "updatedAt": began,
        "inferenceProfileArn": call.arn(f"inference-profile/{profile.id}"),
        "models": [{"modelArn": arn} for arn in destinations(profile, model, call.region)],
        "inferenceProfileId": profile.id,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


def _view(profile: ApplicationProfile) -> Params:
    return without_none(
        inferenceProfileName=profile.name,
        description=profile.description,
        createdAt=profile.created,
        updatedAt=profile.created,
        inferenceProfileArn=profile.arn,
        models=[{"modelArn": arn} for arn in profile.models],
        inferenceProfileId=profile.id,
        status="ACTIVE",
        type="APPLICATION",
    )


def list_profiles(call: ControlPlaneCall) -> Params:
    """Returns a page of profiles: without a type, those defined by the system, as the service does."""
    if call.params.get("typeEquals", "SYSTEM_DEFINED") == "APPLICATION":
        rows = [_view(profile) for profile in call.resources.profiles.values()]
    else:
        found = [records.find_system_profile(name, call.region, call.now.date()) for name in supported_models.PROFILES]
        rows = [_system_view(*pair, call) for pair in found if pair]
    return paginate(call.params, rows, "inferenceProfileSummaries", name="inferenceProfileName", created="createdAt")


def delete(call: ControlPlaneCall) -> Params:
    """Deletes an application profile."""
    profile = records.find_application_profile(call.resources, call.params["inferenceProfileIdentifier"])
    del call.resources.profiles[profile.arn]
    call.resources.tags.pop(profile.arn, None)
    return {}
