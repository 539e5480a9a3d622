"""What a job's role must be allowed before the job calls a model under it.

User Guide: a profile needs bedrock:InvokeModel on its own ARN and, with `bedrock:InferenceProfileArn`, on the model in
every destination Region; batch-iam-sr and the roles of evaluation jobs say the same. A distillation's teacher that is
named by its own id needs nothing that is documented, and is not asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_simulator import lookup
from bedrock_simulator.catalog import offers
from bedrock_simulator.control_plane import profiles
from bedrock_simulator.ports import Roles
from bedrock_simulator.records import Estate

INVOKE = "bedrock:InvokeModel"


@dataclass(frozen=True, slots=True)
class Need:
    """One resource to invoke, with the condition keys of the request."""

    resource: str
    keys: Mapping[str, str]


def needs(model_id: str, estate: Estate) -> list[Need]:
    """Everything a call of the model touches from the estate's Region."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    if name in offers.PROFILES:
        arn = f"arn:aws:bedrock:{estate.region}:{estate.account}:inference-profile/{name}"
        return _through(arn, profiles.destinations(*offers.PROFILES[name], estate.region))
    if ":application-inference-profile/" in model_id:
        return _through(model_id, lookup.application_profile(estate, model_id).models)
    if model_id.startswith("arn:"):
        return [Need(model_id, {})]
    return [Need(f"arn:aws:bedrock:{estate.region}::foundation-model/{model_id}", {})]


def _through(arn: str, models: tuple[str, ...]) -> list[Need]:
    return [Need(arn, {}), *[Need(model, {"bedrock:InferenceProfileArn": arn}) for model in models]]


def is_profile(model_id: str) -> bool:
    """Whether a model is named through an inference profile."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    return name in offers.PROFILES or ":application-inference-profile/" in model_id


def refusal(roles: Roles, estate: Estate, role_arn: str, model_id: str) -> str | None:
    """The sentence for the first resource that the role may not invoke, None when it may invoke all."""
    for need in needs(model_id, estate):
        if not roles.may(estate.account, estate.region, role_arn, INVOKE, need.resource, need.keys):
            return f"{role_arn} is not authorized to perform: {INVOKE} on resource: {need.resource}"
    return None
