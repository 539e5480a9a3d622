"""The simulator's own server reads and writes buckets of an S3 endpoint: here the emulator's."""

import uuid

import pytest

from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.server.backends import EndpointObjects
from tests.unit.local.emulator.harness import EmulatorHarness, document

OTHER = "222222222222"


def test_objects_of_an_endpoint_are_read_written_and_listed_as_the_account(
    harness: EmulatorHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", harness.account.secret)
    account, role = harness.account.account, ""
    objects, name = EndpointObjects(harness.account.endpoint), f"b-{uuid.uuid4().hex[:8]}"
    assert objects.bucket_region(account, "us-east-1", name) is None
    harness.client("s3").create_bucket(Bucket=name)
    assert objects.bucket_region(account, "us-west-2", name) == "us-east-1"
    objects.put(account, "us-east-1", role, name, "logs/b", b"2")
    objects.deliver(account, "us-east-1", "arn:aws:bedrock:us-east-1:111111111111:*", name, "logs/a", b"1")
    assert objects.list(account, "us-east-1", role, name, "logs/") == ["logs/a", "logs/b"]
    assert objects.get(account, "us-east-1", role, name, "logs/a") == b"1"
    with pytest.raises(ObjectMissing, match=f"s3://{name}/c does not exist"):
        objects.get(account, "us-east-1", role, name, "c")
    with pytest.raises(ObjectMissing):
        objects.put(account, "us-east-1", role, f"{name}-not", "c", b"")
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/logs/*"}
    harness.client("s3").put_bucket_policy(Bucket=name, Policy=document(denied))
    with pytest.raises(ObjectDenied, match=r"(?i)denied|not authorized"):
        objects.get(OTHER, "us-east-1", role, name, "logs/a")


def test_an_endpoint_that_nobody_listens_at_is_a_sentence() -> None:
    objects = EndpointObjects("http://127.0.0.1:9")
    with pytest.raises(ObjectDenied, match=r"s3://bucket/a: Could not connect to the endpoint URL"):
        objects.get("111111111111", "us-east-1", "", "bucket", "a")
