"""Logged calls as Bedrock delivers them to S3 (UG model-invocation-logging; the layout as others have seen it):

AWSLogs/<account>/BedrockModelInvocationLogs/<Region>/yyyy/MM/dd/HH/<name>.json.gz          a record a line
AWSLogs/<account>/BedrockModelInvocationLogs/<Region>/yyyy/MM/dd/HH/data/<name>.json.gz     a body above 100 KB
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError
from distillery.core.errors import Misconfigured
from lambdas.collection.span import Span

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_HOUR = len("2026/11/23/09")
_ACCOUNT = re.compile(r"AWSLogs/(\d{12})/", re.ASCII)
DAMAGED = b"damaged"


@dataclass(frozen=True, slots=True)
class File:
    """size: packed, in bytes."""

    key: str
    size: int


class Logs:
    """uri: `s3://bucket/AWSLogs/…/<Region>/`, with its closing slash."""

    def __init__(self, s3: "S3Client", uri: str) -> None:
        self._s3, self.uri = s3, uri
        self.bucket, _, self._prefix = uri.removeprefix("s3://").partition("/")

    @property
    def account(self) -> str:
        """Whose calls are logged: this account's alone, as the stack says. Raises Misconfigured."""
        found = _ACCOUNT.match(self._prefix)
        if found is None:
            raise Misconfigured(f"no account's logs are at {self.uri}; deploy the collection stack again")
        return found[1]

    def files(self, span: Span) -> list[File]:
        """Those with records, in the order of their keys: bodies have folders of their own."""
        return [file for day in span.days() for file in self._day(day) if self._is_of(file.key, span)]

    def all_files(self) -> list[File]:
        """Those of every hour that is kept."""
        return [file for file in self._under("") if self._is_of(file.key, None)]

    def _day(self, day: str) -> Iterator[File]:
        return self._under(f"{day}/")

    def _under(self, folder: str) -> Iterator[File]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._prefix + folder)
        for page in pages:
            for item in page.get("Contents", []):
                yield File(item["Key"], item["Size"])

    def _is_of(self, key: str, span: Span | None) -> bool:
        within = key.removeprefix(self._prefix)
        hour, name = within[:_HOUR], within[_HOUR:]
        records = name.startswith("/") and "/" not in name[1:] and name.endswith(".json.gz")
        return records and (span is None or span.holds(hour))

    def lines(self, files: Iterable[File]) -> Iterator[bytes]:
        """Records, one after the other, never a whole file at once. Where a file is damaged, one line says so."""
        for file in files:
            body: Any = self._s3.get_object(Bucket=self.bucket, Key=file.key)["Body"]
            with gzip.GzipFile(fileobj=body, mode="rb") as unpacked:
                try:
                    yield from unpacked
                except (EOFError, gzip.BadGzipFile, zlib.error):
                    yield DAMAGED

    def body(self, uri: str) -> Any:
        """A body that its record names, None where it is not to be had. Only of these logs' own folder."""
        if not uri.startswith(self.uri):
            return None
        try:
            found = self._s3.get_object(Bucket=self.bucket, Key=uri.removeprefix(f"s3://{self.bucket}/"))
            return json.loads(gzip.decompress(found["Body"].read()))
        except (ClientError, OSError, EOFError, zlib.error, ValueError):
            return None
