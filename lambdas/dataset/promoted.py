"""The prompts of a promotion: the two files of another environment's data set, unchanged.

Whoever uploads them is not trusted. They must be those of the signed record that the promotion has consumed, by
SHA-256, and nothing in them is read before that is known.
"""

import hashlib
from dataclasses import dataclass

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aws import ObjectStore
from distillery.core.errors import BadRequest, DatasetRejected
from distillery.core.escaping import address
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion, ended_without_student
from distillery.core.limits import MAX_FILE_BYTES
from distillery.core.recipe import Recipe
from distillery.datasets.upload import Upload, UploadedObjects, describe, open_promoted
from distillery.datasets.validation.reading import InputFile

BLOCK = 1 << 20
"""Bytes of a file in memory at a time, until it is known to be the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedFiles:
    """The files, and the bytes of each."""

    training: InputFile
    heldout: InputFile
    bodies: tuple[bytes, bytes]


def promotion_of(upload: Upload, recipe: Recipe, promotions: Promotions, ways: AdmittedWays) -> StudentPromotion:
    """The promotion whose prompts were uploaded.

    Raises:
        BadRequest: There is no such promotion of the recipe, it was abandoned, or since it began the recipe has
            changed, or the settings, which no longer admit its way.
    """
    from distillery.records.record import TrainingInputs, job_request  # slow to import, and for promotions only

    found = promotions.find(upload.promotion)
    if found.recipe != upload.recipe:
        raise BadRequest(
            f"promotion {found.id} is of recipe {found.recipe!r}, and its prompts are in the folder of another; upload "
            f"them where the admission function has said"
        )
    if found.abandoned:
        raise BadRequest(
            f"promotion {found.id} was abandoned at {found.abandoned} by {found.abandoned_by}; only an open one gets a "
            "run: promote another run of the source environment"
        )
    ways.check(found)
    record = found.record
    ours = TrainingInputs(dataset_digest=record.dataset_digest, prompts=0, job_request=job_request(recipe))
    if ours.digest != record.training_digest:
        raise BadRequest(
            f"recipe {recipe.name!r} has changed since promotion {found.id} began, and would train another student "
            f"than run {record.run} of {record.environment}; give it teacher, student and max_answer_tokens of the "
            "source environment and upload the prompts again, or abandon the promotion"
        )
    return found


def how_to_retry(record: RunRecord) -> list[str]:
    """What begins another run of a promotion whose run has ended without a student: not the prompts alone."""
    if not record.promotion or not ended_without_student(record):
        return []
    return [
        f"another run begins once the record of promotion {record.promotion} is admitted again: `distillery "
        "promotions` shows the command"
    ]


def read_promoted(
    upload: Upload, promotion: StudentPromotion, objects: ObjectStore, versions: UploadedObjects
) -> PromotedFiles:
    """Reads both files, first to compare and then to keep.

    Raises:
        BadRequest: A file is missing.
        DatasetRejected: A file is not that of the record.
    """
    record = promotion.record
    expected = (record.training_sha256, record.heldout_sha256)
    files: list[InputFile] = []
    for file, sha256 in zip(versions.record(open_promoted(objects.s3, upload)), expected, strict=True):
        _compare(file, _sha256(file), sha256, promotion)
        files.append(file)
    training, heldout = files
    bodies = (_read(training, expected[0], objects, promotion), _read(heldout, expected[1], objects, promotion))
    digest = hashlib.sha256(b"\0".join(bodies)).hexdigest()
    if digest != record.dataset_digest:
        raise DatasetRejected(
            f"the files of the record of run {record.run} have the digest {digest}, and its data set is "
            f"{address(record.dataset_digest)}; a record is about one data set: find out who signed it"
        )
    return PromotedFiles(training=training, heldout=heldout, bodies=bodies)


def _sha256(file: InputFile) -> str:
    """The SHA-256 of a file; of one that is larger than any data set, that of its beginning."""
    found, read = hashlib.sha256(), 0
    while read <= MAX_FILE_BYTES and (block := file.body.read(BLOCK)):
        found.update(block)
        read += len(block)
    return found.hexdigest()


def _read(file: InputFile, expected: str, objects: ObjectStore, promotion: StudentPromotion) -> bytes:
    """The bytes of the version that was compared, compared again: a bucket may be without versions."""
    body = objects.read(file.uri, file.version)
    _compare(file, hashlib.sha256(body).hexdigest(), expected, promotion)
    return body


def _compare(file: InputFile, found: str, expected: str, promotion: StudentPromotion) -> None:
    if found == expected:
        return
    record = promotion.record
    raise DatasetRejected(
        f"{describe(file.uri, file.version)} has the SHA-256 {found}, and the record of run {record.run} of "
        f"{record.environment} names {expected}; the prompts are not those that the student was trained on. Promotion "
        f"{promotion.id} stays open: upload the files of the source environment's data set, unchanged"
    )
