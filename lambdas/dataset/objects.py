"""The objects of an upload, opened one after the other: the very version that was named."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.dataset.upload import FORMATS, MANIFEST, Upload
from lambdas.shared.aws import ClientError, code
from lambdas.shared.errors import BadRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST_BYTES = 1024 * 1024
DENIED = ("AccessDenied", "403", "Forbidden")
MISSING = ("NoSuchKey", "NoSuchVersion", "NoSuchBucket", "InvalidBucketName", "404")


@dataclass(frozen=True, slots=True)
class Opened:
    """An object being read. version: what S3 says it gave, None in a bucket without versions; body: `read(n)`."""

    name: str
    uri: str
    version: str | None
    body: Any


def open_all(s3: "S3Client", upload: Upload) -> Iterator[Opened]:
    """The upload's object, or those its manifest names, each open until the next one is asked for."""
    if not upload.is_manifest:
        yield from _opened(s3, upload.uri, upload.version)
        return
    (manifest,) = (opened.body.read(MANIFEST_BYTES + 1) for opened in _opened(s3, upload.uri, upload.version))
    folder = upload.uri.rpartition("/")[0]
    for name in _files(manifest):
        yield from _opened(s3, f"{folder}/{name}", None)


def _opened(s3: "S3Client", uri: str, version: str | None) -> Iterator[Opened]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        if version is None:
            answer = s3.get_object(Bucket=bucket, Key=key)
        else:
            answer = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        if code(error) in (*DENIED, *MISSING):
            raise BadRequest(
                f"{uri} (version {version or 'newest'}) cannot be read, S3 says {code(error)}; "
                "name an object that exists in the prompts bucket"
            ) from error
        raise
    with closing(answer["Body"]) as body:
        yield Opened(key.rpartition("/")[2], uri, answer.get("VersionId"), body)


def _files(manifest: bytes) -> list[str]:
    """`{"files": ["a.jsonl", …]}`: names of objects beside it."""
    try:
        content = json.loads(manifest) if len(manifest) <= MANIFEST_BYTES else None
    except (ValueError, RecursionError):
        content = None
    files = content.get("files") if isinstance(content, dict) and content.keys() == {"files"} else None
    if not isinstance(files, list) or not files or not all(_names_a_file(name) for name in files):
        raise BadRequest(
            f'{MANIFEST} must be {{"files": ["a.jsonl", …]}}, naming files beside it that end in {", ".join(FORMATS)}'
        )
    if len(set(files)) < len(files):
        raise BadRequest(f"{MANIFEST} names a file twice; name each once")
    return files


def _names_a_file(name: object) -> bool:
    return isinstance(name, str) and "/" not in name and name.endswith(FORMATS)
