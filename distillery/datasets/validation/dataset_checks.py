"""What only the whole of a data set can tell."""

from distillery.core.limits import MAX_FILE_BYTES, MAX_PROMPTS, MIN_PROMPTS, S3_URI, S3_URI_MAX
from distillery.datasets.validation.finding import Finding, Place
from distillery.datasets.validation.reading import Reading
from distillery.datasets.validation.rules_table import Kind
from distillery.datasets.validation.rules_table import whole as kinds

TOGETHER = Place("all files together")


def judge_files(reading: Reading, *, mixed_labels: Kind = kinds.MIXED_LABELS) -> None:
    """Adds what holds for every use of the files: their size, and whether some prompts lack a reference."""
    tally = reading.tally
    if reading.whole and tally.bytes > MAX_FILE_BYTES:
        _add(reading, kinds.FILE_TOO_LARGE, f"they have {tally.bytes} bytes unpacked")
    if 0 < tally.labelled < tally.prompts:
        _add(reading, mixed_labels, f"{tally.labelled} of {tally.prompts} prompts have a reference answer")


def judge_as_they_are(reading: Reading) -> None:
    """Adds what holds for the files themselves as the input of a job: how many prompts, and their names.

    Bedrock's documents do not say whether equal prompts count; here every good line does.
    """
    count = reading.tally.prompts
    if count > MAX_PROMPTS:
        _add(reading, kinds.TOO_MANY_PROMPTS, f"there are {count} prompts")
    elif count < MIN_PROMPTS and reading.whole:  # of a file that was not read to its end nobody knows
        _add(reading, kinds.TOO_FEW_PROMPTS, f"there are {count} prompts" if count != 1 else "there is 1 prompt")
    for uri, _ in reading.sources:
        address = uri if uri.startswith("s3://") else f"s3://bucket/{uri.rpartition('/')[2]}"
        if not S3_URI.fullmatch(address) or len(address) > S3_URI_MAX:
            kind = kinds.NAME_NOT_FOR_BEDROCK
            reading.findings.add(Finding(kind, Place(uri.rpartition("/")[2]), "no s3Uri can name it"))


def _add(reading: Reading, kind: Kind, wrong: str) -> None:
    reading.findings.add(Finding(kind, TOGETHER, wrong))
