"""The account in which a query runs: Athena reads Glue and S3, and writes its result, with the caller's permissions.

AWS: https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html, and fine-grained-access-to-glue-resources.html
"""

from datetime import datetime

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue, s3

from local.emulator import iam
from local.emulator.athena.table import TextTable, UnsupportedTable, text_table
from local.emulator.kms import Conditions


class AthenaAccessDenied(Exception):
    """The caller lacks a permission that the query needs."""


class CallerAccount:
    """Tables and objects as a caller may read them.

    Args:
        caller: ARN of the caller; the root user may do everything.
        database: Database of tables that are named without one.
        now: The time from which relative partition ranges count.
    """

    def __init__(self, caller: str, database: str, now: datetime) -> None:
        self._caller, self._database, self._now = caller, database, now

    def table(self, database: str | None, name: str) -> TextTable:
        within = database or self._database
        arn = f"arn:aws:glue:{get_region()}:{get_account_id()}"
        for resource in ("catalog", f"database/{within}", f"table/{within}/{name}"):
            self._require("glue:GetTable", f"{arn}:{resource}")
        found = glue._tables.get(f"{within}/{name}")
        if found is None:
            raise UnsupportedTable(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{within}.{name}' does not exist")
        return text_table(found, self._now)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        self._require("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})
        return [key for key in (s3._buckets.get(bucket) or {"objects": {}})["objects"] if key.startswith(prefix)]

    def size(self, bucket: str, key: str) -> int:
        return len(self.read(bucket, key))

    def read(self, bucket: str, key: str) -> bytes:
        self._require("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        _status, _headers, body = s3._get_object(bucket, key, {}, {})
        return bytes(body)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Writes the result."""
        self._require("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")
        self._require("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
        status, _headers, _body = s3._put_object(bucket, key, body, {})
        if status != 200:
            raise UnsupportedTable(f"the result cannot be written to s3://{bucket}/{key}")

    def _require(self, action: str, resource: str, keys: Conditions | None = None) -> None:
        if ":assumed-role/" not in self._caller:
            return
        role = f"arn:aws:iam::{self._caller.split(':')[4]}:role/{self._caller.split('/')[1]}"
        if why := iam.role_refusal(role, action, resource, keys):
            raise AthenaAccessDenied(f"Insufficient permissions to execute the query. {why}")
