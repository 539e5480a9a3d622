"""S3 as one service role accesses it, with messages for what cannot be read or written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bedrock_simulator.ports import ObjectDenied, ObjectMissing, Objects


class JobInputError(Exception):
    """Why a job cannot use its input; the text becomes the failure message."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The objects of an account that a role can read and write. Every method raises ObjectDenied or ObjectMissing."""

    objects: Objects
    account: str
    region: str
    role_arn: str

    def read(self, uri: str) -> bytes:
        """Reads one object. Raises JobInputError if the URI names none."""
        bucket, key = split_uri(uri)
        if not key or key.endswith("/"):
            raise JobInputError(f"The S3 URI must name one object, not {uri}.")
        with self._telling("read", uri):
            return self.objects.get(self.account, self.region, self.role_arn, bucket, key)

    def list(self, uri: str) -> list[str]:
        """Returns the URIs of the objects under a prefix, sorted."""
        bucket, prefix = split_uri(uri)
        with self._telling("list", uri):
            keys = self.objects.list(self.account, self.region, self.role_arn, bucket, prefix)
        return [f"s3://{bucket}/{key}" for key in keys]

    def write(self, uri: str, body: str | bytes) -> None:
        """Writes or overwrites one object."""
        bucket, key = split_uri(uri)
        encoded = body.encode() if isinstance(body, str) else body
        with self._telling("write", uri):
            self.objects.put(self.account, self.region, self.role_arn, bucket, key, encoded)

    @contextmanager
    def _telling(self, verb: str, uri: str) -> Iterator[None]:
        try:
            yield
        except ObjectMissing as why:
            raise ObjectMissing(f"{uri} does not exist: {why}") from why
        except ObjectDenied as why:
            raise ObjectDenied(f"{self.role_arn} may not {verb} {uri}: {why}") from why


def split_uri(uri: str) -> tuple[str, str]:
    """Returns the bucket and the key, or prefix, of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
