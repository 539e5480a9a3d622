"""Data sets of recipes whose job reads invocation logs itself. The input is verified, not trusted.

The upload is the collection stage's `logs.json`, in a folder that nobody else can write to. It says how many calls a
job would find and which prompts are held out; both are checked against the limits of the recipe and of the service
again. The address of the logs, the filter and the use of answers are settings of the stack and the recipe, and the file
must match them. The number of tokens is the larger of the file's and of an extrapolation from the held-out prompts.

The job reads the logs; only the held-out prompts, which it must not see, are stored in the data set.
"""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from distillery.core import names
from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt, parse, to_line
from distillery.core.errors import BadRequest, DatasetRejected
from distillery.core.escaping import address, quoted
from distillery.core.estimate import DatasetSize, Estimate, estimate
from distillery.core.golden import GoldenSet
from distillery.core.holdout import Side, least_held_out, of_side, side_of
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import DirectLogs, InvocationLogs, LogReadMode, LogSource
from distillery.core.names import COLLECTED_PREFIX, DATASETS_PREFIX, DIRECT, HELDOUT_FILE
from distillery.core.pipeline import Dataset
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from distillery.datasets.examine import read_for_recipe, summarize_errors
from distillery.datasets.report import UploadStatus, estimate_report
from distillery.datasets.upload import Upload
from distillery.datasets.validation.reading import InputFile


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsLocation:
    """Settings of the stack. bucket: where `logs.json` is delivered. logs: the address of the invocation logs."""

    bucket: str
    logs: str


@dataclass(frozen=True, slots=True)
class LogsInput:
    """Verified invocation logs as the input of a job. tokens: the number that the estimate is based on."""

    logs: DirectLogs
    heldout: tuple[Prompt, ...]
    tokens: int
    estimate: Estimate
    golden: GoldenSet | None = None

    @property
    def digest(self) -> str:
        return names.digest(to_wire(self.logs))


def read(
    upload: Upload,
    recipe: Recipe,
    objects: ObjectStore,
    location: Callable[[], LogsLocation],
    *,
    region: str,
    on: date,
    golden: GoldenSet | None = None,
) -> LogsInput:
    """Reads and verifies `logs.json`.

    Args:
        upload: The upload of `logs.json`.
        recipe: The recipe whose job reads the logs.
        objects: The store to read from.
        location: Called only if the recipe's job reads logs.
        region: The Region in which the job would run.
        on: The date whose prices apply.
        golden: The golden set that the run pins. The job may have seen its prompts: nothing is removed from the logs.

    Raises:
        BadRequest: The recipe's job is given prompts, or the object is not the collection stage's.
        DatasetRejected: The content breaks a rule.
    """
    source, settings = _log_source(recipe), location()
    _check_address(upload, recipe, settings.bucket)
    try:
        logs = from_wire(DirectLogs, json.loads(objects.read(upload.uri, upload.version)))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{address(upload.uri)} is not JSON; `distillery collect {recipe.name}` writes it") from error
    heldout = tuple(parse(line) for line in logs.heldout)
    match = of_side(source, Side.TRAIN).match
    expected = InvocationLogs(uri=settings.logs, match=match, use_responses=source.use_responses)
    if wrong := _mismatch(logs, expected) or _heldout_problem(logs, heldout, recipe, source):
        raise DatasetRejected(f"a job cannot use these logs: {wrong}; collect them again")
    size = DatasetSize(
        prompts=logs.calls,
        heldout=len(heldout),
        tokens=_tokens(logs, heldout),
        golden=golden.prompts if golden else 0,
        golden_tokens=golden.tokens if golden else 0,
    )
    return LogsInput(logs, heldout, size.tokens, estimate(recipe, size, region=region, on=on), golden)


def _log_source(recipe: Recipe) -> LogSource:
    if recipe.logs is None or recipe.logs.how is not LogReadMode.DIRECT:
        raise BadRequest(
            f"the job of recipe {recipe.name!r} does not read logs; set how = 'direct' in its logs, or upload prompts"
        )
    return recipe.logs


def _check_address(upload: Upload, recipe: Recipe, bucket: str) -> None:
    """Only the collection stage's folder is trusted: uploaders of prompts, and callers who name an object, are not."""
    folder = f"s3://{bucket}/{COLLECTED_PREFIX}{recipe.name}/"
    if not re.fullmatch(re.escape(folder) + "[0-9a-f]+/" + re.escape(DIRECT), upload.uri):
        raise BadRequest(
            f"{address(upload.uri)} is not in a folder of {folder}, where only the collection stage writes {DIRECT}, "
            f"which determines the cost of a run; run `distillery collect {recipe.name}`, or upload prompts"
        )


