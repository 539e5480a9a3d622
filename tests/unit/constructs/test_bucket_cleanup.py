"""The function that empties buckets: it deletes only from tagged buckets, and always responds to CloudFormation."""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lambdas.bucket_cleanup import handler
from lambdas.bucket_cleanup.handler import empty_bucket

TAG = "distillery:emptied-on-delete"
EVENT = {
    "RequestType": "Delete",
    "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/answer",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Emptied",
    "PhysicalResourceId": "bucket",
    "ResourceProperties": {"Bucket": "bucket", "OnlyIfTagged": TAG},
}
DENIED = {
    "Sid": "DistilleryEmptied",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::bucket/*",
}
TLS_ONLY = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.fixture
def s3() -> Any:
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def stub(s3: Any) -> Iterator[Stubber]:
    with Stubber(s3) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def _tagged(stub: Stubber, *keys: str) -> None:
    tags = [{"Key": key, "Value": "true"} for key in keys]
    stub.add_response("get_bucket_tagging", {"TagSet": tags}, {"Bucket": "bucket"})


def _denied(stub: Stubber, policy: dict[str, Any] | None = None) -> None:
    """Writes are denied in the bucket's policy, which keeps its other statements."""
    if policy is None:
        stub.add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    else:
        stub.add_response("get_bucket_policy", {"Policy": json.dumps(policy)}, {"Bucket": "bucket"})
    others = [each for each in (policy or {}).get("Statement", []) if each["Sid"] != DENIED["Sid"]]
    wanted = json.dumps({"Version": "2012-10-17", "Statement": [*others, DENIED]})
    stub.add_response("put_bucket_policy", {}, {"Bucket": "bucket", "Policy": wanted})


def _listed(stub: Stubber, *versions: dict[str, Any], **more: Any) -> None:
    found = {"IsTruncated": False, "Versions": list(versions), **more}
    stub.add_response("list_object_versions", found, {"Bucket": "bucket"})


def _version(ident: str) -> dict[str, Any]:
    return {"Key": "a", "VersionId": ident, "LastModified": datetime(2026, 11, 23, tzinfo=UTC), "IsLatest": True}


def test_versions_and_delete_markers_are_deleted(s3: Any, stub: Stubber) -> None:
    _tagged(stub, TAG)
    _denied(stub)
    _listed(stub, _version("1"), DeleteMarkers=[_version("2")])
    asked = {"Objects": [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}], "Quiet": True}
    stub.add_response("delete_objects", {}, {"Bucket": "bucket", "Delete": asked})
    _listed(stub)
    _listed(stub)
    assert empty_bucket(s3, "bucket", only_if_tagged=TAG) == 2


def test_an_access_log_that_arrives_while_the_bucket_is_emptied_is_deleted_too(
    s3: Any, stub: Stubber, waits: list[float]
) -> None:
    """S3 delivers logs late: one may be on its way when writes are denied."""
    _tagged(stub, TAG)
    _denied(stub)
    for each in ("1", "2", "3"):
        _listed(stub, _version(each))
        deleted = {"Objects": [{"Key": "a", "VersionId": each}], "Quiet": True}
        stub.add_response("delete_objects", {}, {"Bucket": "bucket", "Delete": deleted})
    _listed(stub)
    _listed(stub)
    assert empty_bucket(s3, "bucket", only_if_tagged=TAG) == 3
    assert sum(waits) > 0


@pytest.mark.parametrize("statements", [[], [TLS_ONLY], [TLS_ONLY, DENIED], [DENIED]])
def test_writes_are_denied_first_and_the_policy_keeps_its_statements(
    s3: Any, stub: Stubber, statements: list[Any]
) -> None:
    _tagged(stub, TAG)
    _denied(stub, {"Version": "2012-10-17", "Statement": statements})
    _listed(stub)
    _listed(stub)
    assert empty_bucket(s3, "bucket", only_if_tagged=TAG) == 0


def test_a_bucket_whose_data_is_to_be_kept_is_left_alone(s3: Any, stub: Stubber) -> None:
    _tagged(stub, "another")
    assert empty_bucket(s3, "bucket", only_if_tagged=TAG) == 0


@pytest.mark.parametrize("code", ["NoSuchTagSet", "NoSuchBucket"])
def test_a_bucket_without_tags_or_that_is_gone_is_no_error(s3: Any, stub: Stubber, code: str) -> None:
    stub.add_client_error("get_bucket_tagging", code)
    assert empty_bucket(s3, "bucket", only_if_tagged=TAG) == 0


def test_what_s3_will_not_delete_is_an_error(s3: Any, stub: Stubber) -> None:
    _tagged(stub, TAG)
    _denied(stub)
    _listed(stub, _version("1"))
    stub.add_response("delete_objects", {"Errors": [{"Key": "a", "Code": "AccessDenied"}]})
    with pytest.raises(OSError, match="would not delete 1 objects of bucket"):
        empty_bucket(s3, "bucket", only_if_tagged=TAG)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, s3: Any) -> list[dict[str, Any]]:
    """Yields the responses to CloudFormation."""
    heard: list[dict[str, Any]] = []

    class Answered:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    def urlopen(request: urllib.request.Request, timeout: int) -> Answered:
        assert isinstance(request.data, bytes)
        heard.append(json.loads(request.data))
        return Answered()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(handler, "client", lambda _service: s3)
    return heard


CONTEXT = SimpleNamespace(log_stream_name="stream")


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_deleted_before_the_bucket_goes(kind: str, answers: list[dict[str, Any]], stub: Stubber) -> None:
    handler.empty({**EVENT, "RequestType": kind}, CONTEXT)
    assert [(a["Status"], a["PhysicalResourceId"]) for a in answers] == [("SUCCESS", "bucket")]


def test_a_failure_is_answered_with_its_reason(answers: list[dict[str, Any]], stub: Stubber) -> None:
    stub.add_client_error("get_bucket_tagging", "AccessDenied")
    handler.empty(EVENT, CONTEXT)
    (answer,) = answers
    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert "stream" in answer["Reason"]
