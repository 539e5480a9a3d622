"""The deletion of a stack stops at what cannot be deleted, keeps what that depends on, and can be repeated."""

import json
import uuid

from tests.unit.local.emulator.harness import EmulatorHarness


def test_what_a_failed_deletion_depends_on_is_kept_until_it_is_repeated(harness: EmulatorHarness) -> None:
    stack, cfn, s3 = f"s-{uuid.uuid4().hex[:8]}", harness.client("cloudformation"), harness.client("s3")
    topic = {"Type": "AWS::SNS::Topic"}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": "Between"},
        "Between": {**topic, "DependsOn": "Needed"},
        "Needed": topic,
        "Other": topic,
    }
    cfn.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    stack_id = cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]

    def status() -> str:
        return str(cfn.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])

    def there() -> set[str]:
        found = cfn.describe_stack_resources(StackName=stack)["StackResources"]
        return {one["LogicalResourceId"] for one in found}

    harness.until(lambda: status() == "CREATE_COMPLETE")
    found = cfn.describe_stack_resources(StackName=stack)["StackResources"]
    (bucket,) = [one["PhysicalResourceId"] for one in found if one["LogicalResourceId"] == "Bucket"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    for _ in range(2):
        cfn.delete_stack(StackName=stack)
        harness.until(lambda: status() == "DELETE_FAILED")
        assert there() == {"Bucket", "Between", "Needed"}
    s3.delete_object(Bucket=bucket, Key="a")
    cfn.delete_stack(StackName=stack)
    harness.until(lambda: status() == "DELETE_COMPLETE")
