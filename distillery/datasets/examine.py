"""Examines an upload before anything is written or spent: reads, validates, curates, splits, and estimates the cost.

The command `distillery check --recipe` and the Lambda function share this code.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

from distillery.core import catalog
from distillery.core.budget import check_budget, check_monthly_cap
from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import DatasetRejected, OverBudget
from distillery.core.estimate import DatasetSize, Estimate, estimate
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.recipe import MOST_TO_CHOOSE_FROM, Recipe
from distillery.core.recipe_options import BadLines, MixedLabels, OverBudgetPolicy
from distillery.core.system_prompt import SystemPrompts
from distillery.datasets.split import HashedPrompt, Split
from distillery.datasets.validation import file_rules as rules
from distillery.datasets.validation.fast_path import LineLimits, to_prompt
from distillery.datasets.validation.finding import Finding, Rule
from distillery.datasets.validation.reading import ALL_FILES, DatasetReader, InputFile, PromptIndex

if TYPE_CHECKING:
    from distillery.datasets.curation.near_duplicates import Progress
    from distillery.datasets.golden import ExaminedGolden


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDataset:
    """A data set ready for Bedrock.

    train, heldout: JSONL. Equal prompts in the same order with equal settings give equal bytes. duplicates: what left
    training as such: equal prompts, near duplicates that were removed, and those of a held-out prompt or of one in the
    golden set. families: see `Split`. system: the system prompts of the training prompts.
    """

    train: bytes
    heldout: bytes
    size: DatasetSize
    labelled: bool
    duplicates: int
    families: tuple[int, ...] = ()
    system: SystemPrompts

    @property
    def digest(self) -> str:
        """SHA-256 of both files."""
        return hashlib.sha256(b"\0".join((self.train, self.heldout))).hexdigest()


@dataclass(slots=True)
class Examination:
    """The results of the steps that were completed. A report of a rejected upload contains these.

    golden: the recipe's golden set. curation: the report's section on curation. evaluation: what can be said about the
    verdict before it is paid for.
    """

    recipe: str
    reader: DatasetReader | None = None
    curation: Mapping[str, Any] | None = None
    prepared: PreparedDataset | None = None
    estimate: Estimate | None = None
    evaluation: Mapping[str, Any] | None = None
    golden: "ExaminedGolden | None" = None

    @property
    def prompts(self) -> list[Prompt]:
        """The distinct prompts that were read, in their order."""
        assert self.reader is not None
        return [to_prompt(texts, answer) for texts, answer in self.reader.prompts.answers.items()]

    def foresee(self, evaluation: Mapping[str, Any], warnings: Mapping[str, Sequence[str]]) -> None:
        """Adds what can be said about the verdict (`evaluation.preview`): a section, and warnings by rule."""
        assert self.reader is not None
        self.evaluation = evaluation
        for rule in rules.RULES:
            for wrong in warnings.get(rule.code, ()):
                self.reader.findings.add(Finding(rule, ALL_FILES, wrong))


def examine(
    files: Iterable[InputFile],
    recipe: Recipe,
    examination: Examination,
    *,
    region: str,
    on: date,
    progress: "Progress | None" = None,
    golden: "ExaminedGolden | None" = None,
) -> tuple[PreparedDataset, Estimate]:
    """Examines an upload for a recipe.

    Args:
        files: The upload's files.
        recipe: The recipe whose run the upload would start.
        examination: Filled step by step, also if a later step raises.
        region: The Region in which the job would run.
        on: The date whose prices apply.
        progress: Called with the number of prompts that are compared, and of all.
        golden: The recipe's golden set. Its prompts are neither trained on nor held out.

    Raises:
        Refused: The upload breaks a rule, or its cost cannot be estimated.
    """
    examination.reader = read_for_recipe(files, recipe)
    examination.golden = golden
    examination.prepared = prepare(examination.reader, recipe, examination, progress)
    examination.estimate = estimate(recipe, examination.prepared.size, region=region, on=on)
    return examination.prepared, examination.estimate


def line_limits(student: str, *, answer: int = 0) -> LineLimits:
    """Returns the limits of a student. answer: maximum tokens of an answer. Raises UnknownModel."""
    return LineLimits(
        multi_turn=catalog.model(student).multi_turn_distillation,
        context=catalog.student_context(student),
        answer=answer,
    )


def read_for_recipe(files: Iterable[InputFile], recipe: Recipe) -> DatasetReader:
    """Reads and validates files with the recipe's limits.

    Keeps more distinct prompts than a job takes, because curation and the split may leave fewer.
    """
    max_quarantined = recipe.max_bad_lines if recipe.bad_lines is BadLines.QUARANTINE else 0
    limits = line_limits(recipe.student, answer=recipe.max_answer_tokens)
    reader = DatasetReader(limits, PromptIndex(MOST_TO_CHOOSE_FROM), max_quarantined=max_quarantined)
    reader.read(files)
    rejects_mixed = recipe.mixed_labels is MixedLabels.REJECT
    reader.check_files(mixed_labels=rules.MIXED_LABELS_REFUSED if rejects_mixed else rules.MIXED_LABELS)
    if max_quarantined < reader.counts.bad and recipe.bad_lines is BadLines.QUARANTINE:
        wrong = f"{reader.counts.bad} lines have errors; up to {max_quarantined} are quarantined"
        reader.findings.add(Finding(rules.TOO_MANY_BAD_LINES, ALL_FILES, wrong))
    return reader


def prepare(
    reader: DatasetReader, recipe: Recipe, examination: Examination, progress: "Progress | None" = None
) -> PreparedDataset:
    """Curates and splits what was read. Raises DatasetRejected with the first reason; the findings hold all of them."""
    errors = reader.findings.errors
    quarantine = recipe.bad_lines is BadLines.QUARANTINE and errors == reader.line_errors
    if errors and not quarantine:
        raise DatasetRejected(summarize_errors(reader))
    if reader.prompts.distinct > reader.prompts.capacity:
        wrong = f"there are {_format_counts(reader)}; up to {reader.prompts.capacity} are curated"
        _reject(reader, rules.TOO_MANY_PROMPTS, wrong)
    from distillery.datasets.curation.curate import (
        curate,
        curation_report,
        removals,
        select,
        split_curated,
    )  # slow imports, for a good upload only

    rows = [HashedPrompt.of(to_prompt(texts, answer)) for texts, answer in reader.prompts.answers.items()]
    golden, in_golden = examination.golden, 0
    if golden:
        from distillery.datasets.golden import without_golden  # for a recipe with a golden set only

        rows, in_golden = without_golden(rows, golden.prompts, recipe)
    curated = curate(rows, recipe.curation, progress)
    if curated.conflicts:
        wrong = f"{curated.conflicts} prompts differ from an earlier one in nothing else, and have another answer"
        reader.findings.add(Finding(rules.CONFLICTING_TWINS, ALL_FILES, wrong), curated.conflicts)
    all_parts = split_curated(curated, recipe)
    parts = select(all_parts, recipe)
    examination.curation = curation_report(curated, all_parts, parts, recipe.grades_labels)
    removed = removals(curated, parts)
    if golden:
        examination.curation = {**examination.curation, "in_golden_set": in_golden}
        removed = ", ".join(filter(None, (removed, f"{in_golden} are in the golden set" if in_golden else "")))
    _check_counts(parts, reader, removed)
    return PreparedDataset(
        train=_jsonl(parts.train, reference=True),
        heldout=_jsonl(parts.heldout + parts.held_back, reference=parts.labelled),
        size=DatasetSize(
            prompts=len(parts.train),
            heldout=len(parts.heldout),
            tokens=sum(row.prompt.tokens for row in parts.train + parts.heldout),
            golden=golden.pinned.prompts if golden else 0,
            golden_tokens=golden.pinned.tokens if golden else 0,
        ),
        labelled=parts.labelled,
        duplicates=reader.counts.repeated + in_golden + curated.masked_equal + curated.removed + parts.dropped,
        families=parts.families,
        system=SystemPrompts.of(row.prompt for row in parts.train),
    )


def amount_over_budget(recipe: Recipe, estimated: Estimate) -> str:
    """Compares the estimate with the recipe's budget.

    Returns:
        A sentence that says by how much the estimate exceeds the budget; empty if it does not.

    Raises:
        OverBudget: The estimate exceeds the budget, and the recipe does not allow approvals or the monthly cap is too
            small for any approval.
    """
    try:
        check_budget(recipe, estimated)
    except OverBudget as over:
        if recipe.over_budget is OverBudgetPolicy.REFUSE:
            raise
        check_monthly_cap(recipe, estimated)
        return str(over)
    return ""


def summarize_errors(reader: DatasetReader) -> str:
    """Returns one sentence for a rejection: the number of errors, and the first one."""
    errors, lines = reader.findings.errors, reader.counts.lines
    first = next(iter(reader.findings)).first
    return f"{errors} {'error' if errors == 1 else 'errors'} in {lines} lines, first {first}; {first.rule.fix}"


def _check_counts(parts: Split, reader: DatasetReader, removed: str) -> None:
    """Source of the limits: General Reference, Bedrock quotas of model customization."""
    count = len(parts.train)
    if not MIN_PROMPTS <= count <= MAX_PROMPTS:
        rule = rules.TOO_FEW_PROMPTS if count < MIN_PROMPTS else rules.TOO_MANY_PROMPTS
        held_out = f"{len(parts.heldout)} held out" + (f"; {removed}" if removed else "")
        _reject(reader, rule, f"{count} prompts are left for training of {_format_counts(reader)}, {held_out}")
    if not parts.heldout:
        _reject(reader, rules.NOTHING_HELD_OUT, "no prompt is held out")


def _reject(reader: DatasetReader, rule: Rule, wrong: str) -> NoReturn:
    reader.findings.add(Finding(rule, ALL_FILES, f"{wrong}; allowed: {rule.allowed}"))
    raise DatasetRejected(summarize_errors(reader))


def _format_counts(reader: DatasetReader) -> str:
    counts, distinct = reader.counts, reader.prompts.distinct
    at_least = "" if reader.prompts.is_exact else "at least "
    return f"{counts.prompts} prompts in {counts.lines} lines, {at_least}{distinct} of them distinct"


def _jsonl(rows: Iterable[HashedPrompt], *, reference: bool) -> bytes:
    return b"".join(to_line(row.prompt, reference=reference).encode() + b"\n" for row in rows)
