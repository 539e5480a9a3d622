"""Service Quotas returns the simulator's own figures to principals that may read them."""

from typing import Any

import botocore.exceptions
import ministack.app as app
import pytest
from botocore.config import Config
from ministack.core import iam_actions, router

from bedrock_simulator.catalog.quotas import granted_quotas
from bedrock_simulator.settings import Quotas
from local.emulator.hooks import service_quotas
from tests.unit.local.emulator.harness import EmulatorHarness, allow

UNITS, DEPLOYMENTS, CROSS_REGION = "L-BE77399C", "L-1EF80F3E", "L-C0326783"
ARN = f"arn:aws:servicequotas:us-east-1:111111111111:bedrock/{UNITS}"
GET = "servicequotas:GetServiceQuota"


def code(call: Any, **parameters: Any) -> str:
    """Returns the error code of a call, or ""."""
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize(("quota", "value"), [(UNITS, 2), ("L-EF415EF6", 2), (DEPLOYMENTS, 10)])
def test_a_quota_has_the_value_that_the_simulator_holds_to(harness: EmulatorHarness, quota: str, value: int) -> None:
    answer = harness.client("service-quotas").get_service_quota(ServiceCode="bedrock", QuotaCode=quota)
    assert (answer["Quota"]["QuotaCode"], answer["Quota"]["Value"]) == (quota, value)


def test_a_raised_quota_is_told_at_once(harness: EmulatorHarness) -> None:
    harness.admin("PUT", "quotas", {"model_units": 5})
    try:
        answer = harness.client("service-quotas").get_service_quota(ServiceCode="bedrock", QuotaCode=UNITS)
    finally:
        harness.admin("PUT", "quotas", {"model_units": 2})
    assert answer["Quota"]["Value"] == 5


def test_tokens_a_minute_are_reported_as_calls_are_held_to_them(harness: EmulatorHarness) -> None:
    quotas = harness.client("service-quotas")
    runtime = harness.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))

    def told() -> Any:
        found = quotas.get_service_quota(ServiceCode="bedrock", QuotaCode=CROSS_REGION)["Quota"]
        return found["QuotaName"], found["Value"], found["Adjustable"]

    def ask() -> str:
        said = [{"role": "user", "content": [{"text": "hello"}]}]
        return code(runtime.converse, modelId="us.amazon.nova-pro-v1:0", messages=said)

    name = "Cross-region model inference tokens per minute for Amazon Nova Pro"
    assert (told(), ask()) == ((name, 2_000_000, True), "")
    harness.admin("PUT", "quotas", {"values": {f"us-east-1/{CROSS_REGION}": 1}})
    try:
        assert (told(), ask()) == ((name, 1, True), "ThrottlingException")
    finally:
        harness.admin("PUT", "quotas", {"values": {}})
    assert not quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-CE33604C")["Quota"]["Adjustable"]


@pytest.mark.parametrize(("service", "quota"), [("bedrock", "L-00000000"), ("lambda", UNITS)])
def test_what_is_not_a_quota_of_bedrock_is_no_such_resource(harness: EmulatorHarness, service: str, quota: str) -> None:
    client = harness.client("service-quotas")
    assert code(client.get_service_quota, ServiceCode=service, QuotaCode=quota) == "NoSuchResourceException"


def test_every_quota_is_listed_page_by_page(harness: EmulatorHarness) -> None:
    pages = harness.client("service-quotas").get_paginator("list_service_quotas")
    told = list(pages.paginate(ServiceCode="bedrock", PaginationConfig={"PageSize": 4}))
    codes = [quota["QuotaCode"] for page in told for quota in page["Quotas"]]
    assert [len(page["Quotas"]) for page in told[:-1]] == [4] * (len(told) - 1)
    assert codes == [quota.code for quota in granted_quotas(Quotas(), "us-east-1")]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("statements", "quota", "refused"),
    [
        ([], UNITS, "AccessDeniedException"),
        ([allow(GET, ARN)], UNITS, ""),
        ([allow(GET, ARN)], DEPLOYMENTS, "AccessDeniedException"),
        ([allow("servicequotas:ListServiceQuotas", "*")], UNITS, "AccessDeniedException"),
    ],
)
def test_a_quota_is_told_to_those_who_may_read_it(
    harness: EmulatorHarness, statements: list[dict[str, Any]], quota: str, refused: str
) -> None:
    client = harness.acting("service-quotas", *statements)
    assert code(client.get_service_quota, ServiceCode="bedrock", QuotaCode=quota) == refused


def test_a_request_is_known_without_every_model_of_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading them takes the account's one thread for seconds."""
    for place, name in (
        (app, "SERVICE_HANDLERS"),
        (router, "SERVICE_PATTERNS"),
        (iam_actions, "SERVICE_TO_IAM_NAMESPACE"),
    ):
        monkeypatch.setattr(place, name, dict(getattr(place, name)))
    monkeypatch.setattr(iam_actions, "extract_resource_arn", iam_actions.extract_resource_arn)
    monkeypatch.setattr(router, "_is_aws_service_name", lambda _name: pytest.fail("the models are read"))
    nobody: Any = None  # no quota is asked for
    service_quotas.install(nobody)
    scope = "AWS4-HMAC-SHA256 Credential=AKIA/20261129/us-east-1/servicequotas/aws4_request, SignedHeaders=host"
    for target in ({"x-amz-target": "ServiceQuotasV20190624.GetServiceQuota"}, {}):
        assert router.detect_service("POST", "/", {"authorization": scope, **target}, {}) == "servicequotas"
