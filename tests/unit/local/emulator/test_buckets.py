"""CloudFormation deletes only empty buckets, as on AWS."""

import json
import uuid

from tests.unit.local.emulator.harness import EmulatorHarness
from tests.unit.local.emulator.test_kms import stack as made


def test_a_bucket_has_the_tags_of_its_template(harness: EmulatorHarness) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    bucket = made(harness, "AWS::S3::Bucket", {"Properties": {"Tags": tags}})
    assert harness.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"] == tags


def test_a_stack_whose_bucket_is_not_empty_to_the_last_version_is_not_deleted(harness: EmulatorHarness) -> None:
    stack, cfn, s3 = f"s-{uuid.uuid4().hex[:8]}", harness.client("cloudformation"), harness.client("s3")
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    template = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": versioned}}}
    cfn.create_stack(StackName=stack, TemplateBody=json.dumps(template))

    def status() -> str:
        return str(cfn.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])

    stack_id = cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    harness.until(lambda: status() == "CREATE_COMPLETE")
    bucket = cfn.describe_stack_resources(StackName=stack)["StackResources"][0]["PhysicalResourceId"]
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"a")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    for left in (version, marker):
        cfn.delete_stack(StackName=stack)
        harness.until(lambda: status() == "DELETE_FAILED")
        events = cfn.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [one.get("ResourceStatusReason", "") for one in events if one["LogicalResourceId"] == "B"]
        assert any("The bucket you tried to delete is not empty" in why for why in reasons)
        s3.delete_object(Bucket=bucket, Key="a", VersionId=left)
    cfn.delete_stack(StackName=stack)
    harness.until(lambda: status() == "DELETE_COMPLETE")
