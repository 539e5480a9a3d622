"""S3, IAM and an event target for the stand-alone server: folders or an S3 endpoint, role patterns, a webhook."""

import errno
import json
import os
import queue
import re
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bedrock_simulator.ports import ObjectDenied, ObjectMissing

ANY_REGION = "any"


class FolderObjects:
    """S3 in folders: a bucket is a folder of `root`, an object a file in it. All accounts share the buckets.

    A link that leads out of `root`, and what is no regular file (a pipe would block its reader), is no object.

    Args:
        root: The folder of the buckets.
        region: The Region of all buckets; `any` puts each in the Region that asks for it.
    """

    def __init__(self, root: Path, region: str = ANY_REGION) -> None:
        self._root, self._region = root.resolve(), region

    def _is_bucket(self, name: str) -> bool:
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            return False
        return (self._root / name).is_dir() and self._is_inside(self._root / name)

    def _is_inside(self, path: Path) -> bool:
        """Whether a path leads to a place in the folder of the buckets. A link to itself leads nowhere."""
        try:
            return path.resolve().is_relative_to(self._root)
        except (OSError, RuntimeError):
            return False

    def _folder(self, bucket: str) -> Path:
        if not self._is_bucket(bucket):
            raise ObjectMissing(f"there is no bucket {bucket}: {self._root} has no such folder")
        return self._root / bucket

    def _file(self, bucket: str, key: str) -> Path:
        path = self._folder(bucket) / key
        if any(part in ("", ".", "..") for part in key.split("/")) or "\0" in key or not _is_text(key):
            raise ObjectDenied(f"the key {key!r} is not the path of a file")
        if not self._is_inside(path):
            raise ObjectDenied(f"s3://{bucket}/{key} is a link that leads out of {self._root}; copy the file instead")
        return path

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """Reads the whole file."""
        path = self._file(bucket, key)
        try:
            _check_regular(path)
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing(f"s3://{bucket}/{key} does not exist") from None
        except OSError as why:
            raise ObjectDenied(f"s3://{bucket}/{key} cannot be read: {why}") from why

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes the file, and creates its folders."""
        path = self._file(bucket, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                _check_regular(path)
            path.write_bytes(body)
        except OSError as why:
            raise ObjectDenied(f"s3://{bucket}/{key} cannot be written: {why}") from why

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """Returns the keys of the bucket's files that start with the prefix."""
        folder = self._folder(bucket)
        found = (path for path in folder.rglob("*") if path.is_file() and self._is_inside(path))
        keys = (path.relative_to(folder).as_posix() for path in found)
        return sorted(key for key in keys if key.startswith(prefix) and _is_text(key))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """As `put`: buckets have no policies."""
        self.put(account, region, source_arn, bucket, key, body)

    def bucket_region(self, account: str, region: str, bucket: str) -> str | None:
        """Returns the Region of the bucket."""
        if not self._is_bucket(bucket):
            return None
        return region if self._region == ANY_REGION else self._region


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8, as every key is."""
    return name.encode(errors="replace").decode() == name


def _check_regular(path: Path) -> None:
    """Raises OSError for what is not a regular file: to open a pipe would wait for its other end."""
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise OSError(errno.EINVAL, "it is not a regular file")


_MISSING = {"NoSuchBucket", "NoSuchKey", "404"}
_CONFIG = Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60, retries={"max_attempts": 3})


class EndpointObjects:
    """S3 behind a URL, called as the account: its number is the access key, and no role is assumed.

    If the simulator's environment names a profile, or an access key that is not an account's number, those credentials
    are used. The secret for accounts' numbers comes from the environment too.
    """

    def __init__(self, url: str) -> None:
        self._url, self._lock = url, threading.Lock()
        self._session: Any = botocore.session.get_session()
        self._clients: dict[tuple[str, str], Any] = {}

    def _client(self, account: str, region: str) -> Any:
        with self._lock:  # sessions are not thread-safe, clients are
            if (account, region) not in self._clients:
                secret = os.environ.get("AWS_SECRET_ACCESS_KEY") or "local"
                keys = (
                    {} if _uses_own_credentials() else {"aws_access_key_id": account, "aws_secret_access_key": secret}
                )
                self._clients[account, region] = self._session.create_client(
                    "s3", region_name=region, endpoint_url=self._url, config=_CONFIG, **keys
                )
            return self._clients[account, region]

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """Reads the whole object."""
        with _translated_errors(f"s3://{bucket}/{key}"):
            return bytes(self._client(account, region).get_object(Bucket=bucket, Key=key)["Body"].read())

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes the object."""
        with _translated_errors(f"s3://{bucket}/{key}"):
            self._client(account, region).put_object(Bucket=bucket, Key=key, Body=body)

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """Returns the keys that start with the prefix, sorted."""
        with _translated_errors(f"s3://{bucket}"):
            pages = self._client(account, region).get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=bucket, Prefix=prefix)
            return sorted(each["Key"] for page in found for each in page.get("Contents", []))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """As `put`: the endpoint does not learn that Bedrock writes."""
        self.put(account, region, source_arn, bucket, key, body)

    def bucket_region(self, account: str, region: str, bucket: str) -> str | None:
        """Returns the bucket's Region according to the endpoint."""
        try:
            with _translated_errors(f"s3://{bucket}"):
                found = self._client(account, region).get_bucket_location(Bucket=bucket)
        except ObjectMissing:
            return None
        except ObjectDenied:
            return region
        return found.get("LocationConstraint") or "us-east-1"


