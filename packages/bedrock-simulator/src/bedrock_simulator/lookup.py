"""Finding what an account has, or what everybody has, by a name or ARN that a request carries."""

from datetime import date

from bedrock_simulator import errors
from bedrock_simulator.catalog import offers
from bedrock_simulator.catalog.models import Model, Profile
from bedrock_simulator.records import ApplicationProfile, CustomModel, Deployment, Estate, Throughput


def custom_model(estate: Estate, identifier: str) -> CustomModel:
    """The model with that name or ARN, or ResourceNotFoundException."""
    for model in estate.models.values():
        if identifier in (model.arn, model.name):
            return model
    raise errors.not_found(f"There is no custom model {identifier} in this account and Region.")


def base_id(model: CustomModel) -> str:
    """The id of the variant it was trained from, e.g. `amazon.nova-micro-v1:0:128k`."""
    return model.base.rsplit("/", 1)[1]


def deployment(estate: Estate, identifier: str) -> Deployment:
    """The deployment with that name or ARN, or ResourceNotFoundException."""
    for deployment in estate.deployments.values():
        if identifier in (deployment.arn, deployment.name):
            return deployment
    raise errors.not_found(f"There is no custom model deployment {identifier} in this account and Region.")


def throughput(estate: Estate, identifier: str) -> Throughput:
    """The throughput with that name or ARN, or ResourceNotFoundException."""
    for throughput in estate.throughputs.values():
        if identifier in (throughput.arn, throughput.name):
            return throughput
    raise errors.not_found(f"There is no provisioned model {identifier} in this account and Region.")


def application_profile(estate: Estate, identifier: str) -> ApplicationProfile:
    """The application profile with that id or ARN, or ResourceNotFoundException."""
    for profile in estate.profiles.values():
        if identifier in (profile.arn, profile.id):
            return profile
    raise errors.not_found(f"There is no inference profile {identifier} in this account and Region.")


def system_profile(profile_id: str, region: str, today: date) -> tuple[Profile, Model] | None:
    """A system profile that can be called from the Region on that day, with its model."""
    profile, model = offers.PROFILES.get(profile_id, (None, None))
    if profile is None or model is None or region not in profile.routes:
        return None
    begins = max(model.first, profile.first or model.first)
    return (profile, model) if begins <= today and not model.ended(today) else None
