"""The queries that have not ended. Each is an S3 object of its own, because Athena's event contains only the query's
id."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.serialization import from_wire, to_wire
from lambdas.collection.hours import HourRange

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PENDING_PREFIX = "pending/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingQuery:
    """A query that has not ended. It is stored as JSON, so its fields keep their names.

    excluded: URIs of the objects at which earlier queries of the same collection ended, and which it does not open.
    """

    query: str
    recipe: str
    span: HourRange
    excluded: tuple[str, ...] = ()


class PendingQueries:
    """The pending queries, in a bucket."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def add(self, pending: PendingQuery) -> None:
        body = json.dumps(to_wire(pending)).encode()
        self._s3.put_object(Bucket=self._bucket, Key=_key(pending.query), Body=body)

    def get(self, query: str) -> PendingQuery | None:
        """Return a pending query, or None if it was removed or is not one of this function's."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=_key(query))["Body"].read()
        except ClientError as error:
            if code(error) == "NoSuchKey":
                return None
            raise
        return from_wire(PendingQuery, json.loads(body))

    def ids(self) -> Iterator[str]:
        """Iterate over the ids of all pending queries."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PENDING_PREFIX)
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"].removeprefix(PENDING_PREFIX).removesuffix(".json")

    def remove(self, query: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=_key(query))


def _key(query: str) -> str:
    return f"{PENDING_PREFIX}{query}.json"
