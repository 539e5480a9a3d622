"""Uploads: parses the event or request that names prompts, and opens the objects.

An object directly in `prompts/<recipe>/` starts a run. Several files go into a folder below it,
`prompts/<recipe>/<folder>/`, where only `manifest.json` starts a run, so that it is uploaded last. Invocation logs that
a job reads itself are described by `collected/<recipe>/<folder>/logs.json`. Such a file in another folder is parsed as
well, so that its uploader is told why it is rejected (`lambdas.dataset.logs_input`). The prompts of a promotion are in
a folder that it names, `prompts/<recipe>/<promotion>/`, where `promotion.json` starts the run.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.ledger.holders import HolderKind, is_promotion
from distillery.core.names import COLLECTED_PREFIX, DIRECT, PROMPTS_PREFIX, split_s3_uri
from distillery.core.promotions import FILES as PROMOTED_FILES
from distillery.core.promotions import MARKER
from distillery.core.serialization import from_wire
from distillery.datasets.validation.reading import InputFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_FILES = 10_000
"""Files of an upload. Opening one takes S3 about 30 ms, and the function has 15 minutes for all of them."""
MAX_LISTED = 100_000
"""Objects of a folder that are listed."""
FORMATS = (".jsonl", ".jsonl.gz")
DENIED = ("AccessDenied", "403", "Forbidden")
MISSING = ("NoSuchKey", "NoSuchVersion", "NoSuchBucket", "InvalidBucketName", "404")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The prompts that were uploaded for a recipe.

    uri: `s3://bucket/key`, or `s3://bucket/folder/` for all objects in it. version: the S3 version id; None for the
    newest. again: start a run even if one with the same prompts has already produced a student.
    """

    recipe: str
    uri: str
    version: str | None = None
    again: bool = False

    @property
    def description(self) -> str:
        return describe(self.uri, self.version)

    @property
    def is_prefix(self) -> bool:
        return self.uri.endswith("/")

    @property
    def is_direct(self) -> bool:
        """Whether it describes invocation logs, which take the place of prompts."""
        return self.uri.rpartition("/")[2] == DIRECT

    @property
    def is_manifest(self) -> bool:
        return self.uri.rpartition("/")[2] == MANIFEST

    @property
    def promotion(self) -> str:
        """The promotion whose prompts were uploaded, by the name of their folder; empty for any other upload."""
        folder, _, name = self.uri.rpartition("/")
        return folder.rpartition("/")[2] if name == MARKER else ""


@dataclass(frozen=True, slots=True)
class IgnoredEvent:
    """An event that does not trigger a run."""

    reason: str


def describe(uri: str, version: str | None) -> str:
    """Formats an object's address and version for messages, with escapes."""
    return f"{address(uri)} (version {address(version, NAME_MAX) if version else 'newest'})"


def parse_event(event: Any) -> Upload | IgnoredEvent:
    """Parses EventBridge's event `Object Created`, or a direct request. Raises BadRequest."""
    if isinstance(event, dict) and "detail" in event:
        return _parse_detail(event["detail"])
    upload = from_wire(Upload, event)
    named = upload.uri.startswith("s3://") and split_s3_uri(upload.uri)[0]
    if not named or not (upload.is_prefix or _is_readable(upload.uri)):
        raise BadRequest(
            f"uri is {quoted(address(upload.uri))}; it must be s3://bucket/key ending in {', '.join(FORMATS)} or "
            f"{MANIFEST}, or a folder s3://bucket/folder/"
        )
    return upload


def _parse_detail(detail: Any) -> Upload | IgnoredEvent:
    """Keys in EventBridge's events are not URL-encoded, unlike those in S3's own notifications (S3 User Guide,
    ev-events). `version-id` is absent if the bucket is not versioned."""
    try:
        bucket, key, version = detail["bucket"]["name"], detail["object"]["key"], detail["object"].get("version-id")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"the event names no object ({quoted(error)}); send an S3 event 'Object Created'") from error
    folder = COLLECTED_PREFIX if key.startswith(COLLECTED_PREFIX) else PROMPTS_PREFIX
    recipe, _, name = key.removeprefix(folder).partition("/")
    if reason := _reason_to_ignore(key, name):
        return IgnoredEvent(f"{address(f's3://{bucket}/{key}')} {reason}")
    return Upload(recipe=recipe, uri=f"s3://{bucket}/{key}", version=version)


def _reason_to_ignore(key: str, name: str) -> str | None:
    if key.startswith(COLLECTED_PREFIX):
        return None if key.endswith(f"/{DIRECT}") else f"is not {DIRECT}, the only trigger in {COLLECTED_PREFIX}"
    if not key.startswith(PROMPTS_PREFIX) or not name:
        return f"is not in a recipe's folder, {PROMPTS_PREFIX}<recipe>/"
    if not _is_readable(name):
        return f"does not end in {', '.join(FORMATS)} or {MANIFEST}"
    if "/" in name and not name.endswith((f"/{MANIFEST}", f"/{DIRECT}", f"/{MARKER}")):
        return f"is one of several files: its folder's {MANIFEST} starts the run"
    return None


def _is_readable(name: str) -> bool:
    return name.endswith(FORMATS) or name.rpartition("/")[2] in (MANIFEST, DIRECT, MARKER)


