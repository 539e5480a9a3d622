"""The objects of an upload, opened one after the other: the very version that was named."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.errors import BadRequest
from distillery.core.escaping import address
from distillery.datasets.manifest import FORMATS, MANIFEST_BYTES, named_in
from distillery.datasets.upload import Upload, told
from distillery.datasets.validation.reading import Opened

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DENIED = ("AccessDenied", "403", "Forbidden")
MISSING = ("NoSuchKey", "NoSuchVersion", "NoSuchBucket", "InvalidBucketName", "404")


class Objects:
    """Which objects an upload was, in which versions: its own, and those that it names."""

    def __init__(self, upload: Upload) -> None:
        self.objects: list[tuple[str, str]] = []
        if upload.version is not None:
            self.objects.append((upload.uri, upload.version))

    def noting(self, opened: Iterator[Opened]) -> Iterator[Opened]:
        for each in opened:
            self.objects.append((each.uri, each.version or "null"))
            yield each


def open_all(s3: "S3Client", upload: Upload) -> Iterator[Opened]:
    """The upload's object, or those that its manifest names or that stand under its prefix, in the order of their
    keys; each open until the next one is asked for. Raises BadRequest."""
    if upload.is_prefix:
        for uri in _under(s3, upload.uri):
            yield from _opened(s3, uri, None)
    elif upload.is_manifest:
        (manifest,) = (opened.body.read(MANIFEST_BYTES + 1) for opened in _opened(s3, upload.uri, upload.version))
        folder = upload.uri.rpartition("/")[0]
        for name in named_in(manifest):
            yield from _opened(s3, f"{folder}/{name}", None)
    else:
        yield from _opened(s3, upload.uri, upload.version)


def _under(s3: "S3Client", uri: str) -> list[str]:
    """The objects in a folder and below it that may hold prompts; others, such as a readme, are passed over."""
    bucket, prefix = _split(uri)
    with _refusing(address(uri)):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    held = [f"s3://{bucket}/{key}" for key in keys if key.endswith(FORMATS)]
    if not held:
        raise BadRequest(
            f"{address(uri)} holds no object that ends in {', '.join(FORMATS)}; name the folder that was meant"
        )
    return held


def _opened(s3: "S3Client", uri: str, version: str | None) -> Iterator[Opened]:
    bucket, key = _split(uri)
    with _refusing(told(uri, version)):
        if version is None:
            answer = s3.get_object(Bucket=bucket, Key=key)
        else:
            answer = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    with closing(answer["Body"]) as body:
        yield Opened(address(key.rpartition("/")[2], most=len(key) * 9), uri, answer.get("VersionId"), body)


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """What no retry mends becomes a BadRequest."""
    try:
        yield
    except ClientError as error:
        if code(error) not in (*DENIED, *MISSING):
            raise
        raise BadRequest(
            f"{what} cannot be read, S3 says {code(error)}; name an object that exists in the prompts bucket"
        ) from error


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
