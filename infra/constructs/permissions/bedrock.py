"""Amazon Bedrock: which action goes with which resource type is the Service Authorization Reference's."""

from collections.abc import Collection, Iterable, Mapping

from distillery.core import catalog
from distillery.core.names import Names
from infra.constructs.arn import Place
from infra.constructs.permissions.permission import Permission
from infra.constructs.permissions.tagged import owned, tagged, tagged_over_owned

_IDS = "Bedrock gives these resources random ids when a run makes them; the type, Region and account are named."
_LISTS = "Bedrock's List actions take no resource: the Service Authorization Reference allows `*` alone."
_LOGGING = "The logging configuration is no resource: the Service Authorization Reference allows `*` alone."
_INVOKE = ("bedrock:InvokeModel",)
"""Converse is authorized as InvokeModel. Nothing on the road streams; who calls routes may (`calling`)."""


def invoke_models(place: Place, models: Iterable[str]) -> tuple[Permission, ...]:
    """Each model from the place's Region: its bare id where that is served, and through its profile.

    A profile may route anywhere among its destinations, so the model is allowed in each of them, but there only
    through the profile (UG geographic-cross-region-inference).
    """
    known = sorted(set(models))
    here = tuple(place.foundation_model(m) for m in known if place.region in catalog.model(m).in_region)
    through = {m: found.id for m in known if (found := catalog.profile_for(m, place.region))}
    direct = (Permission(actions=_INVOKE, resources=here),) if here else ()
    return (*direct, *(through_profiles(place, through) if through else ()))


def through_profiles(
    place: Place, profiles: Mapping[str, str], *application: str, actions: tuple[str, ...] = _INVOKE
) -> tuple[Permission, ...]:
    """Models (model → system profile) through these profiles, and the `application` profiles (ARNs) made from them.

    One statement for all: a profile leads to its own model alone, and a role's policies have 10,240 characters.
    """
    ways = (*(place.arn("bedrock", f"inference-profile/{profile}") for profile in profiles.values()), *application)
    there = tuple(
        place.at(region).foundation_model(model)
        for model, profile in profiles.items()
        for region in _destinations(place, model, profile)
    )
    condition = {"StringEquals": {"bedrock:InferenceProfileArn": list(ways)}}
    return (
        Permission(actions=actions, resources=ways),
        Permission(actions=actions, resources=there, conditions=condition),
    )


def invoke_students(place: Place, names: Names) -> Permission:
    """Whatever hosts a distilled model of the environment in the place's Region."""
    return Permission(actions=_INVOKE, resources=_endpoints(place), conditions=owned(names), because=_IDS)


def look_up_models(place: Place, models: Iterable[str]) -> Permission:
    """Life cycles, as the service knows them today; under the id to customize where a model has one."""
    known = sorted({ident for m in set(models) for ident in (m, catalog.model(m).customize) if ident})
    resources = tuple(place.foundation_model(ident) for ident in known)
    return Permission(actions=("bedrock:GetFoundationModel",), resources=resources)


