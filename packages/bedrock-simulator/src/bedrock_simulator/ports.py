"""What the simulator needs from its host, and what the host calls it with."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

_KEY_ID = 36  # characters


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call: `service` is `bedrock` or `bedrock-runtime`, `path` is undecoded, header names are lower case.

    `caller` is the ARN of the principal that signed it; without one, the account's root (`Request.identity`).
    `spared` is a call that the host makes for its own ends: no fault strikes it.
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
    spared: bool = False

    @property
    def identity(self) -> str:
        """The caller's ARN."""
        return self.caller or f"arn:aws:iam::{self.account}:root"


Chunk = tuple[float, bytes]


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back on the wire. The simulator never sleeps: its host does, so that waiting blocks nobody else.

    The host waits `delay` real seconds before it sends anything. Then it sends `body`; but where there are `chunks`,
    which only an answer has that arrives over time, it sends those in its place, each after that many real seconds,
    and without a Content-Length. Chunks are iterated once. An answer that is `dropped` is never sent: after the delay
    the host closes the connection.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    delay: float = 0.0
    chunks: Iterable[Chunk] | None = None
    dropped: bool = False


class StreamInterrupted(Exception):
    """Raised by an answer's chunks: the host closes the connection there, without ending the body."""


class ObjectMissing(Exception):
    """There is no such bucket or object."""


class ObjectDenied(Exception):
    """The role may not do that to the object; the text says which action was refused."""


class Clock(Protocol):
    """Virtual time."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class Objects(Protocol):
    """S3 as seen by a service role, or by Bedrock itself. All but `home` raise `ObjectDenied` or `ObjectMissing`.

    `region` is where Bedrock acts, not where the bucket is.
    """

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """The whole object."""

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes or overwrites the object."""

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """The keys that begin with the prefix, sorted."""

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes as Bedrock itself for `source_arn`; the policies of the bucket and of its key must admit that."""

    def home(self, account: str, region: str, bucket: str) -> str | None:
        """The Region of the account's bucket, None if there is no such bucket."""


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
        """Delivers one event, at least as surely as AWS does: best effort."""


class Roles(Protocol):
    """The account's IAM roles."""

    def check(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """None when Bedrock may assume the role for that source; otherwise the sentence for the caller."""

    def may(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        """Whether the role may do that; `keys` are the request's condition keys (`bedrock:InferenceProfileArn`)."""


class Keys(Protocol):
    """The account's KMS keys."""

    def find(self, account: str, region: str, key: str) -> str | None:
        """The ARN of a usable key in that Region, named by ARN, id or alias; None if there is none."""


class AnyKeys:
    """For a host without KMS: every key exists, under an id made of its name."""

    def find(self, account: str, region: str, key: str) -> str | None:
        """Its ARN; what is not one becomes one."""
        if ":key/" in key:
            return key
        name = key.rsplit("/", 1)[-1]
        made = name if len(name) == _KEY_ID else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{region}/{name}"))
        return f"arn:aws:kms:{region}:{account}:key/{made}"


class Logs(Protocol):
    """CloudWatch Logs as seen by a service role."""

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        """Appends one event to a stream, made if need be. What the role may not do is lost, and so is a group."""


class NoLogs:
    """For a host without CloudWatch Logs."""

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        """Nothing comes of it."""
