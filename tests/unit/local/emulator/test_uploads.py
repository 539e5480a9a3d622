"""S3 tells a function who created an object, if the function's policy allows the notification."""

import uuid
from typing import Any

from tests.unit.local.emulator.harness import EmulatorHarness

WRITE = (
    "import boto3, json\n"
    "def handler(event, context):\n"
    "    for one in event.get('Records', []):\n"
    "        said = json.dumps(one['userIdentity'])\n"
    "        boto3.client('ssm').put_parameter(Name='/' + one['s3']['bucket']['name'], Value=said, Type='String')\n"
)


def _bucket(harness: EmulatorHarness, *, admitted: bool) -> str:
    """Creates a bucket that notifies a function of new objects. Returns its name."""
    name, s3, functions = f"b-{uuid.uuid4().hex[:8]}", harness.client("s3"), harness.client("lambda")
    s3.create_bucket(Bucket=name)
    function = harness.function(WRITE, {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"})
    functions.add_permission(
        FunctionName=function,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::*",
        SourceAccount=harness.account.account if admitted else "999999999999",
    )
    told = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [told]}, SkipDestinationValidation=True
    )
    return name


def _recorded(harness: EmulatorHarness, bucket: str) -> Any:
    found = harness.client("ssm").get_parameters(Names=[f"/{bucket}"])["Parameters"]
    return found and found[0]["Value"]


def test_the_session_that_uploads_is_reported_by_its_roles_id(harness: EmulatorHarness) -> None:
    bucket = _bucket(harness, admitted=True)
    client = harness.acting("s3", {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"})
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    said = harness.until(lambda: _recorded(harness, bucket))
    assert said.startswith('{"principalId": "AWS:AROA')
    assert said.endswith(':test"}')


def test_a_function_that_admits_another_account_s_buckets_is_told_nothing(harness: EmulatorHarness) -> None:
    bucket, other = _bucket(harness, admitted=False), _bucket(harness, admitted=True)
    for name in (bucket, other):
        harness.client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    harness.until(lambda: _recorded(harness, other))
    assert not _recorded(harness, bucket)
