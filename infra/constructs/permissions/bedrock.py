"""Amazon Bedrock. The Service Authorization Reference lists which action supports which resource type
and condition key.

An account may have several environments, and Bedrock gives its resources random ids: only their tags show the
environment that they belong to.
"""

from collections.abc import Collection, Iterable

from distillery.core import catalog
from distillery.core.names import TAG_ENVIRONMENT, Names
from infra.constructs.arn import Location
from infra.constructs.permissions.foundation_models import INVOKE, invoke_models
from infra.constructs.permissions.permission import Conditions, Permission

_IDS = "Bedrock gives these resources random ids when a run makes them; the type, Region and account are named."
_LISTS = "Bedrock's List actions take no resource: the Service Authorization Reference allows `*` alone."
_GIVEN = (
    "The Service Authorization Reference lists only evaluated models for CreateEvaluationJob, and a job on given "
    "answers evaluates none; the request must have the environment's tags, and the role that it passes is named."
)
_LOGGING = "The logging configuration is no resource: the Service Authorization Reference allows `*` alone."

_RESOURCE, _REQUEST = f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}"


def invoke_students(location: Location, names: Names) -> Permission:
    """The endpoints of the environment's distilled models in the location's Region."""
    return Permission(actions=INVOKE, resources=_endpoints(location), conditions=_owned(names), because=_IDS)


def customize(
    location: Location, names: Names, students: Iterable[str], job_role: str, *, tags: Collection[str]
) -> tuple[Permission, ...]:
    """Start, follow and stop customization jobs of the student models, under the job role.

    `tags` are the keys of all tags of a job and its model. IAM checks the job, its model and the base model for one
    request; the first two do not exist yet, and AWS's base models have no tags.
    """
    bases = tuple(location.foundation_model(catalog.model(s).customize or s) for s in sorted(set(students)))
    jobs, models = _all(location, "model-customization-job"), _all(location, "custom-model")
    made = _tagged(names, tags)
    create = ("bedrock:CreateModelCustomizationJob",)
    return (
        Permission(actions=create, resources=(*bases, *jobs, *models), conditions=made, because=_IDS),
        Permission(actions=("bedrock:TagResource",), resources=(*jobs, *models), conditions=made, because=_IDS),
        Permission(actions=("bedrock:GetModelCustomizationJob",), resources=jobs, because=_IDS),
        _pass_to_bedrock(job_role),
        stop_jobs(location, names),
    )


def evaluate(location: Location, names: Names, job_role: str, *, tags: Collection[str]) -> tuple[Permission, ...]:
    """Start, find, follow and stop evaluation jobs on given answers, under the job role.

    `tags` are the keys of all tags of a job. What the job may do is limited by its role.
    """
    jobs = _all(location, "evaluation-job")
    made = _tagged(names, tags)
    return (
        Permission(actions=("bedrock:CreateEvaluationJob",), resources=("*",), conditions=made, because=_GIVEN),
        Permission(actions=("bedrock:TagResource",), resources=jobs, conditions=made, because=_IDS),
        Permission(actions=("bedrock:GetEvaluationJob",), resources=jobs, because=_IDS),
        Permission(actions=("bedrock:ListEvaluationJobs",), resources=("*",), because=_LISTS),
        _pass_to_bedrock(job_role),
        stop_judges(location, names),
    )


def stop_orphaned_judges(location: Location, names: Names) -> tuple[Permission, ...]:
    """Find evaluation jobs and their tags, and stop those of the environment."""
    jobs = _all(location, "evaluation-job")
    return (
        Permission(actions=("bedrock:ListEvaluationJobs",), resources=("*",), because=_LISTS),
        Permission(actions=("bedrock:ListTagsForResource",), resources=jobs, because=_IDS),
        stop_judges(location, names),
    )


def stop_judges(location: Location, names: Names) -> Permission:
    """Stop the environment's evaluation jobs."""
    jobs, stop = _all(location, "evaluation-job"), ("bedrock:StopEvaluationJob",)
    return Permission(actions=stop, resources=jobs, conditions=_owned(names), because=_IDS)


def judge(location: Location, judges: Collection[str]) -> tuple[Permission, ...]:
    """What the role of an evaluation job does with its judge (UG judge-service-roles)."""
    batches = ("bedrock:CreateModelInvocationJob", "bedrock:StopModelInvocationJob")
    return (
        *invoke_models(location, judges),
        Permission(actions=batches, resources=_judging(location, judges)),
    )


def _judging(location: Location, judges: Collection[str]) -> tuple[str, ...]:
    """The models by their plain ids, and the profiles that they are called through."""
    profiles = (catalog.profile_for(model, location.region) for model in sorted(set(judges)))
    return (
        *(location.foundation_model(model) for model in sorted(set(judges))),
        *(location.arn("bedrock", f"inference-profile/{profile.id}") for profile in profiles if profile),
    )


def stop_jobs(location: Location, names: Names) -> Permission:
    """Stop the environment's jobs; also for functions that find a job whose run has ended."""
    jobs = _all(location, "model-customization-job")
    stop = ("bedrock:StopModelCustomizationJob",)
    return Permission(actions=stop, resources=jobs, conditions=_owned(names), because=_IDS)


def follow(location: Location) -> Permission:
    """The state of jobs and of their models, without a condition on tags: a resource that does not exist has none, and
    the caller must receive "not found"."""
    made = _all(location, "model-customization-job", "custom-model")
    actions = ("bedrock:GetCustomModel", "bedrock:GetModelCustomizationJob")
    return Permission(actions=actions, resources=made, because=_IDS)


