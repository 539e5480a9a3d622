"""What the work of jobs may use, and what a change of their status is told with.

What a job's role must be allowed before the job calls a model under it.

User Guide: a profile needs bedrock:InvokeModel on its own ARN and, with `bedrock:InferenceProfileArn`, on the model in
every destination Region; batch-iam-sr and the roles of evaluation jobs say the same. A distillation's teacher that is
named by its own id needs nothing that is documented, and is not asked about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_simulator import records
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.control_plane import inference_profiles
from bedrock_simulator.faults import Faults
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.ports import Roles
from bedrock_simulator.records import RegionResources
from bedrock_simulator.runtime.call import Call


@dataclass(frozen=True, slots=True)
class JobContext:
    """The account's teacher, the faults, and a call to any model of the Region, whose `params` are the model id alone.

    `call` raises the runtime's own errors for what cannot be called. It takes the lock while it looks.
    """

    now: datetime
    teacher: Teacher
    faults: Faults
    call: Callable[[str], Call]


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A job's present status, with the event that tells of it when it is new."""

    arn: str
    name: str
    status: str
    changed: datetime
    detail_type: str
    detail: dict[str, Any]


INVOKE = "bedrock:InvokeModel"


@dataclass(frozen=True, slots=True)
class RequiredPermission:
    """One resource to invoke, with the condition keys of the request."""

    resource: str
    keys: Mapping[str, str]


def required_permissions(model_id: str, estate: RegionResources) -> list[RequiredPermission]:
    """Everything a call of the model touches from the estate's Region."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    if name in supported_models.PROFILES:
        arn = f"arn:aws:bedrock:{estate.region}:{estate.account}:inference-profile/{name}"
        return _profile_permissions(
            arn, inference_profiles.destinations(*supported_models.PROFILES[name], estate.region)
        )
    if ":application-inference-profile/" in model_id:
        return _profile_permissions(model_id, records.find_application_profile(estate, model_id).models)
    if model_id.startswith("arn:"):
        return [RequiredPermission(model_id, {})]
    return [RequiredPermission(f"arn:aws:bedrock:{estate.region}::foundation-model/{model_id}", {})]


def _profile_permissions(arn: str, models: tuple[str, ...]) -> list[RequiredPermission]:
    return [
        RequiredPermission(arn, {}),
        *[RequiredPermission(model, {"bedrock:InferenceProfileArn": arn}) for model in models],
    ]


def is_profile(model_id: str) -> bool:
    """Whether a model is named through an inference profile."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    return name in supported_models.PROFILES or ":application-inference-profile/" in model_id


def missing_permission(roles: Roles, estate: RegionResources, role_arn: str, model_id: str) -> str | None:
    """The sentence for the first resource that the role may not invoke, None when it may invoke all."""
    for need in required_permissions(model_id, estate):
        if not roles.may(estate.account, estate.region, role_arn, INVOKE, need.resource, need.keys):
            return f"{role_arn} is not authorized to perform: {INVOKE} on resource: {need.resource}"
    return None
