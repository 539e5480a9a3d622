"""S3 for the simulator that stands alone: an endpoint, emulated or real, spoken to with botocore."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bedrock_simulator.ports import ObjectDenied, ObjectMissing

_MISSING = {"NoSuchBucket", "NoSuchKey", "404"}
_CONFIG = Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60, retries={"max_attempts": 3})


class EndpointObjects:
    """Buckets behind a URL, called as the account (its number is the access key); a role is not assumed.

    Where the simulator's own environment names a profile, or a key that is no account's number, those are used. The
    secret that goes with accounts' numbers is taken from there too.
    """

    def __init__(self, url: str) -> None:
        self._url, self._lock = url, threading.Lock()
        self._session: Any = botocore.session.get_session()
        self._clients: dict[tuple[str, str], Any] = {}

    def _client(self, account: str, region: str) -> Any:
        with self._lock:  # sessions are not safe to use from several threads, clients are
            if (account, region) not in self._clients:
                secret = os.environ.get("AWS_SECRET_ACCESS_KEY") or "local"
                keys = {} if _own() else {"aws_access_key_id": account, "aws_secret_access_key": secret}
                self._clients[account, region] = self._session.create_client(
                    "s3", region_name=region, endpoint_url=self._url, config=_CONFIG, **keys
                )
            return self._clients[account, region]

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """The whole object."""
        with _told(f"s3://{bucket}/{key}"):
            return bytes(self._client(account, region).get_object(Bucket=bucket, Key=key)["Body"].read())

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes the object."""
        with _told(f"s3://{bucket}/{key}"):
            self._client(account, region).put_object(Bucket=bucket, Key=key, Body=body)

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """The keys that begin with the prefix, sorted."""
        with _told(f"s3://{bucket}"):
            pages = self._client(account, region).get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=bucket, Prefix=prefix)
            return sorted(each["Key"] for page in found for each in page.get("Contents", []))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """As `put`: the endpoint is not told that it is Bedrock who writes."""
        self.put(account, region, source_arn, bucket, key, body)

    def home(self, account: str, region: str, bucket: str) -> str | None:
        """The Region that the endpoint gives the bucket."""
        try:
            with _told(f"s3://{bucket}"):
                found = self._client(account, region).get_bucket_location(Bucket=bucket)
        except ObjectMissing:
            return None
        except ObjectDenied:
            return region
        return found.get("LocationConstraint") or "us-east-1"


def _own() -> bool:
    key = os.environ.get("AWS_ACCESS_KEY_ID", "")
    return "AWS_PROFILE" in os.environ or (key != "" and not key.isdigit())


@contextmanager
def _told(what: str) -> Iterator[None]:
    """S3's errors as the ports'."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise ObjectMissing(f"{what} does not exist") from error
        raise ObjectDenied(f"{what}: {error.response['Error'].get('Message') or code}") from error
    except BotoCoreError as error:
        raise ObjectDenied(f"{what}: {error}") from error
