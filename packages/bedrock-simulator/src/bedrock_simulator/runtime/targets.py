"""What a `modelId` of the runtime points to, and whether it may be called now.

It may be a foundation model's id or ARN, a system profile's id or ARN, an application profile's ARN, a
provisioned model's ARN or a custom model deployment's ARN. A profile is of the Region and account that is called.
A custom model's own ARN fails the pattern of `modelId`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from bedrock_simulator import errors, lookup
from bedrock_simulator.catalog import offers
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.records import CustomModel, Estate

_ELSEWHERE = {
    ":prompt/": "prompts of Prompt management",
    "prompt-router/": "prompt routers",
    ":imported-model/": "imported models",
    ":sagemaker:": "endpoints of the Bedrock Marketplace",
}
ENDED = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
INVALID = "The provided model identifier is invalid."


@dataclass(frozen=True, slots=True)
class Target:
    """What answers: a foundation model, or a custom model of one.

    `through` is how it was named: model, system or application (a profile of more than one Region), provisioned or
    deployment.
    """

    model: Model
    through: str
    custom: CustomModel | None = None

    @property
    def hosted(self) -> bool:
        """On capacity or a deployment of the account's own, not on demand."""
        return self.through in ("provisioned", "deployment")


def resolve(model_id: str, estate: Estate, now: datetime) -> Target:
    """The target, or the error the service gives."""
    today = now.date()
    for part, what in _ELSEWHERE.items():
        if part in model_id:
            raise errors.validation(f"The local Bedrock does not simulate {what}.")
    if ":provisioned-model/" in model_id or ":custom-model-deployment/" in model_id:
        return _custom(model_id, estate, today)
    if ":application-inference-profile/" in model_id:
        profile = lookup.application_profile(estate, model_id)
        model = offers.PROFILES[profile.source][1] if profile.source_is_profile else offers.MODELS[profile.source]
        _alive(model, today)
        return Target(model, "application" if profile.source_is_profile else "model")
    arn, _, name = model_id.rpartition(":inference-profile/")
    if arn and arn != f"arn:aws:bedrock:{estate.region}:{estate.account}":
        raise errors.validation(INVALID)
    if name in offers.PROFILES:
        return _system(name, estate.region, today)
    return _bare(model_id, estate.region, today)


def _custom(model_id: str, estate: Estate, today: date) -> Target:
    if ":provisioned-model/" in model_id:
        host = lookup.throughput(estate, model_id)
        serving, arn, through = host.status in ("InService", "Updating"), host.model_arn, "provisioned"
    else:
        deployment = lookup.deployment(estate, model_id)
        serving, arn, through = deployment.status == "Active", deployment.model_arn, "deployment"
    if not serving:
        raise errors.not_ready(f"{model_id} is not ready to serve inference requests.")
    base = offers.model_of(arn)
    if base is not None:
        _alive(base, today)
        return Target(base, through)
    custom = lookup.custom_model(estate, arn)
    model = offers.VARIANTS[lookup.base_id(custom)]
    _alive(model, today)
    return Target(model, through, custom)


def _system(name: str, region: str, today: date) -> Target:
    _alive(offers.PROFILES[name][1], today)
    found = lookup.system_profile(name, region, today)
    if found is None:
        raise errors.validation(INVALID)
    return Target(found[1], "system")


def _bare(model_id: str, region: str, today: date) -> Target:
    model = offers.model_of(model_id)
    if model is None or today < model.first:
        raise errors.validation(INVALID)
    _alive(model, today)
    name = model_id.rsplit("foundation-model/", 1)[-1]
    elsewhere = model_id.startswith("arn:") and model_id.split(":")[3] != region
    if elsewhere or region not in model.regions:
        raise errors.validation(INVALID)
    if name in model.variants or region not in model.in_region:
        raise errors.validation(
            f"Invocation of model ID {model_id} with on-demand throughput isn’t supported. Retry your request with "
            "the ID or ARN of an inference profile that contains this model."
        )
    return Target(model, "model")


def _alive(model: Model, today: date) -> None:
    if model.ended(today):
        raise errors.not_found(ENDED)