def _mismatch(found: DirectLogs, expected: InvocationLogs) -> str | None:
    """Source of the limits: UG distillation-data-prep-option-2."""
    logs = found.logs
    if logs.uri != expected.uri:
        return f"they are at {quoted(address(logs.uri))}, and this environment's logs are at {expected.uri!r}"
    if dict(logs.match) != dict(expected.match):
        return f"their filter is {quoted(dict(logs.match))}, and the recipe's is {dict(expected.match)}"
    if logs.use_responses is not expected.use_responses:
        return f"they have use_responses = {logs.use_responses}, and the recipe has {expected.use_responses}"
    if not MIN_PROMPTS <= found.calls <= MAX_PROMPTS:
        return f"they contain {found.calls} calls, and {MIN_PROMPTS} to {MAX_PROMPTS} are allowed"
    if not 1 <= found.different <= found.calls:
        return f"{found.calls} calls cannot have {found.different} distinct prompts"
    return None


def _heldout_problem(logs: DirectLogs, heldout: tuple[Prompt, ...], recipe: Recipe, source: LogSource) -> str | None:
    """Checks that the held-out prompts are valid and distinct, and that the invoke function marks none for training."""
    lines = "".join(f"{line}\n" for line in logs.heldout).encode(errors="surrogatepass")
    reader = read_for_recipe([InputFile(HELDOUT_FILE, "", None, io.BytesIO(lines))], recipe) if lines else None
    if reader and reader.findings.errors:
        return f"the held-out prompts have {summarize_errors(reader)}"
    count, most = len(heldout), recipe.heldout_max
    least = least_held_out(logs.different + count, share=recipe.heldout_share, most=most)
    if not least <= count <= most:
        return f"{count} prompts are held out, and {least} to {most} are required to evaluate the student"
    if len({prompt.twin_digest for prompt in heldout}) < count:
        return "a prompt is held out more than once"
    if dialogues := sum(prompt.turns > 1 for prompt in heldout):
        return f"{dialogues} of the {count} held-out prompts have several turns, which a job that reads logs never sees"
    if misplaced := sum(side_of(prompt) is not Side.HELDOUT for prompt in heldout):
        return f"{misplaced} of the {count} held-out prompts belong to the training side, which the job sees"
    if any((prompt.reference is not None) is not source.use_responses for prompt in heldout):
        has = "no answer, and the recipe uses" if source.use_responses else "an answer, and the recipe does not use"
        return f"a held-out prompt has {has} logged answers"
    return None


def _tokens(logs: DirectLogs, heldout: tuple[Prompt, ...]) -> int:
    """Extrapolates from the held-out prompts, which are a fair sample because their digests select them."""
    held_out = sum(prompt.tokens for prompt in heldout)
    return max(logs.tokens, -(-held_out * (logs.calls + len(heldout)) // len(heldout)))


def store(logs: LogsInput, recipe: Recipe, objects: ObjectStore, bucket: str, status: UploadStatus) -> Dataset:
    """Writes the held-out prompts and a report to the data bucket."""
    base = f"s3://{bucket}/{DATASETS_PREFIX}{recipe.name}/{logs.digest}"
    dataset = Dataset(
        uri="",
        heldout_uri=f"{base}/{HELDOUT_FILE}",
        report_uri=f"{base}/report.json",
        digest=logs.digest,
        prompts=logs.logs.calls,
        heldout=len(logs.heldout),
        labelled=all(prompt.reference is not None for prompt in logs.heldout),
        duplicates=0,
        tokens=logs.tokens,
        estimate_usd=logs.estimate.total_usd,
        at_most_usd=logs.estimate.at_most_usd,
        logs=logs.logs.logs,
        golden=logs.golden,
    )
    objects.write(dataset.heldout_uri, "".join(f"{to_line(prompt)}\n" for prompt in logs.heldout).encode())
    section = to_wire(dataset) | {"curation": {"personal_data": _personal_data(logs.heldout, recipe)}}
    report = {"status": status, "recipe": recipe.name, "dataset": section, "estimate": estimate_report(logs.estimate)}
    objects.write_json(dataset.report_uri, report)
    return dataset


def _personal_data(prompts: tuple[Prompt, ...], recipe: Recipe) -> dict[str, Any]:
    """Reports on the held-out prompts, a fair sample of what the job learns; the logs themselves are not masked."""
    from distillery.datasets.curation.curate import personal_data_report  # slow imports, for good logs only

    return personal_data_report(prompts, recipe.curation.personal_data)
