"""Writes collected prompts to the home Region as one object, whose arrival starts a run.

The prompts bucket is read from the SSM parameter that the pipeline stack publishes.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from distillery.core.conversation import Prompt, to_line
from distillery.core.logs import DirectLogs
from distillery.core.names import COLLECTED_PREFIX, DIRECT, PROMPTS_PREFIX, Names
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient


class Delivery:
    """Writes objects to the home Region.

    Args:
        names: names of the environment.
        s3: client of the home Region.
        ssm: client of the home Region.
    """

    def __init__(self, names: Names, s3: "S3Client", ssm: "SSMClient") -> None:
        self._names, self._s3, self._ssm = names, s3, ssm

    def deliver(self, recipe: str, prompts: Iterable[Prompt]) -> str:
        """Write prompts and return the object's URI. The same prompts give the same object, and so the same run."""
        lines = b"".join(to_line(prompt).encode() + b"\n" for prompt in prompts)
        name = f"logs-{hashlib.sha256(lines).hexdigest()[:16]}.jsonl.gz"
        return self._put(f"{PROMPTS_PREFIX}{recipe}/{name}", gzip.compress(lines, mtime=0))

    def deliver_direct(self, recipe: str, direct: DirectLogs) -> str:
        """Write what replaces prompts if the job reads the logs itself, below a prefix that only this function can
        write. Return the object's URI."""
        body = json.dumps(to_wire(direct), ensure_ascii=False).encode()
        folder = hashlib.sha256(body).hexdigest()[:16]
        return self._put(f"{COLLECTED_PREFIX}{recipe}/{folder}/{DIRECT}", body)

    def _put(self, key: str, body: bytes) -> str:
        bucket = self._bucket()
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"s3://{bucket}/{key}"

    def _bucket(self) -> str:
        value = self._ssm.get_parameter(Name=self._names.pipeline)["Parameter"]["Value"]
        return str(json.loads(value)["prompts_bucket"])
