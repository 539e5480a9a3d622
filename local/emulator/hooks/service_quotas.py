"""Service Quotas returns the account's quotas of Bedrock.

AWS: GetServiceQuota answers a quota's applied value, NoSuchResourceException for a code it does not know; the quota's
    ARN, `arn:aws:servicequotas:REGION:ACCOUNT:bedrock/CODE`, is the resource that IAM checks
    (https://docs.aws.amazon.com/servicequotas/latest/userguide/identity-access-management.html). ListServiceQuotas
    takes no resource.
ministack: has no such service: `Unsupported service: servicequotas`.
Patch: both operations answer for the service code `bedrock`, with the simulator's own figures; other codes of
    services are unknown. Nothing can be requested.
"""

import json
from typing import Any

import ministack.app as app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response

from bedrock_simulator.catalog.quotas import Granted, granted_quotas
from local.emulator.hooks.bedrock import Answer
from local.emulator.simulator import Simulator

SERVICE, BEDROCK = "servicequotas", "bedrock"
_MOST = 100  # of a page


def _arn(code: str) -> str:
    return f"arn:aws:{SERVICE}:{get_region()}:{get_account_id()}:{BEDROCK}/{code}"


def _view(quota: Granted) -> dict[str, Any]:
    return {
        "ServiceCode": BEDROCK,
        "ServiceName": "Amazon Bedrock",
        "QuotaArn": _arn(quota.code),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": float(quota.value),
        "Unit": "None",
        "Adjustable": quota.adjustable,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _refuse(code: str, message: str) -> Answer:
    refused: Answer = error_response_json(code, message, message_key="Message")
    return refused


def _answer(simulator: Simulator, operation: str, asked: dict[str, Any]) -> Answer:
    quotas = (
        list(granted_quotas(simulator.settings.quotas, get_region())) if asked.get("ServiceCode") == BEDROCK else []
    )
    if operation == "GetServiceQuota":
        found = [_view(quota) for quota in quotas if quota.code == asked.get("QuotaCode")]
        answer: dict[str, Any] = {"Quota": found[0]} if found else {}
    elif operation == "ListServiceQuotas":
        start, most = int(asked.get("NextToken") or 0), int(asked.get("MaxResults") or _MOST)
        page = [_view(quota) for quota in quotas[start : start + most]]
        more = {"NextToken": str(start + most)} if start + most < len(quotas) else {}
        answer = {"Quotas": page, **more} if quotas else {}
    else:
        return _refuse("UnknownOperationException", f"The local Service Quotas does not simulate {operation}.")
    if not answer:
        return _refuse("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    told: Answer = json_response(answer)
    return told


def install(simulator: Simulator) -> None:
    """Registers the service, its IAM namespace, and the resources on which its requests are authorized."""
    resource_of = iam_actions.extract_resource_arn

    async def handle_request(
        _method: str, _path: str, headers: dict[str, str], body: bytes, _query: dict[str, list[str]]
    ) -> Answer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return _answer(simulator, operation, json.loads(body or b"{}"))

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *request: Any) -> str:
        if service == SERVICE:
            asked = json.loads(body or b"{}")
            return _arn(asked.get("QuotaCode", "")) if "GetServiceQuota" in headers.get("x-amz-target", "") else "*"
        return resource_of(service, method, path, headers, body, *request)  # type: ignore[no-any-return]  # no types

    # For a name without patterns, ministack would read every model of botocore: seconds, at the first request.
    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": ["ServiceQuotasV20190624"]}
    app.SERVICE_HANDLERS[SERVICE] = handle_request
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions.extract_resource_arn = extract_resource_arn
