"""Copies the files of a data set from the source's account to the target's, unchanged, in the memory of three parts."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from distillery.cli.promote.evidence import BLOCK, changed, dataset_folder
from distillery.cli.target import Target
from distillery.core.errors import BadRequest
from distillery.core.names import HELDOUT_FILE, TRAINING_FILE
from distillery.core.promotions import FILES, MARKER
from distillery.records.statement import HELDOUT, TRAINING, Statement

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 16 * BLOCK
"""Bytes of a part of a multipart upload. S3 takes at least 5 MiB, and at most 10,000 parts (S3 guide, qfacts). In
memory are at most three times as many: the part that is sent, the blocks of the next one, and these joined."""
_SUBJECTS = {TRAINING_FILE: TRAINING, HELDOUT_FILE: HELDOUT}


def copy_prompts(on: Target, there: Target, statement: Statement, folder: str) -> Iterator[tuple[str, int]]:
    """Copies each file of the record's data set. Yields its name and its size in bytes.

    Args:
        on: The source, whose data bucket has them.
        there: The target, whose prompts bucket gets them.
        statement: What the source signed: the SHA-256 of each.
        folder: Where they go in that bucket, with a slash at the end.

    Raises:
        BadRequest: A file is not the one that was signed. Then it is not written.
    """
    source, bucket = dataset_folder(on, statement), str(there.account.pipeline["prompts_bucket"])
    for name in FILES:
        uri = f"{source}/{name}"
        size = _copy(
            on.account.s3(), there.account.s3(), uri, (bucket, folder + name), statement.subjects[_SUBJECTS[name]]
        )
        yield name, size


def start(there: Target, folder: str) -> None:
    """Writes the object that starts the run."""
    bucket = str(there.account.pipeline["prompts_bucket"])
    there.account.s3().put_object(Bucket=bucket, Key=folder + MARKER, Body=b"{}\n")


def _copy(source: "S3Client", target: "S3Client", uri: str, to: tuple[str, str], sha256: str) -> int:
    from distillery.core.aws import ObjectStore

    found = hashlib.sha256()
    parts = _parts(ObjectStore(source).blocks(uri, BLOCK))
    whole = next(parts, b"")
    if len(whole) == PART:
        begun, whole = [whole], b""
        return _copy_parts(target, uri, to, _and_then(begun, parts), sha256)
    found.update(whole)
    _check(found, sha256, uri)
    target.put_object(Bucket=to[0], Key=to[1], Body=whole)
    return len(whole)


def _copy_parts(target: "S3Client", uri: str, to: tuple[str, str], parts: Iterable[bytes], sha256: str) -> int:
    """Writes an object in parts. It exists once all of them are there and are those that were signed."""
    (bucket, key), found, size = to, hashlib.sha256(), 0
    upload = target.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    written: list[CompletedPartTypeDef] = []
    try:
        for number, part in enumerate(parts, 1):
            found.update(part)
            size += len(part)
            done = target.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)
            written.append({"PartNumber": number, "ETag": done["ETag"]})
        _check(found, sha256, uri)
    except BaseException:
        target.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise
    target.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": written})
    return size


def _and_then(begun: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    """The part that was read and the rest. Nobody keeps the first one longer than the others."""
    yield begun.pop()
    yield from rest


def _check(found: "hashlib._Hash", sha256: str, uri: str) -> None:
    if found.hexdigest() != sha256:
        raise BadRequest(changed(uri))


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks joined to parts of the same size; the last one may be smaller."""
    kept: list[bytes] = []
    size = 0
    for block in blocks:
        while size + len(block) >= PART:
            room = PART - size
            kept.append(block[:room])
            block, joined = block[room:], b"".join(kept)
            kept, size = [], 0
            yield joined
            del joined
        if block:
            kept.append(block)
            size += len(block)
    if kept:
        yield b"".join(kept)
