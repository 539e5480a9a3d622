"""A policy that asks for the tag of a stack decides by the stack that a request names."""

import json
import uuid

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_roles import refusal


def test_only_stacks_with_the_tag_are_deleted(harness: EmulatorHarness) -> None:
    cfn, body = harness.client("cloudformation"), json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    tagged, untagged = (f"s-{uuid.uuid4().hex[:8]}" for _ in range(2))
    cfn.create_stack(StackName=tagged, TemplateBody=body, Tags=[{"Key": "branch", "Value": "feature"}])
    cfn.create_stack(StackName=untagged, TemplateBody=body)
    has_tag = {"Null": {"aws:ResourceTag/branch": "false"}}
    acting = harness.acting("cloudformation", allow("cloudformation:DeleteStack", "*", **has_tag))
    assert refusal(acting.delete_stack, StackName=untagged).startswith("AccessDenied")
    assert refusal(acting.delete_stack, StackName="nobodys").startswith("AccessDenied")
    assert refusal(acting.delete_stack, StackName=tagged) == ""
