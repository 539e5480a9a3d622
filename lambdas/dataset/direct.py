"""Logs in place of prompts: nothing about them is believed that can be known otherwise.

What the collection stage counted lies where nobody else may write. It says how many calls a job would find, and which
prompts are held out; both are held to the recipe's and the service's rules again. Where the logs are, which calls of
them are taken and whether their answers are used is what the stack and the recipe say, and the file may only repeat it.
Tokens are the larger of what was counted and of what the held-out prompts come to if all were as long as they.

The job reads the logs; only the prompts that it must not see are written into the data set.
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
from distillery.core.estimate import Estimate, Size, estimate
from distillery.core.holdout import Side, least_held_out, of_side, side_of
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import Direct, How, InvocationLogs, LogSource
from distillery.core.names import COLLECTED_PREFIX, DATASETS_PREFIX, DIRECT
from distillery.core.pipeline import Dataset
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from distillery.core.tokens import tokens
from distillery.datasets.gather import gather
from distillery.datasets.prepared import told
from distillery.datasets.upload import Upload
from distillery.datasets.validation.reading import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the stack says. bucket: where collected logs are delivered; logs: the address of the logged calls."""

    bucket: str
    logs: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run is made of, and what its report tells. tokens: those that the estimate is of."""

    direct: Direct
    prompts: tuple[Prompt, ...]
    tokens: int
    estimated: Estimate

    @property
    def digest(self) -> str:
        return names.digest(to_wire(self.direct))


def _source(recipe: Recipe) -> LogSource:
    """Raises BadRequest for a recipe whose job is given prompts."""
    if recipe.logs is None or recipe.logs.how is not How.DIRECT:
        raise BadRequest(
            f"recipe {recipe.name!r} gives its job no logs; write how = 'direct' in its logs, or send prompts"
        )
    return recipe.logs


def take(
    upload: Upload, recipe: Recipe, objects: ObjectStore, stated: Callable[[], Stated], *, region: str, on: date
) -> Taken:
    """stated: asked for only where the recipe gives its job logs. Raises BadRequest, DatasetRejected."""
    source = _source(recipe)
    said = stated()
    _check_place(upload, recipe, said.bucket)
    try:
        direct = from_wire(Direct, json.loads(objects.read(upload.uri, upload.version)))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{address(upload.uri)} is no JSON; `distillery collect {recipe.name}` writes it") from error
    prompts = tuple(parse(line) for line in direct.heldout)
    match = of_side(source, Side.TRAIN).match
    expected = InvocationLogs(uri=said.logs, match=match, use_responses=source.use_responses)
    if wrong := _wrong(direct, expected) or _wrong_held_out(direct, prompts, recipe, source):
        raise DatasetRejected(f"a job is not given these logs: {wrong}; collect them again")
    size = Size(prompts=direct.calls, heldout=len(prompts), tokens=_tokens(direct, prompts))
    return Taken(direct, prompts, size.tokens, estimate(recipe, size, region=region, on=on))


def _check_place(upload: Upload, recipe: Recipe, bucket: str) -> None:
    """Whoever may upload prompts could say anything of logs; so could whoever names an object by hand."""
    folder = f"s3://{bucket}/{COLLECTED_PREFIX}{recipe.name}/"
    if not re.fullmatch(re.escape(folder) + "[0-9a-f]+/" + re.escape(DIRECT), upload.uri):
        raise BadRequest(
            f"{address(upload.uri)} is not where collected logs lie, in a folder of {folder}: the collection stage "
            f"alone writes {DIRECT}, which says what a run costs; run `distillery collect {recipe.name}`, or upload "
            "prompts"
        )


def _wrong(direct: Direct, expected: InvocationLogs) -> str | None:
    """Source of the bounds: UG distillation-data-prep-option-2."""
    logs = direct.logs
    if logs.uri != expected.uri:
        return f"they are at {quoted(address(logs.uri))}, and this environment logs its calls at {expected.uri!r}"
    if dict(logs.match) != dict(expected.match):
        return f"their filter is {quoted(dict(logs.match))}, and the recipe's is {dict(expected.match)}"
    if logs.use_responses is not expected.use_responses:
        return f"they say use_responses = {logs.use_responses}, and the recipe says {expected.use_responses}"
    if not MIN_PROMPTS <= direct.calls <= MAX_PROMPTS:
        return f"they hold {direct.calls} calls, and {MIN_PROMPTS} to {MAX_PROMPTS} are allowed"
    if not 1 <= direct.different <= direct.calls:
        return f"{direct.calls} calls cannot ask {direct.different} different prompts"
    return None


def _wrong_held_out(direct: Direct, prompts: tuple[Prompt, ...], recipe: Recipe, source: LogSource) -> str | None:
    """What judges the student are lines as any upload's, different, and none that the invoke function would mark for
    training."""
    lines = "".join(f"{line}\n" for line in direct.heldout).encode(errors="surrogatepass")
    reading = gather([Opened("heldout.jsonl", "", None, io.BytesIO(lines))], recipe) if lines else None
    if reading and reading.findings.errors:
        return f"of what is held out, {told(reading)}"
    count, most = len(prompts), recipe.heldout_max
    least = least_held_out(direct.different + count, share=recipe.heldout_share, most=most)
    if not least <= count <= most:
        return f"{count} prompts are held out, and {least} to {most} are needed to judge the student by"
    if len({prompt.folded_digest for prompt in prompts}) < count:
        return "a prompt is held out more than once"
    if strange := sum(side_of(prompt) is not Side.HELDOUT for prompt in prompts):
        return f"{strange} of the {count} held-out prompts stand on the other side, which the job sees"
    if any((prompt.reference is not None) is not source.use_responses for prompt in prompts):
        has = "no answer, and the recipe uses" if source.use_responses else "an answer, and the recipe does not use"
        return f"a held-out prompt has {has} those that were logged"
    return None


def _tokens(direct: Direct, prompts: tuple[Prompt, ...]) -> int:
    """What is held out is a fair sample: which prompts are is for their digests to say."""
    held_out = sum(tokens(prompt.characters) for prompt in prompts)
    return max(direct.tokens, -(-held_out * (direct.calls + len(prompts)) // len(prompts)))


def keep(taken: Taken, recipe: Recipe, objects: ObjectStore, bucket: str, status: str) -> Dataset:
    """Writes what was held out, and a report."""
    direct, base = taken.direct, f"s3://{bucket}/{DATASETS_PREFIX}{recipe.name}/{taken.digest}"
    dataset = Dataset(
        uri="",
        heldout_uri=f"{base}/heldout.jsonl",
        report_uri=f"{base}/report.json",
        digest=taken.digest,
        prompts=direct.calls,
        heldout=len(taken.prompts),
        labelled=all(prompt.reference is not None for prompt in taken.prompts),
        duplicates=0,
        tokens=taken.tokens,
        estimate_usd=taken.estimated.total_usd,
        at_most_usd=taken.estimated.at_most_usd,
        logs=direct.logs,
    )
    objects.write(dataset.heldout_uri, "".join(f"{to_line(prompt)}\n" for prompt in taken.prompts).encode())
    dated = to_wire(taken.estimated) | {"prices_as_of": taken.estimated.prices_as_of.isoformat()}
    told = to_wire(dataset) | {"curation": {"personal_data": _personal_data(taken.prompts, recipe)}}
    report = {"status": status, "recipe": recipe.name, "dataset": told, "estimate": dated}
    objects.write_json(dataset.report_uri, report)
    return dataset


def _personal_data(prompts: tuple[Prompt, ...], recipe: Recipe) -> dict[str, Any]:
    """Of what is held out, a fair sample of what the job learns: of that nothing is masked, nor read here."""
    from distillery.datasets.curation.curate import personal_data_report  # its libraries are not every cold start's

    return personal_data_report(prompts, recipe.curation.personal_data)
