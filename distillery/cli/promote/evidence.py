"""What the source environment has of a run: its signed record, and the prompts that the record is about."""

import hashlib
from collections.abc import Iterable, Iterator

from distillery.cli.target import Target
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.estimate import DatasetSize
from distillery.core.names import DATASETS_PREFIX, EVALUATIONS_PREFIX, HELDOUT_FILE, TRAINING_FILE, split_s3_uri
from distillery.records.statement import HELDOUT, TRAINING, Statement

BLOCK = 1 << 20
"""Bytes of a file of prompts in memory at a time: it may have 2 GB."""
MISSING = ("NoSuchKey", "404")


def record_uri(on: Target, run: str) -> str:
    """The address of a run's record; `run` may be one already, of a record that an exploratory verdict has."""
    if run.startswith("s3://"):
        if not all(split_s3_uri(run)):
            raise BadRequest(f"the address {quoted(run)} names no object; name a run, or s3://bucket/key")
        return run
    return f"s3://{on.account.pipeline['data_bucket']}/{EVALUATIONS_PREFIX}{run}/record.json"


def fetch(on: Target, uri: str) -> bytes:
    """The bytes of a record. Raises BadRequest where there is none, NotReached where AWS refuses."""
    from distillery.client.aws import ClientError, error_code
    from distillery.client.errors import NotReached

    try:
        return on.account.read(uri)
    except NotReached as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and error_code(cause) in MISSING:
            raise BadRequest(
                f"there is no record at {uri}; a run has one if its student went live and {on.environment} has sign = "
                "true in [promotion]: name such a run, or, if a person accepted its student by an exploratory verdict, "
                "the address s3://…/record-<execution>.json"
            ) from error
        raise


def dataset_folder(on: Target, statement: Statement) -> str:
    """Where the files of the data set are that the record is about, without a slash at the end."""
    record = statement.record
    return (
        f"s3://{on.account.pipeline['data_bucket']}/{DATASETS_PREFIX}{record.recipe}/{record.training.dataset_digest}"
    )


def dataset_size(on: Target, statement: Statement) -> DatasetSize:
    """The size of the data set that the record is about, from the files themselves, whose digests the record has.

    Raises:
        BadRequest: They have expired, or are not those that were signed, or the job read invocation logs itself.
    """
    record, folder = statement.record, dataset_folder(on, statement)
    if TRAINING not in statement.subjects or HELDOUT not in statement.subjects:
        raise BadRequest(
            f"the record of run {quoted(record.run)} names no file of training prompts; the job read invocation logs "
            "itself, and the number of their tokens is not recorded"
        )
    asked = max((one.asked for one in record.evaluation.models), default=0)
    heldout = _tokens(on, f"{folder}/{HELDOUT_FILE}", statement.subjects[HELDOUT], most=asked)
    training = _tokens(on, f"{folder}/{TRAINING_FILE}", statement.subjects[TRAINING])
    return DatasetSize(prompts=record.training.prompts, heldout=asked, tokens=training + heldout)


def _tokens(on: Target, uri: str, sha256: str, *, most: int | None = None) -> int:
    """The tokens of the first `most` prompts of a file, as estimates count them."""
    from distillery.core.aws import ClientError, ObjectStore, code
    from distillery.core.conversation import parse

    found, total = hashlib.sha256(), 0
    try:
        for number, line in enumerate(_lines(_hashed(ObjectStore(on.account.s3()).blocks(uri, BLOCK), found))):
            if most is None or number < most:
                total += parse(line.decode()).tokens
    except ClientError as error:
        if code(error) in MISSING:
            raise BadRequest(f"the prompts at {uri} have expired or were deleted") from error
        raise
    except (BadRequest, UnicodeDecodeError) as error:
        raise BadRequest(changed(uri)) from error
    if found.hexdigest() != sha256:
        raise BadRequest(changed(uri))
    return total


def changed(uri: str) -> str:
    """The sentence for a file with another SHA-256 than the record has."""
    return f"the prompts at {uri} are not those that the record is about: somebody changed the file"


def _hashed(blocks: Iterable[bytes], found: "hashlib._Hash") -> Iterator[bytes]:
    for block in blocks:
        found.update(block)
        yield block


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    if rest:
        yield rest
