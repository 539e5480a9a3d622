"""GetFoundationModel, ListFoundationModels, GetFoundationModelAvailability.

The life cycle always has the launch date, and the dates of Legacy and end of life once they are announced. The
simulator assumes that this is the day the Legacy period begins, or six months before an end without one.
"""

from datetime import UTC, date, datetime, time, timedelta

from bedrock_simulator import errors
from bedrock_simulator.catalog import fine_tuning, models, supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, without_none

NOTICE = timedelta(days=183)
UNRESOLVED = "Could not resolve the foundation model from the provided model identifier."


def get(call: ControlPlaneCall) -> Params:
    """Returns a model or one of its variants. Raises ResourceNotFoundException after its end of life."""
    identifier = call.params["modelIdentifier"]
    model = supported_models.model_of(identifier)
    if model is None or call.is_foreign(identifier):
        raise errors.validation("The provided model identifier is invalid.")
    if not model.exists(call.now.date(), call.region):
        raise errors.not_found(UNRESOLVED)
    return {"modelDetails": _details(model, identifier.rsplit("foundation-model/", 1)[-1], call)}


def list_models(call: ControlPlaneCall) -> Params:
    """Returns all models and variants that are available in the Region and pass the filters."""
    rows = [
        _details(model, name, call)
        for name, model in sorted({**supported_models.MODELS, **supported_models.VARIANTS}.items())
        if model.exists(call.now.date(), call.region)
    ]
    return {"modelSummaries": [row for row in rows if _matches(row, call.params)]}


def _matches(row: Params, params: Params) -> bool:
    return (
        str(params.get("byProvider", row["providerName"])).lower() == str(row["providerName"]).lower()
        and params.get("byOutputModality", "TEXT") in row["outputModalities"]
        and ("byCustomizationType" not in params or params["byCustomizationType"] in row["customizationsSupported"])
        and ("byInferenceType" not in params or params["byInferenceType"] in row["inferenceTypesSupported"])
    )


def availability(call: ControlPlaneCall) -> Params:
    """Returns whether the account may use the model. Accounts are always subscribed; Region and date decide."""
    model = supported_models.model_of(call.params["modelId"])
    if model is None:
        raise errors.validation("The provided model identifier is invalid.")
    there = "AVAILABLE" if model.exists(call.now.date(), call.region) else "NOT_AVAILABLE"
    return {
        "modelId": call.params["modelId"],
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": there,
        "regionAvailability": there,
    }


def _details(model: Model, name: str, call: ControlPlaneCall) -> Params:
    variant, today = name in supported_models.VARIANTS, call.now.date()
    return {
        "modelArn": f"arn:aws:bedrock:{call.region}::foundation-model/{name}",
        "modelId": name,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": _listed(name, call) if variant else [],
        "inferenceTypesSupported": _inference_types(model, name, call.region, today),
        "modelLifecycle": _life_cycle(model, today),
    }


def _listed(variant: str, call: ControlPlaneCall) -> list[str]:
    """The customizations that the service lists, which may be fewer than those that it offers."""
    found = customizations(variant, call.region, call.now.date())
    hidden = () if call.settings.undocumented.students_list_distillation else ("DISTILLATION",)
    return [each for each in found if each not in hidden]


def customizations(variant: str, region: str, today: date) -> list[str]:
    """The customization types that a new job may use: none in Legacy, distillation only with an active teacher."""
    model = supported_models.CUSTOMIZABLE.get(variant)
    if model is None or region not in model.customize or not model.exists(today, region) or model.is_legacy(today):
        return []
    student = any(
        pair.student == variant
        and pair.region == region
        and pair.is_available(today)
        and supported_models.MODELS[pair.teacher].exists(today, region)
        for pair in supported_models.PAIRS
    )
    types = {"FINE_TUNING": fine_tuning.fine_tuning(variant, today) is not None, "DISTILLATION": student}
    return [name for name, available in types.items() if available]


def _inference_types(model: Model, name: str, region: str, today: date) -> list[str]:
    # The enum has no value for "through a profile only": such a model lists nothing.
    if name in supported_models.VARIANTS:
        return ["PROVISIONED"] if models.is_provisionable(name, region, today) else []
    return ["ON_DEMAND"] if region in model.in_region else []


def _life_cycle(model: Model, today: date) -> Params:
    notice = model.legacy or (model.end and model.end - NOTICE)
    announced = notice is not None and today >= notice
    return without_none(
        status="LEGACY" if model.is_legacy(today) else "ACTIVE",
        startOfLifeTime=_midnight(model.first),
        legacyTime=_midnight(model.legacy) if announced and model.legacy else None,
        endOfLifeTime=_midnight(model.end) if announced and model.end else None,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
