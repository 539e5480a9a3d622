"""Validates the request of a customization job: type, models, settings, names and quota.

A job with a teacher is a distillation even if it does not name its type (User Guide, submit-model-distillation-job).
Without a teacher and a type it is a fine-tuning (ASSUMPTION). The distillation page lists no hyperparameters, so none
are accepted with it.
"""

from bedrock_simulator import errors
from bedrock_simulator.catalog import fine_tuning, quotas, supported_models
from bedrock_simulator.catalog.fine_tuning import Range
from bedrock_simulator.catalog.models import Model, Pair
from bedrock_simulator.control_plane import foundation_models
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params

RUNNING = ("InProgress", "Stopping")
DISTILLATION, FINE_TUNING = "DISTILLATION", "FINE_TUNING"


def customization_type(params: Params) -> str:
    """Returns FINE_TUNING or DISTILLATION. Raises a ValidationException if the settings contradict the type."""
    settings = params.get("customizationConfig", {})
    found: str = params.get("customizationType", DISTILLATION if "distillationConfig" in settings else FINE_TUNING)
    if found not in (DISTILLATION, FINE_TUNING):
        raise errors.validation(f"The local Bedrock runs DISTILLATION and FINE_TUNING jobs, not {found}.")
    if found == DISTILLATION and "distillationConfig" not in settings:
        raise errors.validation("customizationConfig.distillationConfig is required for a distillation job.")
    if found == FINE_TUNING and settings:
        raise errors.validation(
            f"customizationConfig has {', '.join(settings)}, which a fine-tuning job does not take."
        )
    return found


def check_source(params: Params, what: str) -> None:
    """Requires exactly one training source, which the service's model does not; logs for distillation only."""
    source = params["trainingDataConfig"]
    if ("s3Uri" in source) == ("invocationLogsConfig" in source):
        raise errors.validation(
            "trainingDataConfig must have exactly one of s3Uri and invocationLogsConfig; it has "
            f"{sorted(source) or 'neither'}."
        )
    logs = source.get("invocationLogsConfig")
    if logs is not None and what != DISTILLATION:
        raise errors.validation("trainingDataConfig.invocationLogsConfig is for distillation jobs only.")
    for each in _filters(logs):
        if len(each) != 1:
            raise errors.validation(f"A filter of request metadata must have exactly one operator, not {len(each)}.")


def _filters(logs: Params | None) -> list[Params]:
    """The base filters in a list, which botocore does not model as the unions that they are."""
    filters: Params = (logs or {}).get("requestMetadataFilters", {})
    return [each for operator in ("andAll", "orAll") for each in filters.get(operator, [])]


def check_base_model(call: ControlPlaneCall, what: str) -> str:
    """Returns the variant to customize. Raises a ValidationException if it cannot be, there and on that day."""
    base: str = call.params["baseModelIdentifier"]
    today = call.now.date()
    name = base.rsplit("foundation-model/", 1)[-1]
    if ":custom-model/" in base:
        raise errors.validation("The local Bedrock customizes foundation models only, not custom models.")
    if call.is_foreign(base):
        raise errors.validation(f"The base model {base} is not in {call.region}.")
    model = supported_models.CUSTOMIZABLE.get(name)
    if model is None or call.region not in model.customize or not model.exists(today, call.region):
        raise errors.validation(f"The base model {base} cannot be customized in {call.region}.")
    if model.is_legacy(today):
        raise errors.validation(f"The base model {base} is in Legacy status: it takes no new customization jobs.")
    if what == FINE_TUNING and FINE_TUNING not in foundation_models.customizations(name, call.region, today):
        raise errors.validation(f"The base model {base} cannot be fine-tuned on {today}.")
    return name


def check_hyperparameters(params: Params, variant: str, what: str) -> None:
    """Raises a ValidationException for a hyperparameter that is unknown or out of bounds."""
    known = fine_tuning.FINE_TUNING[variant].hyperparameters if what == FINE_TUNING else {}
    for name, value in params.get("hyperParameters", {}).items():
        if name not in known:
            allowed = f"it has {', '.join(known)}" if known else "a distillation takes none"
            raise errors.validation(f"The hyperparameter {name} is not supported for {variant}; {allowed}.")
        bounds = known[name]
        if not _within(value, bounds):
            raise errors.validation(
                f"The hyperparameter {name} must be {'an integer' if bounds.integer else 'a number'} from "
                f"{bounds.minimum:g} to {bounds.maximum:g}, not {value}."
            )


def _within(value: str, bounds: Range) -> bool:
    try:
        number = int(value) if bounds.integer else float(value)
    except ValueError:
        return False
    return bounds.minimum <= number <= bounds.maximum


def check_teacher(call: ControlPlaneCall, variant: str) -> Pair:
    """Returns the teacher-student pair of the request. Raises a ValidationException if it is not supported."""
    config = call.params["customizationConfig"]["distillationConfig"]["teacherModelConfig"]
    identifier, today = config["teacherModelIdentifier"], call.now.date()
    if config.get("maxResponseLengthForInference", 1) < 1:
        raise errors.validation("maxResponseLengthForInference must be a positive number of tokens.")
    teacher, through_profile = _teacher(identifier, call)
    for found in supported_models.PAIRS:
        if (found.teacher, found.student, found.region) == (teacher.id, variant, call.region):
            allowed = found.teacher_profile if through_profile else found.teacher_on_demand
            if allowed and found.is_available(today):
                return found
    raise errors.validation(
        f"The teacher model {identifier} is not supported for the student model {variant} in {call.region}."
    )


def _teacher(identifier: str, call: ControlPlaneCall) -> tuple[Model, bool]:
    profile = supported_models.PROFILES.get(identifier.rpartition("inference-profile/")[2])
    model = profile[1] if profile else supported_models.MODELS.get(identifier.rsplit("foundation-model/", 1)[-1])
    if model is None or call.is_foreign(identifier) or not model.exists(call.now.date(), call.region):
        raise errors.validation(f"The teacher model {identifier} does not exist in {call.region}.")
    return model, profile is not None


def check_names(call: ControlPlaneCall) -> None:
    """Requires a job name that was never used, and a model name that no model or running job has."""
    job_name = call.params["jobName"]
    if any(job.name == job_name for job in call.resources.jobs.values()):
        raise errors.conflict(f"The job name {job_name} is already in use in this account and Region.")
    check_model_name(call, call.params["customModelName"])


def check_model_name(call: ControlPlaneCall, model_name: str) -> None:
    """Raises a ValidationException if a model has the name, or will have it."""
    taken = {model.name for model in call.resources.models.values()}
    taken |= {job.request["customModelName"] for job in call.resources.jobs.values() if job.status in RUNNING}
    taken |= {copy.target_name for copy in call.resources.copies.values() if copy.status == "InProgress"}
    if model_name in taken:
        raise errors.validation(f"The custom model name {model_name} is already in use in this account and Region.")


def check_quota(call: ControlPlaneCall) -> None:
    """Raises ServiceQuotaExceededException if the maximum number of jobs is running."""
    running = sum(job.status in RUNNING for job in call.resources.jobs.values())
    most = quotas.applied_quota(call.quotas, call.region, quotas.SCHEDULED_JOBS)
    if running >= most:
        raise errors.quota(f"The account has {running} scheduled customization jobs; at most {most}.")
