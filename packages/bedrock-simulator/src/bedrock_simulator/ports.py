"""The interfaces between the simulator and its host: requests, responses, and the AWS services that it uses."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

_KEY_ID = 36  # characters


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        service: `bedrock` or `bedrock-runtime`.
        path: The undecoded path.
        headers: The headers, with names in lower case.
        caller: The ARN of the principal that signed the request; empty for the account's root user.
        exempt_from_faults: Whether the host sends the request for its own purposes, so that no fault applies to it.
    """

    service: str
    account: str
    region: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    caller: str = ""
    exempt_from_faults: bool = False

    @property
    def identity(self) -> str:
        """The caller's ARN."""
        return self.caller or f"arn:aws:iam::{self.account}:root"


Chunk = tuple[float, bytes]


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response. The simulator never sleeps; its host does, so that waiting blocks nobody else.

    The host waits `delay` real seconds before it sends anything. Then it sends `body`, or, for a response that arrives
    over time, each of `chunks` after its own real seconds and without a Content-Length. Chunks are iterated once. A
    response that is `dropped` is not sent: after the delay the host closes the connection.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    delay: float = 0.0
    chunks: Iterable[Chunk] | None = None
    dropped: bool = False


class StreamInterrupted(Exception):
    """Raised by the chunks of a response: the host closes the connection there, without ending the body."""


class ObjectMissing(Exception):
    """The bucket or object does not exist."""


class ObjectDenied(Exception):
    """The role may not do that to the object; the text names the action."""


class Clock(Protocol):
    """Virtual time."""

    def now(self) -> datetime:
        """The virtual time, aware, in UTC."""


class Objects(Protocol):
    """S3 as a service role or Bedrock itself accesses it. All but `bucket_region` raise ObjectDenied or ObjectMissing.

    `region` is where Bedrock runs, not where the bucket is.
    """

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """Returns the whole object."""

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes or overwrites the object."""

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """Returns the keys that start with the prefix, sorted."""

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes as Bedrock itself for `source_arn`; the policies of the bucket and of its key must allow it."""

    def bucket_region(self, account: str, region: str, bucket: str) -> str | None:
        """Returns the Region of the account's bucket, None if there is no such bucket."""


class Events(Protocol):
    """The account's default event bus."""

    def emit(
        self,
        account: str,
        region: str,
        source: str,
        detail_type: str,
        resources: list[str],
        detail: dict[str, Any],
    ) -> None:
        """Delivers one event with best effort, as AWS does."""


class Roles(Protocol):
    """The account's IAM roles."""

    def check_trust(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """Returns None if Bedrock may assume the role for that source, else the message for the caller."""

    def is_allowed(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        """Whether the role may do that; `keys` are the request's condition keys (`bedrock:InferenceProfileArn`)."""


class Keys(Protocol):
    """The account's KMS keys."""

    def find(self, account: str, region: str, key: str) -> str | None:
        """Returns the ARN of an enabled key in the Region, given its ARN, ID or alias; None if there is none."""


class AnyKeys:
    """For a host without KMS: every key exists, with an ID made from its name."""

    def find(self, account: str, region: str, key: str) -> str | None:
        """Returns an ARN for any name."""
        if ":key/" in key:
            return key
        name = key.rsplit("/", 1)[-1]
        made = name if len(name) == _KEY_ID else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{region}/{name}"))
        return f"arn:aws:kms:{region}:{account}:key/{made}"


class Shares(Protocol):
    """What accounts share with each other by AWS RAM."""

    def shared_with(self, account: str) -> Collection[str]:
        """Returns the ARNs of the custom models of other accounts that are shared with the account."""


class NoShares:
    """For a host without AWS RAM."""

    def shared_with(self, _account: str) -> Collection[str]:
        """Returns nothing."""
        return ()


class Logs(Protocol):
    """CloudWatch Logs as a service role accesses it."""

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        """Appends one event to a stream, and creates the stream if needed. A denied event is lost."""


class NoLogs:
    """For a host without CloudWatch Logs."""

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        """Discards the event."""


class Metrics(Protocol):
    """CloudWatch as Bedrock itself writes it."""

    def record(self, account: str, region: str, model_id: str, values: Mapping[str, float], at: datetime) -> None:
        """Records values of metrics of `AWS/Bedrock`, by their names, with the dimension `ModelId`."""


class NoMetrics:
    """For a host without CloudWatch."""

    def record(self, account: str, region: str, model_id: str, values: Mapping[str, float], at: datetime) -> None:
        """Discards the values."""
