"""What a `modelId` of the runtime points to, and whether it may be called now.

It may be a foundation model's id or ARN, a system profile's id or ARN, an application profile's ARN, a
provisioned model's ARN or a custom model deployment's ARN. A profile is of the Region and account that is called.
A custom model's own ARN fails the pattern of `modelId`.

One call to the runtime as an operation sees it, and what an operation answers.

The target is resolved under the engine's lock, the operation runs outside of it: a model may take its time, and
everything here is frozen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.records import CustomModel, RegionResources
from bedrock_simulator.runtime.burndown import Burndown
from bedrock_simulator.settings import Settings

_NOT_SIMULATED = {
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


def resolve_target(model_id: str, estate: RegionResources, now: datetime) -> Target:
    """The target, or the error the service gives."""
    today = now.date()
    for part, what in _NOT_SIMULATED.items():
        if part in model_id:
            raise errors.validation(f"The local Bedrock does not simulate {what}.")
    if ":provisioned-model/" in model_id or ":custom-model-deployment/" in model_id:
        return _hosted_model(model_id, estate, today)
    if ":application-inference-profile/" in model_id:
        profile = records.find_application_profile(estate, model_id)
        model = (
            supported_models.PROFILES[profile.source][1]
            if profile.source_is_profile
            else supported_models.MODELS[profile.source]
        )
        _check_not_ended(model, today)
        return Target(model, "application" if profile.source_is_profile else "model")
    arn, _, name = model_id.rpartition(":inference-profile/")
    if arn and arn != f"arn:aws:bedrock:{estate.region}:{estate.account}":
        raise errors.validation(INVALID)
    if name in supported_models.PROFILES:
        return _system_profile(name, estate.region, today)
    return _foundation_model(model_id, estate.region, today)


def _hosted_model(model_id: str, estate: RegionResources, today: date) -> Target:
    if ":provisioned-model/" in model_id:
        host = records.find_throughput(estate, model_id)
        serving, arn, through = host.status in ("InService", "Updating"), host.model_arn, "provisioned"
    else:
        deployment = records.find_deployment(estate, model_id)
        serving, arn, through = deployment.status == "Active", deployment.model_arn, "deployment"
    if not serving:
        raise errors.not_ready(f"{model_id} is not ready to serve inference requests.")
    base = supported_models.model_of(arn)
    if base is not None:
        _check_not_ended(base, today)
        return Target(base, through)
    custom = records.find_custom_model(estate, arn)
    model = supported_models.VARIANTS[records.base_id(custom)]
    _check_not_ended(model, today)
    return Target(model, through, custom)


def _system_profile(name: str, region: str, today: date) -> Target:
    _check_not_ended(supported_models.PROFILES[name][1], today)
    found = records.find_system_profile(name, region, today)
    if found is None:
        raise errors.validation(INVALID)
    return Target(found[1], "system")


def _foundation_model(model_id: str, region: str, today: date) -> Target:
    model = supported_models.model_of(model_id)
    if model is None or today < model.first:
        raise errors.validation(INVALID)
    _check_not_ended(model, today)
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


def _check_not_ended(model: Model, today: date) -> None:
    if model.ended(today):
        raise errors.not_found(ENDED)


Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation's checked parameters, what answers it, and the world around it.

    `teacher` answers in the place of every strong model. `of_job`: a batch inference or evaluation job asks, nobody who
    waits for the answer.
    """

    params: Params
    target: Target
    account: str
    region: str
    now: datetime
    teacher: Callable[[Prompt], str]
    settings: Settings
    burndown: Burndown
    of_job: bool = False

    @property
    def today(self) -> date:
        """The calendar's day."""
        return self.now.date()

    def seconds(self, milliseconds: float) -> float:
        """How long modelled time is really felt."""
        return milliseconds / 1000 * self.settings.latency.scale


@dataclass(frozen=True, slots=True)
class Outcome:
    """The members of the operation's output shape, `headers` that no shape has, seconds to wait before it goes out.

    `used`: tokens in and out. `logged`: the output's body as an invocation log has it, None where nothing is logged.
    """

    members: Params
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    used: tuple[int, int] = (0, 0)
    logged: Any = None
