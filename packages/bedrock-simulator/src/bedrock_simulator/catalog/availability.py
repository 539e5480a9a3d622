"""The first day of operations, fields and values that Bedrock added over time. Before it, the service rejects them.

Sources. HISTORY: "Document history for the Amazon Bedrock User Guide". SDK: where no page gives a day, the build date
of the first available release of botocore that has it; the release before has not, so the true day is earlier.

An operation is unknown before its first day. A value fails its enum, as it did in the service. A field is rejected by
name, although the service of that day may have ignored it: so the mistake is noticed.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bedrock_simulator import errors

_GA = date(2023, 9, 28)  # HISTORY: gated general release
_CONVERSE = date(2024, 5, 30)  # HISTORY
_EVALUATION = date(2024, 4, 23)  # SDK 1.34.90; not in 1.34.88 of 19 April. HISTORY: in the console on 2023-11-29
_COPY = date(2024, 8, 1)  # HISTORY
_BATCH = date(2024, 8, 21)  # HISTORY: generally available
_PROFILES = date(2024, 8, 27)  # HISTORY
_APPLICATION_PROFILES = date(2024, 11, 1)  # HISTORY
OPTIMIZED = date(2024, 12, 2)  # HISTORY
_JUDGE = date(2024, 12, 12)  # SDK 1.35.80
_PRECOMPUTED = date(2025, 3, 25)  # SDK 1.37.20
_CUSTOM_METRICS = date(2025, 6, 4)  # SDK 1.38.30; not in 1.37.20
_TIERS = date(2025, 11, 18)  # HISTORY
_RESERVED = date(2025, 11, 26)  # announcement "Amazon Bedrock introduces Reserved Service tier"
_INVOKE_METADATA = date(2026, 5, 20)  # awsapichanges.com; the announcement is of the same month
_STRUCTURED = date(2026, 2, 4)  # announcement "structured outputs", generally available
_AVAILABILITY = date(2025, 11, 18)  # SDK 1.40.76; not in 1.38.30 of June
_REINFORCEMENT = date(2025, 12, 3)  # HISTORY; SDK 1.42.4 has UpdateCustomModelDeployment, 1.41.6 of 1 December does not
_POLICIES = date(2026, 4, 29)  # SDK 1.43.0; not in 1.42.70 of March
_BUCKET_OWNER = date(2024, 9, 16)  # HISTORY
DISTILLATION = date(2024, 12, 3)  # HISTORY: "You can now transfer knowledge from a larger more intelligent model"
DISTILLATION_GA = date(2025, 5, 1)  # the announcement of general availability, from memory: UNVERIFIED
DEPLOYMENTS = date(2025, 7, 16)  # HISTORY
BATCH_EVENTS = date(2024, 9, 18)  # HISTORY: "monitor status changes in batch inference jobs using Amazon EventBridge"
BATCH_PROFILES = date(2024, 12, 6)  # HISTORY: "run batch inference with an inference profile"

OPERATION_DATES: Mapping[str, date] = {
    **dict.fromkeys(("ListFoundationModels", "GetFoundationModel"), _GA),
    "GetFoundationModelAvailability": _AVAILABILITY,
    "CreateModelCustomizationJob": _GA,
    "GetModelCustomizationJob": _GA,
    "ListModelCustomizationJobs": _GA,
    "StopModelCustomizationJob": _GA,
    **dict.fromkeys(("GetCustomModel", "ListCustomModels", "DeleteCustomModel"), _GA),
    "CreateProvisionedModelThroughput": _GA,
    "GetProvisionedModelThroughput": _GA,
    "ListProvisionedModelThroughputs": _GA,
    "UpdateProvisionedModelThroughput": _GA,
    "DeleteProvisionedModelThroughput": _GA,
    "CreateCustomModelDeployment": DEPLOYMENTS,
    "GetCustomModelDeployment": DEPLOYMENTS,
    "ListCustomModelDeployments": DEPLOYMENTS,
    "UpdateCustomModelDeployment": _REINFORCEMENT,
    "DeleteCustomModelDeployment": DEPLOYMENTS,
    **dict.fromkeys(("GetInferenceProfile", "ListInferenceProfiles"), _PROFILES),
    **dict.fromkeys(("CreateInferenceProfile", "DeleteInferenceProfile"), _APPLICATION_PROFILES),
    **dict.fromkeys(("CreateEvaluationJob", "GetEvaluationJob"), _EVALUATION),
    **dict.fromkeys(("ListEvaluationJobs", "StopEvaluationJob"), _EVALUATION),
    "BatchDeleteEvaluationJob": date(2024, 8, 28),  # SDK 1.35.8; not in 1.34.162 of 15 August
    **dict.fromkeys(("CreateModelCopyJob", "GetModelCopyJob", "ListModelCopyJobs"), _COPY),
    **dict.fromkeys(("CreateModelInvocationJob", "GetModelInvocationJob"), _BATCH),
    **dict.fromkeys(("ListModelInvocationJobs", "StopModelInvocationJob"), _BATCH),
    **dict.fromkeys(("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy"), _POLICIES),
    "PutModelInvocationLoggingConfiguration": _GA,
    "GetModelInvocationLoggingConfiguration": _GA,
    "DeleteModelInvocationLoggingConfiguration": _GA,
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), _GA),
    **dict.fromkeys(("InvokeModel", "InvokeModelWithResponseStream"), _GA),
    **dict.fromkeys(("Converse", "ConverseStream"), _CONVERSE),
    "CountTokens": date(2025, 8, 20),  # awsapichanges.com
}

_SPOKEN = {
    "requestMetadata": DISTILLATION,
    "serviceTier": _TIERS,
    "performanceConfig": OPTIMIZED,
    "guardrailConfig": date(2024, 6, 18),  # HISTORY
    "outputConfig": _STRUCTURED,
}
_INVOKED = {"requestMetadata": _INVOKE_METADATA, "serviceTier": _TIERS, "performanceConfigLatency": OPTIMIZED}
_EVALUATED = "inferenceConfig.models.bedrockModel.performanceConfig"
_BATCH_INPUT = "inputDataConfig.s3InputDataConfig.s3BucketOwner"
_BATCH_OUTPUT = "outputDataConfig.s3OutputDataConfig.s3BucketOwner"

FIELD_DATES: Mapping[str, Mapping[str, date]] = {
    "CreateModelCustomizationJob": {
        "customizationConfig": DISTILLATION,
        "customizationConfig.rftConfig": _REINFORCEMENT,
        "trainingDataConfig.invocationLogsConfig": DISTILLATION,
    },
    "CreateEvaluationJob": {
        "evaluationConfig.automated.evaluatorModelConfig": _JUDGE,
        "evaluationConfig.automated.customMetricConfig": _CUSTOM_METRICS,
        "inferenceConfig.models.precomputedInferenceSource": _PRECOMPUTED,
        _EVALUATED: _JUDGE,
    },
    "CreateModelInvocationJob": {
        "modelInvocationType": date(2026, 2, 27),  # HISTORY: Converse API support for batch inference
        "vpcConfig": _BUCKET_OWNER,
        _BATCH_INPUT: _BUCKET_OWNER,
        _BATCH_OUTPUT: _BUCKET_OWNER,
    },
    "PutModelInvocationLoggingConfiguration": {
        "loggingConfig.videoDataDeliveryEnabled": date(2024, 12, 12),  # SDK 1.35.80; not in 1.35.8 of August
        "loggingConfig.audioDataDeliveryEnabled": date(2025, 12, 5),  # SDK 1.42.4; not in 1.41.6 of 1 December
    },
    "Converse": _SPOKEN,
    "ConverseStream": _SPOKEN,
    "InvokeModel": _INVOKED,
    "InvokeModelWithResponseStream": _INVOKED,
}

VALUE_DATES: Mapping[tuple[str, str], Mapping[str, date]] = {
    ("CreateModelCustomizationJob", "customizationType"): {
        "CONTINUED_PRE_TRAINING": date(2023, 11, 28),  # HISTORY
        "DISTILLATION": DISTILLATION,
        "REINFORCEMENT_FINE_TUNING": _REINFORCEMENT,
    },
    ("ListFoundationModels", "byCustomizationType"): {"DISTILLATION": DISTILLATION},
    **{(name, "serviceTier.type"): {"reserved": _RESERVED} for name in ("Converse", "ConverseStream")},
    ("InvokeModel", "serviceTier"): {"reserved": _RESERVED},
    ("InvokeModelWithResponseStream", "serviceTier"): {"reserved": _RESERVED},
}


def check_operation(operation: str, today: date) -> None:
    """Raises UnknownOperationException before the operation's first day."""
    if today < OPERATION_DATES.get(operation, date.min):
        raise errors.unknown_operation(f"{operation} is not an operation of Bedrock on {today}.")


def check_fields(operation: str, params: Mapping[str, Any], today: date) -> None:
    """Raises a ValidationException that names every field and value that the service did not have on that day."""
    found = list(_later(operation, params, today))
    if found:
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")


def _later(operation: str, params: Mapping[str, Any], today: date) -> Iterator[str]:
    for path, first in FIELD_DATES.get(operation, {}).items():
        if today < first and any(True for _ in _at(params, path.split("."))):
            yield f"{path} is not a parameter of {operation} on {today}"
    for (name, field), values in VALUE_DATES.items():
        for value in _at(params, field.split(".")) if name == operation else ():
            if str(value) in values and today < values[str(value)]:
                yield f"Value '{value}' at '{field}' failed to satisfy constraint: it is not a value of it on {today}"


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yields the values at a path; a list stands for each of its members."""
    if isinstance(value, list):
        for member in value:
            yield from _at(member, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
