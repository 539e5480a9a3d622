"""Logs in place of prompts: what the collection stage counted is held to the service's rules again, and to the budget.

The job reads the logs; only the prompts that it must not see are written into the data set.
"""

import json
from dataclasses import dataclass
from datetime import date

from lambdas.dataset.upload import Upload
from lambdas.shared import names
from lambdas.shared.aws import ObjectStore
from lambdas.shared.conversation import Prompt, parse
from lambdas.shared.errors import BadRequest, DatasetRejected
from lambdas.shared.estimate import Estimate, Size, estimate
from lambdas.shared.limits import MAX_PROMPTS, MIN_PROMPTS, S3_URI, S3_URI_MAX
from lambdas.shared.logs import METADATA_PAIRS, Direct, How, fits
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Dataset
from lambdas.shared.wire import from_wire, to_wire


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run is made of, and what its report tells."""

    direct: Direct
    prompts: tuple[Prompt, ...]
    estimated: Estimate

    @property
    def digest(self) -> str:
        return names.digest(to_wire(self.direct))


def take(upload: Upload, recipe: Recipe, objects: ObjectStore, *, region: str, on: date) -> Taken:
    """Raises BadRequest, DatasetRejected."""
    if recipe.logs is None or recipe.logs.how is not How.DIRECT:
        raise BadRequest(
            f"recipe {recipe.name!r} gives its job no logs; write how = 'direct' in its logs, or send prompts"
        )
    try:
        direct = from_wire(Direct, json.loads(objects.read(upload.uri, upload.version)))
    except ValueError as error:
        raise BadRequest(f"{upload.uri} is no JSON; `distillery collect {recipe.name}` writes it") from error
    prompts = tuple(parse(line) for line in direct.heldout)
    if wrong := _wrong(direct, prompts):
        raise DatasetRejected(f"a job would not take these logs: {wrong}; collect them again")
    size = Size(prompts=direct.calls, heldout=len(prompts), tokens=direct.tokens)
    return Taken(direct, prompts, estimate(recipe, size, region=region, on=on))


def _wrong(direct: Direct, prompts: tuple[Prompt, ...]) -> str | None:
    """Source: UG distillation-data-prep-option-2, and the API's patterns."""
    logs = direct.logs
    if not S3_URI.fullmatch(logs.uri) or len(logs.uri) > S3_URI_MAX:
        return f"{logs.uri!r} is no address of objects"
    if not 1 <= len(logs.match) <= METADATA_PAIRS:
        return f"the filter has {len(logs.match)} pairs, and 1 to {METADATA_PAIRS} are allowed"
    if unfit := [key for key, value in logs.match.items() if not (fits(key) and fits(value))]:
        return f"the filter's pairs {unfit} hold what metadata cannot"
    if not MIN_PROMPTS <= direct.calls <= MAX_PROMPTS:
        return f"they hold {direct.calls} calls, and {MIN_PROMPTS} to {MAX_PROMPTS} are allowed"
    return None if prompts else "no prompt is held out to judge the student by"


def keep(taken: Taken, recipe: Recipe, objects: ObjectStore, bucket: str, status: str) -> Dataset:
    """Writes what was held out, and a report."""
    direct, base = taken.direct, f"s3://{bucket}/datasets/{recipe.name}/{taken.digest}"
    dataset = Dataset(
        uri="",
        heldout_uri=f"{base}/heldout.jsonl",
        report_uri=f"{base}/report.json",
        digest=taken.digest,
        prompts=direct.calls,
        heldout=len(taken.prompts),
        labelled=all(prompt.reference is not None for prompt in taken.prompts),
        duplicates=0,
        tokens=direct.tokens,
        estimate_usd=taken.estimated.total_usd,
        at_most_usd=taken.estimated.at_most_usd,
        logs=direct.logs,
    )
    objects.write(dataset.heldout_uri, "".join(f"{line}\n" for line in direct.heldout).encode())
    dated = to_wire(taken.estimated) | {"prices_as_of": taken.estimated.prices_as_of.isoformat()}
    told = {"status": status, "recipe": recipe.name, "dataset": to_wire(dataset), "estimate": dated}
    objects.write_json(dataset.report_uri, told)
    return dataset
