"""The invocation logs that Bedrock delivers to S3 (user guide, model-invocation-logging; the layout as others observed
it):

AWSLogs/<account>/BedrockModelInvocationLogs/<Region>/yyyy/MM/dd/HH/<name>.json.gz          one record per line
AWSLogs/<account>/BedrockModelInvocationLogs/<Region>/yyyy/MM/dd/HH/data/<name>.json.gz     a body above 100 KB
"""

import gzip
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError
from distillery.core.errors import Misconfigured
from distillery.core.names import split_s3_uri
from lambdas.collection.hours import HourRange
from lambdas.collection.packed_lines import unpacked_lines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_HOUR_LENGTH = len("2026/11/23/09")
_ACCOUNT = re.compile(r"AWSLogs/(\d{12})/", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogFile:
    """size: compressed, in bytes."""

    key: str
    size: int


class LogFiles:
    """The log files below `s3://bucket/AWSLogs/…/<Region>/`, with its final slash."""

    def __init__(self, s3: "S3Client", uri: str) -> None:
        self._s3, self.uri = s3, uri
        self.bucket, self._prefix = split_s3_uri(uri)

    @property
    def account(self) -> str:
        """The account whose calls are logged. Raises Misconfigured if the URI names none."""
        found = _ACCOUNT.match(self._prefix)
        if found is None:
            raise Misconfigured(f"no account's logs are at {self.uri}; deploy the collection stack again")
        return found[1]

    def files(self, hours: HourRange) -> list[LogFile]:
        """Return the files of records of these hours, ordered by key. Bodies are in subfolders."""
        return [file for day in hours.days() for file in self._list(f"{day}/") if self._has_records(file.key, hours)]

    def named(self, hours: HourRange, uris: Collection[str]) -> list[LogFile]:
        """Return the files of records of these hours that have one of these URIs."""
        return [file for file in self.files(hours) if f"s3://{self.bucket}/{file.key}" in uris]

    def all_files(self) -> list[LogFile]:
        """Return the files of records of all hours."""
        return [file for file in self._list("") if self._has_records(file.key, None)]

    def _list(self, folder: str) -> Iterator[LogFile]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._prefix + folder)
        for page in pages:
            for item in page.get("Contents", []):
                yield LogFile(item["Key"], item["Size"])

    def _has_records(self, key: str, hours: HourRange | None) -> bool:
        suffix = key.removeprefix(self._prefix)
        hour, name = suffix[:_HOUR_LENGTH], suffix[_HOUR_LENGTH:]
        is_record_file = name.startswith("/") and "/" not in name[1:] and name.endswith(".json.gz")
        return is_record_file and (hours is None or hour in hours)

    def lines(self, files: Iterable[LogFile]) -> Iterator[bytes]:
        """Iterate over the records without loading whole files. A damaged file ends with the line DAMAGED."""
        for file in files:
            body: Any = self._s3.get_object(Bucket=self.bucket, Key=file.key)["Body"]
            yield from unpacked_lines(body)

    def body(self, uri: str) -> Any:
        """Return the body that a record names, or None if it cannot be read or is not below this prefix."""
        if not uri.startswith(self.uri):
            return None
        try:
            found = self._s3.get_object(Bucket=self.bucket, Key=split_s3_uri(uri)[1])
            return json.loads(gzip.decompress(found["Body"].read()))
        except (ClientError, OSError, EOFError, zlib.error, ValueError):
            return None
