"""GetFoundationModel, ListFoundationModels, GetFoundationModelAvailability.

The life cycle carries dates: the launch always, the Legacy and end-of-life days once they are announced (which
this simulator takes to be the day the Legacy period begins, or six months before an end without one).
"""

from datetime import UTC, date, datetime, time, timedelta

from bedrock_simulator import errors
from bedrock_simulator.catalog import fine_tuning, models, supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.control_plane.call import Call, Params, without_none

NOTICE = timedelta(days=183)
UNRESOLVED = "Could not resolve the foundation model from the provided model identifier."


def get(call: Call) -> Params:
    """Details of a model or of one of its variants, while it lives; ResourceNotFoundException after."""
    identifier = call.params["modelIdentifier"]
    model = supported_models.model_of(identifier)
    if model is None or call.elsewhere(identifier):
        raise errors.validation("The provided model identifier is invalid.")
    if not model.exists(call.now.date(), call.region):
        raise errors.not_found(UNRESOLVED)
    return {"modelDetails": _details(model, identifier.rsplit("foundation-model/", 1)[-1], call)}


def list_models(call: Call) -> Params:
    """All models and variants that live in the Region, filtered as asked."""
    rows = [
        _details(model, name, call)
        for name, model in sorted({**supported_models.MODELS, **supported_models.VARIANTS}.items())
        if model.exists(call.now.date(), call.region)
    ]
    return {"modelSummaries": [row for row in rows if _asked(row, call.params)]}


def _asked(row: Params, params: Params) -> bool:
    return (
        str(params.get("byProvider", row["providerName"])).lower() == str(row["providerName"]).lower()
        and params.get("byOutputModality", "TEXT") in row["outputModalities"]
        and ("byCustomizationType" not in params or params["byCustomizationType"] in row["customizationsSupported"])
        and ("byInferenceType" not in params or params["byInferenceType"] in row["inferenceTypesSupported"])
    )


def availability(call: Call) -> Params:
    """Whether the account may use the model: here always subscribed, so only the Region and the date decide."""
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


def _details(model: Model, name: str, call: Call) -> Params:
    variant, today = name in supported_models.VARIANTS, call.now.date()
    return {
        "modelArn": f"arn:aws:bedrock:{call.region}::foundation-model/{name}",
        "modelId": name,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": customizations(name, call.region, today) if variant else [],
        "inferenceTypesSupported": _inference_types(model, name, call.region, today),
        "modelLifecycle": _life_cycle(model, today),
    }


def customizations(variant: str, region: str, today: date) -> list[str]:
    """What a new job may do with the variant: nothing in Legacy, distillation while a teacher of it lives."""
    model = supported_models.CUSTOMIZABLE.get(variant)
    if model is None or region not in model.customize or not model.exists(today, region) or model.is_legacy(today):
        return []
    student = any(
        pair.student == variant
        and pair.region == region
        and pair.offered(today)
        and supported_models.MODELS[pair.teacher].exists(today, region)
        for pair in supported_models.PAIRS
    )
    ways = {"FINE_TUNING": fine_tuning.fine_tuning(variant, today) is not None, "DISTILLATION": student}
    return [way for way, open_ in ways.items() if open_]


def _inference_types(model: Model, name: str, region: str, today: date) -> list[str]:
    # The enum has no word for "through a profile only": such a model lists nothing.
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
