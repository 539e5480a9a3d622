"""Queries that have not ended: who asked, in an object each, since an event of Athena tells no more than their id."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.serialization import from_wire, to_wire
from lambdas.collection.span import Span

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "pending/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    query: str
    recipe: str
    span: Span


class Pending:
    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def keep(self, waiting: Waiting) -> None:
        body = json.dumps(to_wire(waiting)).encode()
        self._s3.put_object(Bucket=self._bucket, Key=_key(waiting.query), Body=body)

    def find(self, query: str) -> Waiting | None:
        """None for a query that was settled, or that is not ours."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=_key(query))["Body"].read()
        except ClientError as error:
            if code(error) == "NoSuchKey":
                return None
            raise
        return from_wire(Waiting, json.loads(body))

    def queries(self) -> Iterator[str]:
        """The ids of all of them."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=FOLDER)
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"].removeprefix(FOLDER).removesuffix(".json")

    def settled(self, query: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=_key(query))


def _key(query: str) -> str:
    return f"{FOLDER}{query}.json"