def get_students(location: Location) -> Permission:
    """Whether a custom model exists, without a condition on tags: one that does not exist has none."""
    return Permission(actions=("bedrock:GetCustomModel",), resources=_all(location, "custom-model"), because=_IDS)


def create_endpoints(location: Location, names: Names, *, tags: Collection[str]) -> tuple[Permission, ...]:
    """Create endpoints of the environment's custom models, in both hosting modes: a run keeps the mode it began with.

    `tags` are the keys of all tags of an endpoint. The Service Authorization Reference stars the foundation model among
    the resources of throughput. UNVERIFIED: that a request for a custom model is not checked on its base, for which
    nobody here may buy throughput.
    """
    endpoints, models, made = _endpoints(location), _all(location, "custom-model"), _tagged(names, tags)
    create = ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    return (
        Permission(actions=create, resources=models, conditions=_tagged_over_owned(names, tags), because=_IDS),
        Permission(actions=("bedrock:TagResource",), resources=endpoints, conditions=made, because=_IDS),
        *delete_endpoints(location, names),
    )


def update_endpoints(location: Location, names: Names) -> Permission:
    """Point an endpoint of the environment to another of its models."""
    actions = ("bedrock:UpdateCustomModelDeployment", "bedrock:UpdateProvisionedModelThroughput")
    resources = (*_endpoints(location), *_all(location, "custom-model"))
    return Permission(actions=actions, resources=resources, conditions=_owned(names), because=_IDS)


def delete_endpoints(
    location: Location, names: Names, *, conditions: Conditions | None = None
) -> tuple[Permission, ...]:
    """Get endpoints, and delete those of the environment. `conditions`: those of the deletion, if they are others."""
    find = ("bedrock:GetCustomModelDeployment", "bedrock:GetProvisionedModelThroughput")
    delete = ("bedrock:DeleteCustomModelDeployment", "bedrock:DeleteProvisionedModelThroughput")
    owned = conditions or _owned(names)
    return (
        Permission(actions=find, resources=_endpoints(location), because=_IDS),
        Permission(actions=delete, resources=_endpoints(location), conditions=owned, because=_IDS),
        list_endpoints(),
    )


def delete_models(location: Location, names: Names) -> Permission:
    """Delete custom models of the environment."""
    models = _all(location, "custom-model")
    return Permission(actions=("bedrock:DeleteCustomModel",), resources=models, conditions=_owned(names), because=_IDS)


def get_profiles(location: Location) -> Permission:
    """The model of an application profile."""
    profiles = _all(location, "application-inference-profile")
    return Permission(actions=("bedrock:GetInferenceProfile",), resources=profiles, because=_IDS)


def configure_logging() -> Permission:
    """The one logging configuration of the account and Region."""
    verbs = ("Delete", "Get", "Put")
    actions = tuple(f"bedrock:{verb}ModelInvocationLoggingConfiguration" for verb in verbs)
    return Permission(actions=actions, resources=("*",), because=_LOGGING)


def read_tags(location: Location) -> Permission:
    """The tags of endpoints, which show their environment."""
    return Permission(actions=("bedrock:ListTagsForResource",), resources=_endpoints(location), because=_IDS)


def list_endpoints() -> Permission:
    actions = ("bedrock:ListCustomModelDeployments", "bedrock:ListProvisionedModelThroughputs")
    return Permission(actions=actions, resources=("*",), because=_LISTS)


def take_inventory(location: Location) -> tuple[Permission, ...]:
    """List the endpoints, models and jobs of the account, and read their tags (`distillery/core/inventory`)."""
    lists = ("bedrock:ListCustomModels", "bedrock:ListEvaluationJobs", "bedrock:ListModelCustomizationJobs")
    jobs = ("evaluation-job", "model-customization-job")
    tagged = _all(location, "custom-model", "custom-model-deployment", *jobs, "provisioned-model")
    return (
        list_endpoints(),
        Permission(actions=lists, resources=("*",), because=_LISTS),
        Permission(actions=("bedrock:ListTagsForResource",), resources=tagged, because=_IDS),
    )


def _pass_to_bedrock(role: str) -> Permission:
    condition = {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
    return Permission(actions=("iam:PassRole",), resources=(role,), conditions=condition)


def _endpoints(location: Location) -> tuple[str, ...]:
    return _all(location, "custom-model-deployment", "provisioned-model")


def _all(location: Location, *types: str) -> tuple[str, ...]:
    return tuple(location.arn("bedrock", f"{kind}/*") for kind in types)


def _owned(names: Names) -> Conditions:
    """Resources with the environment's tag."""
    return {"StringEquals": {_RESOURCE: names.environment}}


def _tagged(names: Names, keys: Collection[str]) -> Conditions:
    """Requests that tag a resource as the environment's, at its creation or later, with no other tag keys.

    A resource that does not exist yet has no tag. One with another environment's tag cannot be changed.
    """
    return {
        "StringEquals": {_REQUEST: names.environment},
        "StringEqualsIfExists": {_RESOURCE: names.environment},
        **_tag_keys(keys),
    }


def _tagged_over_owned(names: Names, keys: Collection[str]) -> Conditions:
    """Requests that create a tagged resource from one of the environment's own."""
    return {"StringEquals": {_REQUEST: names.environment, _RESOURCE: names.environment}, **_tag_keys(keys)}


def _tag_keys(keys: Collection[str]) -> Conditions:
    return {"ForAllValues:StringEquals": {"aws:TagKeys": sorted(keys)}}