def customize(
    place: Place, names: Names, students: Iterable[str], job_role: str, *, tags: Collection[str]
) -> tuple[Permission, ...]:
    """Start, follow and stop customization jobs of the student models, under the job role.

    tags: the keys of all that a job and its model are tagged with. A job, the model that it makes and the base are
    checked for one request; the first two do not exist yet, and a base of AWS's bears no tags.
    """
    bases = tuple(place.foundation_model(catalog.model(s).customize or s) for s in sorted(set(students)))
    jobs, models = _all(place, "model-customization-job"), _all(place, "custom-model")
    made = tagged(names, tags)
    create = ("bedrock:CreateModelCustomizationJob",)
    return (
        Permission(actions=create, resources=(*bases, *jobs, *models), conditions=made, because=_IDS),
        Permission(actions=("bedrock:TagResource",), resources=(*jobs, *models), conditions=made, because=_IDS),
        Permission(actions=("bedrock:GetModelCustomizationJob",), resources=jobs, because=_IDS),
        Permission(
            actions=("iam:PassRole",),
            resources=(job_role,),
            conditions={"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
        ),
        stop_jobs(place, names),
    )


def stop_jobs(place: Place, names: Names) -> Permission:
    """Also for those who find a job whose run has ended without it."""
    jobs = _all(place, "model-customization-job")
    stop = ("bedrock:StopModelCustomizationJob",)
    return Permission(actions=stop, resources=jobs, conditions=owned(names), because=_IDS)


def follow(place: Place) -> Permission:
    """The state of jobs and of the models they make. Whose they are is not asked: what is not there has no tags, and
    who asks for it shall hear that it is not there."""
    made = _all(place, "model-customization-job", "custom-model")
    actions = ("bedrock:GetCustomModel", "bedrock:GetModelCustomizationJob")
    return Permission(actions=actions, resources=made, because=_IDS)


def host(place: Place, names: Names, *, tags: Collection[str]) -> tuple[Permission, ...]:
    """Make endpoints of the environment's custom models, in both hosting modes: a run keeps the mode it began with.

    tags: the keys of all that an endpoint is tagged with.
    """
    endpoints, models = _endpoints(place), _all(place, "custom-model")
    create = ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    return (
        Permission(actions=create, resources=models, conditions=tagged_over_owned(names, tags), because=_IDS),
        Permission(actions=("bedrock:TagResource",), resources=endpoints, conditions=tagged(names, tags), because=_IDS),
        *unhost(place, names),
    )


def repoint(place: Place, names: Names) -> Permission:
    """Put another model behind an endpoint; both are the environment's."""
    actions = ("bedrock:UpdateCustomModelDeployment", "bedrock:UpdateProvisionedModelThroughput")
    resources = (*_endpoints(place), *_all(place, "custom-model"))
    return Permission(actions=actions, resources=resources, conditions=owned(names), because=_IDS)


def unhost(place: Place, names: Names) -> tuple[Permission, ...]:
    """Find endpoints, and delete the environment's."""
    find = ("bedrock:GetCustomModelDeployment", "bedrock:GetProvisionedModelThroughput")
    delete = ("bedrock:DeleteCustomModelDeployment", "bedrock:DeleteProvisionedModelThroughput")
    return (
        Permission(actions=find, resources=_endpoints(place), because=_IDS),
        Permission(actions=delete, resources=_endpoints(place), conditions=owned(names), because=_IDS),
        list_endpoints(),
    )


def look_up_profiles(place: Place) -> Permission:
    """Which model an application profile stands for."""
    profiles = _all(place, "application-inference-profile")
    return Permission(actions=("bedrock:GetInferenceProfile",), resources=profiles, because=_IDS)


def configure_logging() -> Permission:
    """The one logging configuration of the account and Region."""
    verbs = ("Delete", "Get", "Put")
    actions = tuple(f"bedrock:{verb}ModelInvocationLoggingConfiguration" for verb in verbs)
    return Permission(actions=actions, resources=("*",), because=_LOGGING)


def read_tags(place: Place) -> Permission:
    """Whose an endpoint is."""
    return Permission(actions=("bedrock:ListTagsForResource",), resources=_endpoints(place), because=_IDS)


def list_endpoints() -> Permission:
    actions = ("bedrock:ListCustomModelDeployments", "bedrock:ListProvisionedModelThroughputs")
    return Permission(actions=actions, resources=("*",), because=_LISTS)


def list_jobs() -> Permission:
    return Permission(actions=("bedrock:ListModelCustomizationJobs",), resources=("*",), because=_LISTS)


def _destinations(place: Place, model: str, profile: str) -> tuple[str, ...]:
    found = next(known for known in catalog.model(model).profiles if known.id == profile)
    return found.destinations[place.region]


def _endpoints(place: Place) -> tuple[str, ...]:
    return _all(place, "custom-model-deployment", "provisioned-model")


def _all(place: Place, *types: str) -> tuple[str, ...]:
    return tuple(place.arn("bedrock", f"{kind}/*") for kind in types)
