"""A call to the runtime, and the model that its `modelId` resolves to.

A `modelId` is the ID or ARN of a foundation model or of a system-defined profile, or the ARN of an application profile,
a provisioned model or a custom model deployment. Profiles are those of the called Region and account. The ARN of a
custom model does not match the pattern of `modelId`.

The model is resolved under the engine's lock, and the operation runs without it, because a model may take its time. All
types here are frozen.
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
from bedrock_simulator.runtime.prompt_cache import PromptCache
from bedrock_simulator.settings import ModelAccess, Settings

_NOT_SIMULATED = {
    ":prompt/": "prompts of Prompt management",
    "prompt-router/": "prompt routers",
    ":imported-model/": "imported models",
    ":sagemaker:": "endpoints of the Bedrock Marketplace",
}
ENDED = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
INVALID = "The provided model identifier is invalid."
NO_USE_CASE = (
    "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form "
    "before using the model. If you have already filled out the form, try again in 15 minutes."
)
UNUSED_LEGACY = (
    "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the "
    "last 30 days. Please upgrade to an active model on Amazon Bedrock"
)


@dataclass(frozen=True, slots=True)
class Target:
    """The model that answers: a foundation model, or a custom model based on one.

    Attributes:
        through: How the caller named it: model, system or application (a profile of several Regions), provisioned or
            deployment.
    """

    model: Model
    through: str
    custom: CustomModel | None = None

    @property
    def hosted(self) -> bool:
        """Whether it runs on provisioned capacity or a deployment, and not on demand."""
        return self.through in ("provisioned", "deployment")


def resolve_target(model_id: str, resources: RegionResources, now: datetime, *, counting: bool = False) -> Target:
    """Resolves a model ID. Raises the service's error if it cannot be called now.

    Args:
        model_id: The ID or ARN.
        resources: The resources of the called account and Region.
        now: The virtual time.
        counting: Whether tokens are counted: a model needs no profile for that.
    """
    today = now.date()
    for part, what in _NOT_SIMULATED.items():
        if part in model_id:
            raise errors.validation(f"The local Bedrock does not simulate {what}.")
    if ":provisioned-model/" in model_id or ":custom-model-deployment/" in model_id:
        return _hosted_model(model_id, resources, today)
    if ":application-inference-profile/" in model_id:
        profile = records.find_application_profile(resources, model_id)
        model = (
            supported_models.PROFILES[profile.source][1]
            if profile.source_is_profile
            else supported_models.MODELS[profile.source]
        )
        _check_not_ended(model, today)
        return Target(model, "application" if profile.source_is_profile else "model")
    arn, _, name = model_id.rpartition(":inference-profile/")
    if arn and arn != f"arn:aws:bedrock:{resources.region}:{resources.account}":
        raise errors.validation(INVALID)
    if name in supported_models.PROFILES:
        return _system_profile(name, resources.region, today)
    return _foundation_model(model_id, resources.region, today, counting=counting)


def _hosted_model(model_id: str, resources: RegionResources, today: date) -> Target:
    if ":provisioned-model/" in model_id:
        host = records.find_throughput(resources, model_id)
        serving, arn, through = host.status in ("InService", "Updating"), host.model_arn, "provisioned"
    else:
        deployment = records.find_deployment(resources, model_id)
        serving, arn, through = deployment.status == "Active", deployment.model_arn, "deployment"
    if not serving:
        raise errors.not_ready(f"{model_id} is not ready to serve inference requests.")
    base = supported_models.model_of(arn)
    if base is not None:
        _check_not_ended(base, today)
        return Target(base, through)
    custom = records.find_custom_model(resources, arn)
    model = supported_models.VARIANTS[records.base_id(custom)]
    _check_not_ended(model, today)
    return Target(model, through, custom)


def _system_profile(name: str, region: str, today: date) -> Target:
    _check_not_ended(supported_models.PROFILES[name][1], today)
    found = records.find_system_profile(name, region, today)
    if found is None:
        raise errors.validation(INVALID)
    return Target(found[1], "system")


def _foundation_model(model_id: str, region: str, today: date, *, counting: bool) -> Target:
    model = supported_models.model_of(model_id)
    if model is None or today < model.first:
        raise errors.validation(INVALID)
    _check_not_ended(model, today)
    name = model_id.rsplit("foundation-model/", 1)[-1]
    elsewhere = model_id.startswith("arn:") and model_id.split(":")[3] != region
    if elsewhere or region not in model.regions:
        raise errors.validation(INVALID)
    if name in model.variants or (region not in model.in_region and not counting):
        raise errors.validation(
            f"Invocation of model ID {model_id} with on-demand throughput isn’t supported. Retry your request with "
            "the ID or ARN of an inference profile that contains this model."
        )
    return Target(model, "model")


def _check_not_ended(model: Model, today: date) -> None:
    if model.ended(today):
        raise errors.not_found(ENDED)


def check_access(target: Target, access: ModelAccess, now: datetime) -> None:
    """Raises the error that the service answers with if the account has no access to the model.

    The service answers ResourceNotFoundException (404), in the sentences that users report. A custom model is the
    account's own, so its base being Legacy does not matter.
    """
    if target.model.provider == "Anthropic" and not access.use_case_submitted:
        raise errors.not_found(NO_USE_CASE)
    if target.custom is None and target.model.is_legacy(now.date()) and not access.legacy_models:
        raise errors.not_found(UNUSED_LEGACY)


Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RuntimeCall:
    """An operation's checked parameters, the model, and what the operation may use.

    Attributes:
        teacher: Answers a prompt in place of a strong model.
        of_job: Whether a batch inference or evaluation job calls, so that nobody waits for the response.
        filtered: What a content filter answers in place of the model, None if the model answers.
    """

    params: Params
    target: Target
    account: str
    region: str
    now: datetime
    teacher: Callable[[Prompt, str], str]
    settings: Settings
    burndown: Burndown
    cache: PromptCache
    of_job: bool = False
    filtered: str | None = None

    @property
    def today(self) -> date:
        """The virtual date."""
        return self.now.date()

    def seconds(self, milliseconds: float) -> float:
        """Converts modelled milliseconds to real seconds to wait."""
        return milliseconds / 1000 * self.settings.latency.scale


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an operation.

    Attributes:
        members: The members of its output shape.
        headers: Headers that no shape has.
        delay: Real seconds to wait before the response.
        used: Input and output tokens.
        logged: The output body for the invocation log, None where nothing is logged.
        latency_ms: What CloudWatch's `InvocationLatency` counts: virtual milliseconds to the last token.
    """

    members: Params
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    used: tuple[int, int] = (0, 0)
    logged: Any = None
    latency_ms: int = 0
