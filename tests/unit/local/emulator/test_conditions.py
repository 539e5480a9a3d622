"""A policy can have conditions on the tier, the guardrail and the tags of a Bedrock request."""

import json
import uuid
from typing import Any

import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_access import BASE, CREATE, HERE, INVOKE, NEW, PROFILE, QUESTION, job, refusal

OWN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
NATIVE = json.dumps({"schemaVersion": "messages-v1", **QUESTION})
GUARDRAIL = f"{HERE}:guardrail/abc123"
APPLY = allow("bedrock:ApplyGuardrail", GUARDRAIL)
CALLS: dict[str, dict[str, dict[str, Any]]] = {
    "converse": {
        "flex": {"serviceTier": {"type": "flex"}},
        "priority": {"serviceTier": {"type": "priority"}},
        "numbered": {"guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "1"}},
        "draft": {"guardrailConfig": {"guardrailIdentifier": GUARDRAIL, "guardrailVersion": "DRAFT"}},
        "neither": {},
    },
    "invoke_model": {
        "flex": {"serviceTier": "flex"},
        "priority": {"serviceTier": "priority"},
        "numbered": {"guardrailIdentifier": "abc123", "guardrailVersion": "1"},
        "draft": {"guardrailIdentifier": GUARDRAIL, "guardrailVersion": "DRAFT"},
        "neither": {},
    },
}
FLEX = {"StringEquals": {"bedrock:ServiceTier": "flex"}}
NUMBERED = {"ArnLike": {"bedrock:GuardrailIdentifier": f"{GUARDRAIL}:*"}}
DRAFT = {"StringEquals": {"bedrock:GuardrailIdentifier": GUARDRAIL}}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("condition", "admitted"), [(FLEX, {"flex"}), (NUMBERED, {"numbered"}), (DRAFT, {"draft"})], ids=str
)
def test_only_a_call_that_asks_for_it_is_admitted(
    harness: EmulatorHarness, call: str, condition: dict[str, Any], admitted: set[str]
) -> None:
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, OWN, **condition), APPLY)
    given = {"body": NATIVE} if call == "invoke_model" else QUESTION
    asked = {what: {"modelId": "amazon.nova-pro-v1:0", **given, **more} for what, more in CALLS[call].items()}
    assert {what for what, request in asked.items() if not refusal(getattr(runtime, call), **request)} == admitted


def test_a_native_body_says_nothing_of_tiers(harness: EmulatorHarness) -> None:
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, OWN, **FLEX))
    body = json.dumps({"schemaVersion": "messages-v1", **QUESTION, "serviceTier": {"type": "flex"}})
    assert INVOKE in refusal(runtime.invoke_model, modelId="amazon.nova-pro-v1:0", body=body)


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0", OWN])
def test_a_guardrail_needs_leave_to_be_applied(harness: EmulatorHarness, model: str) -> None:
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, "*"))
    asked = {"modelId": model, **QUESTION, **CALLS["converse"]["numbered"]}
    assert f"bedrock:ApplyGuardrail on resource: {GUARDRAIL}" in refusal(runtime.converse, **asked)
    assert refusal(harness.acting("bedrock-runtime", allow(INVOKE, "*"), APPLY).converse, **asked) == ""


TEAM = {"StringEquals": {"aws:RequestTag/team": "red"}}
ONLY_TEAM = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "Null": {"aws:TagKeys": "false"}}


@pytest.mark.parametrize("condition", [TEAM, ONLY_TEAM], ids=["value", "keys"])
@pytest.mark.parametrize(
    ("tags", "admitted"),
    [
        ([{"key": "team", "value": "red"}], True),
        ([{"key": "cost", "value": "red"}], False),
        ([], False),
    ],
)
def test_a_job_may_be_admitted_by_its_tags(
    harness: EmulatorHarness, condition: dict[str, Any], tags: list[dict[str, str]], admitted: bool
) -> None:
    role = harness.role("bedrock.amazonaws.com")
    others = allow("bedrock:TagResource", "*"), allow("iam:PassRole", role)
    bedrock = harness.acting("bedrock", allow(CREATE, BASE, *NEW, **condition), *others)
    said = refusal(bedrock.create_model_customization_job, **job(role) | {"jobTags": tags})
    assert (said == "") is admitted


def test_tags_are_taken_away_only_by_the_keys_that_a_policy_names(harness: EmulatorHarness) -> None:
    tags = [{"key": "team", "value": "red"}, {"key": "cost", "value": "1"}]
    made = harness.client("bedrock").create_inference_profile(
        inferenceProfileName=f"p-{uuid.uuid4().hex[:8]}", modelSource={"copyFrom": PROFILE}, tags=tags
    )
    bedrock = harness.acting("bedrock", allow("bedrock:UntagResource", "*", **ONLY_TEAM))
    assert refusal(bedrock.untag_resource, resourceARN=made["inferenceProfileArn"], tagKeys=["team"]) == ""
    assert "bedrock:UntagResource" in refusal(
        bedrock.untag_resource, resourceARN=made["inferenceProfileArn"], tagKeys=["cost"]
    )
