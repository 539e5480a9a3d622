"""Prepares the data set of another environment's run, whose bytes are known to be those of its signed record.

Nothing is curated or split again: the student is to be trained on the same prompts. What a run needs besides is
computed anew: tokens, families of held-out prompts and system prompts. The recipe's own rules about personal data and
its golden set hold as for any upload, and since nothing may be changed, what breaks them is refused.
"""

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from distillery.core.conversation import Prompt, parse
from distillery.core.errors import DatasetRejected
from distillery.core.estimate import CostItem, DatasetSize, Estimate, estimate, evaluation_items, total_usd
from distillery.core.recipe import MOST_TO_CHOOSE_FROM, Recipe
from distillery.core.recipe_options import PersonalData
from distillery.core.system_prompt import SystemPrompts
from distillery.datasets.examine import Examination, PreparedDataset, line_limits, summarize_errors
from distillery.datasets.split import HashedPrompt, Split
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

if TYPE_CHECKING:
    from distillery.datasets.golden import ExaminedGolden

_ABANDON = (
    "This promotion keeps others of the recipe out until you give it up: distillery promotions abandon PROMOTION "
    "--reason WHY"
)


def examine_promoted(
    training: InputFile,
    heldout: InputFile,
    bodies: tuple[bytes, bytes],
    recipe: Recipe,
    examination: Examination,
    *,
    region: str,
    on: date,
    golden: "ExaminedGolden | None" = None,
    trains: bool = True,
) -> tuple[PreparedDataset, Estimate]:
    """Examines the two files of a data set.

    Args:
        training: Where the training prompts were read.
        heldout: Where the held-out prompts were read.
        bodies: The bytes of both, which a record vouches for.
        recipe: The recipe whose run they start.
        examination: Filled step by step, also if a later step raises.
        region: The Region in which the job will run.
        on: The date whose prices apply.
        golden: The recipe's golden set.
        trains: Whether the run trains a student; otherwise its estimate is that of an evaluation.

    Raises:
        DatasetRejected: The data set breaks a rule of this environment's recipe.
        Refused: Its cost cannot be estimated.
    """
    examination.golden = golden
    examination.reader = reader = DatasetReader(
        line_limits(recipe.student, answer=recipe.max_answer_tokens), PromptIndex(MOST_TO_CHOOSE_FROM)
    )
    reader.read(
        InputFile(file.name, file.uri, file.version, io.BytesIO(body))
        for file, body in zip((training, heldout), bodies, strict=True)
    )
    if reader.findings.errors or not reader.complete:
        raise DatasetRejected(summarize_errors(reader))
    examination.prepared = prepared = _prepare(bodies, recipe, examination)
    whole = estimate(recipe, prepared.size, region=region, on=on)
    if not trains:
        judged = evaluation_items(recipe, prepared.size, region=region, on=on, judge_only=False)
        whole = of_items(whole, judged)
    examination.estimate = whole
    return prepared, whole


def of_items(whole: Estimate, items: tuple[CostItem, ...]) -> Estimate:
    """The estimate with these costs alone."""
    usd = total_usd(items)
    read, written = sum(one.tokens_in for one in items), sum(one.tokens_out for one in items)
    return replace(whole, lines=items, total_usd=usd, at_most_usd=usd, tokens_in=read, tokens_out=written)


def _prepare(bodies: tuple[bytes, bytes], recipe: Recipe, examination: Examination) -> PreparedDataset:
    from distillery.datasets.curation.curate import Curated, curation_report, heldout_families  # slow imports

    training, held = (tuple(map(HashedPrompt.of, _prompts(body))) for body in bodies)
    _check_golden("training", training, recipe, examination.golden)
    _check_golden("held-out", held, recipe, examination.golden)
    asked, held_back = held[: recipe.heldout_max], held[recipe.heldout_max :]
    families = heldout_families(asked, recipe)
    parts = Split(train=training, heldout=asked, held_back=held_back, dropped=0, families=families)
    personal = _personal_data((*training, *held), recipe)
    curated = Curated(rows=(*training, *held))
    report = curation_report(curated, parts, parts, recipe.grades_labels)
    examination.curation = {**report, "personal_data": personal}
    golden = examination.golden
    return PreparedDataset(
        train=bodies[0],
        heldout=bodies[1],
        size=DatasetSize(
            prompts=len(training),
            heldout=len(asked),
            tokens=sum(row.prompt.tokens for row in (*training, *asked)),
            golden=golden.pinned.prompts if golden else 0,
            golden_tokens=golden.pinned.tokens if golden else 0,
        ),
        labelled=parts.labelled,
        duplicates=0,
        families=families,
        system=SystemPrompts.of(row.prompt for row in training),
    )


def _prompts(body: bytes) -> list[Prompt]:
    """The prompts of lines that the reader has accepted."""
    return [parse(line.decode()) for line in body.split(b"\n") if line]


def _check_golden(kind: str, rows: tuple[HashedPrompt, ...], recipe: Recipe, golden: "ExaminedGolden | None") -> None:
    """A student that was trained on golden prompts would be graded on what it has seen. The golden set is also an exam
    by others than the uploader, so no upload keeps golden prompts among those held out."""
    if golden is None:
        return
    from distillery.datasets.golden import without_golden

    _, found = without_golden(rows, golden.prompts, recipe)
    if found:
        raise DatasetRejected(
            f"{found} {kind} prompts are in the golden set {recipe.golden_set}; a promoted data set is not changed, "
            "and none may be trained on or held out: give the source environment the same golden set, run the recipe "
            f"there again and promote the new run. {_ABANDON}"
        )


def _personal_data(rows: Iterable[HashedPrompt], recipe: Recipe) -> dict[str, object]:
    """The section of the report. Raises DatasetRejected where the recipe masks or rejects what was found."""
    from distillery.datasets.curation.curate import personal_data_report

    setting = recipe.curation.personal_data
    found = personal_data_report([row.prompt for row in rows], setting)
    if found["prompts"] and setting in (PersonalData.MASK, PersonalData.REJECT):
        counts = ", ".join(f"{count} {name}" for name, count in found["found"].items())
        raise DatasetRejected(
            f"{found['prompts']} prompts contain personal data ({counts}), and personal_data is {setting.value!r}; a "
            'promoted data set is not changed: set personal_data = "mask" in the source environment, run the recipe '
            f"there again and promote the new run. {_ABANDON}"
        )
    return found