def _uses_own_credentials() -> bool:
    key = os.environ.get("AWS_ACCESS_KEY_ID", "")
    return "AWS_PROFILE" in os.environ or (key != "" and not key.isdigit())


@contextmanager
def _translated_errors(what: str) -> Iterator[None]:
    """Raises S3's errors as those of `ports`."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise ObjectMissing(f"{what} does not exist") from error
        raise ObjectDenied(f"{what}: {error.response['Error'].get('Message') or code}") from error
    except BotoCoreError as error:
        raise ObjectDenied(f"{what}: {error}") from error


_ROLE_ARN = re.compile(r"arn:aws(-[^:]+)?:iam::(?P<account>\d{12}):role/.+")


class PatternRoles:
    """Roles of the caller's own account exist and may do everything; others do not exist."""

    def check_trust(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """Returns None for a role of the account, else the service's message."""
        found = _ROLE_ARN.fullmatch(role_arn)
        if found is not None and found["account"] == account:
            return None
        return (
            f"Could not assume provided IAM role. Please ensure that the role {role_arn} is one of account {account}, "
            f"to be assumed for {service_source_arn} in {region}."
        )

    def is_allowed(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:  # the port's parameters
        """Always true."""
        return True


_TIMEOUT = 5.0  # seconds
_MAX_QUEUED = 1000  # events


class Webhook:
    """Posts events to a URL as JSON, one after the other, from a thread of its own.

    Delivery is best effort: an event that cannot be delivered is lost, which is reported once on stderr.
    """

    def __init__(self, url: str) -> None:
        self._url, self._silent = url, False
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(_MAX_QUEUED)
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
        threading.Thread(target=self._post_for_ever, daemon=True, name="bedrock-events").start()

    def post(self, event: dict[str, Any]) -> None:
        """Queues an event; it is lost if the queue is full."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._complain("too many events are waiting")

    def _post_for_ever(self) -> None:
        while True:
            event = self._waiting.get()
            try:
                answer = self._pool.request(
                    "POST", self._url, body=json.dumps(event), headers={"content-type": "application/json"}
                )
            except urllib3.exceptions.HTTPError as why:
                self._complain(str(why))
            else:
                if answer.status >= 400:
                    self._complain(f"it answers {answer.status}")

    def _complain(self, why: str) -> None:
        if not self._silent:
            print(f"events cannot be delivered to {self._url}: {why}", file=sys.stderr, flush=True)
        self._silent = True
