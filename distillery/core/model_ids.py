"""By which id a foundation model is called from a Region: its own, or a cross-Region profile's."""

from distillery.core import catalog
from distillery.core.errors import ModelUnavailable


def identifier(model: str, region: str) -> str:
    """The bare id where the Region serves it on demand, else a profile's. Raises ModelUnavailable for neither."""
    if region in catalog.model(model).in_region:
        return model
    return _through_profile(model, region)


def teacher_identifier(teacher: str, student: str, region: str) -> str:
    """How a job that distils `student` may name its teacher (`teacherModelIdentifier`), and calls it.

    Source: UG prequisites-model-distillation, whose table says for each teacher whether it is used on demand,
    through a profile, or both. Raises ModelUnavailable where Bedrock does not distil this pair here.
    """
    pair = catalog.pair(teacher, student)
    if pair is None or region not in pair.regions:
        where = f"in {sorted(pair.regions)} only" if pair else "nowhere"
        raise ModelUnavailable(
            f"Bedrock distils {teacher} into {student} {where}, not in {region}; choose another pair or home Region"
        )
    if pair.teacher_as is catalog.TeacherIdentifier.PROFILE:
        return _through_profile(teacher, region)
    return teacher if pair.teacher_as is catalog.TeacherIdentifier.IN_REGION else identifier(teacher, region)


def model_of_base(arn: str) -> str | None:
    """The catalog's id of a foundation model that a custom model is based on; None if the catalog has none.

    Args:
        arn: `arn:…::foundation-model/<id>`, in which the id may be the one for customization.
    """
    base = arn.rpartition("foundation-model/")[2]
    return next((model.id for model in catalog.models() if base in (model.id, model.customize)), None)


def _through_profile(model: str, region: str) -> str:
    profile = catalog.profile_for(model, region)
    if profile is None:
        raise ModelUnavailable(
            f"{model} cannot be called from {region}, on demand or through a profile; "
            "choose another model or home Region"
        )
    return profile.id