def parse_manifest(manifest: bytes) -> list[str]:
    """Returns the names in `{"files": ["a.jsonl", …]}`. Raises BadRequest for any other content."""
    try:
        content = json.loads(manifest) if len(manifest) <= MAX_MANIFEST_BYTES else None
    except (ValueError, RecursionError):
        content = None
    files = content.get("files") if isinstance(content, dict) and content.keys() == {"files"} else None
    if not isinstance(files, list) or not files or not all(_is_file_name(name) for name in files):
        raise BadRequest(
            f'{MANIFEST} must be {{"files": ["a.jsonl", …]}}, with files beside it that end in {", ".join(FORMATS)}'
        )
    if len(set(files)) < len(files):
        raise BadRequest(f"{MANIFEST} lists a file twice; list each file once")
    check_file_count(MANIFEST, len(files))
    return files


def check_file_count(what: str, count: int) -> None:
    """Raises BadRequest for more files than are read."""
    if count > MAX_FILES:
        raise BadRequest(f"{what} has {count} files; up to {MAX_FILES} are read, so join them into fewer files")


def _is_file_name(name: object) -> bool:
    return isinstance(name, str) and "/" not in name and name.endswith(FORMATS)


class UploadedObjects:
    """The objects and versions that an upload consists of, recorded while they are read."""

    def __init__(self, upload: Upload) -> None:
        self.objects: list[tuple[str, str]] = []
        if upload.version is not None:
            self.objects.append((upload.uri, upload.version))

    def record(self, files: Iterator[InputFile]) -> Iterator[InputFile]:
        for file in files:
            self.objects.append((file.uri, file.version or "null"))
            yield file


def open_files(s3: "S3Client", upload: Upload) -> Iterator[InputFile]:
    """Opens the upload's object, or the objects of its manifest or prefix, in order.

    Each file is open until the next one is requested.

    Raises:
        BadRequest: The manifest is invalid, or an object cannot be read.
    """
    if _is_promoted(upload.uri):
        raise BadRequest(
            f"{address(upload.uri)} is in the folder of a promotion, where only {MARKER} starts a run; upload "
            "other prompts to another folder"
        )
    if upload.is_prefix:
        for uri in _list_prefix(s3, upload.uri):
            yield from _open(s3, uri, None)
    elif upload.is_manifest:
        (manifest,) = (file.body.read(MAX_MANIFEST_BYTES + 1) for file in _open(s3, upload.uri, upload.version))
        folder = upload.uri.rpartition("/")[0]
        for name in parse_manifest(manifest):
            yield from _open(s3, f"{folder}/{name}", None)
    else:
        yield from _open(s3, upload.uri, upload.version)


def _is_promoted(key: str) -> bool:
    """Whether an object, or a folder, is that of a promotion."""
    folders = key.split("/")[:-1]
    return any(folder.startswith(HolderKind.PROMOTION) and is_promotion(folder) for folder in folders)


def open_promoted(s3: "S3Client", upload: Upload) -> Iterator[InputFile]:
    """Opens the training and the held-out prompts of a promotion, one after the other.

    Raises:
        BadRequest: An object cannot be read.
    """
    folder = upload.uri.rpartition("/")[0]
    for name in PROMOTED_FILES:
        yield from _open(s3, f"{folder}/{name}", None)


def _list_prefix(s3: "S3Client", uri: str) -> list[str]:
    """Lists the objects below a prefix, by key, that may contain prompts. Others, such as a readme, are skipped, and so
    are those of promotions: among them are held-out prompts, which no student may be trained on."""
    bucket, prefix = split_s3_uri(uri)
    with _client_errors_as_bad_request(address(uri)):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        listed = (found["Key"] for page in pages for found in page.get("Contents", []))
        keys = list(islice(listed, MAX_LISTED + 1))
    if len(keys) > MAX_LISTED:
        raise BadRequest(
            f"{address(uri)} contains more than {MAX_LISTED} objects; name the folder of the prompts alone"
        )
    uris = [f"s3://{bucket}/{key}" for key in keys if key.endswith(FORMATS) and not _is_promoted(key)]
    check_file_count(address(uri), len(uris))
    if not uris:
        raise BadRequest(f"{address(uri)} contains no object that ends in {', '.join(FORMATS)}; name another folder")
    return uris


def _open(s3: "S3Client", uri: str, version: str | None) -> Iterator[InputFile]:
    bucket, key = split_s3_uri(uri)
    with _client_errors_as_bad_request(describe(uri, version)):
        if version is None:
            response = s3.get_object(Bucket=bucket, Key=key)
        else:
            response = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    with closing(response["Body"]) as body:
        yield InputFile(address(key.rpartition("/")[2], most=len(key) * 9), uri, response.get("VersionId"), body)


@contextmanager
def _client_errors_as_bad_request(what: str) -> Iterator[None]:
    """Converts errors that a retry cannot fix."""
    from distillery.core.aws import ClientError, code  # boto3, which a check of local files does not need

    try:
        yield
    except ClientError as error:
        if code(error) not in (*DENIED, *MISSING):
            raise
        raise BadRequest(
            f"{what} cannot be read, S3 returned {code(error)}; name an object that exists in the prompts bucket"
        ) from error
