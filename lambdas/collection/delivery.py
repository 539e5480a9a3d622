"""Curated prompts cross to the home Region: one object, where its arrival starts a run.

What is there is known by name: the prompts bucket is read from what the pipeline published.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from distillery.core.conversation import Prompt, to_line
from distillery.core.logs import Direct
from distillery.core.names import COLLECTED_PREFIX, DIRECT, PROMPTS_PREFIX, Names
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient


class Delivery:
    """s3, ssm: of the home Region."""

    def __init__(self, names: Names, s3: "S3Client", ssm: "SSMClient") -> None:
        self._names, self._s3, self._ssm = names, s3, ssm

    def deliver(self, recipe: str, prompts: Iterable[Prompt]) -> str:
        """The object's URI. The same prompts are the same object, and so the same run."""
        lines = b"".join(to_line(prompt).encode() + b"\n" for prompt in prompts)
        name = f"logs-{hashlib.sha256(lines).hexdigest()[:16]}.jsonl.gz"
        return self.put(f"{PROMPTS_PREFIX}{recipe}/{name}", gzip.compress(lines, mtime=0))

    def deliver_direct(self, recipe: str, direct: Direct) -> str:
        """What stands in place of prompts where the job reads the logs itself, where nobody else may write."""
        body = json.dumps(to_wire(direct), ensure_ascii=False).encode()
        folder = hashlib.sha256(body).hexdigest()[:16]
        return self.put(f"{COLLECTED_PREFIX}{recipe}/{folder}/{DIRECT}", body)

    def put(self, key: str, body: bytes) -> str:
        bucket = self._bucket()
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"s3://{bucket}/{key}"

    def _bucket(self) -> str:
        value = self._ssm.get_parameter(Name=self._names.pipeline)["Parameter"]["Value"]
        return str(json.loads(value)["prompts_bucket"])
