"""Starts an evaluation of a run that has ended: missing answers are requested, or stored ones judged.

What a person asks for: `distillery evaluate`, and `distillery resume` where a run has a student.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from distillery.core import clock, names
from distillery.core.aws import ClientError, ObjectStore
from distillery.core.decisions import check_reason
from distillery.core.errors import BadRequest, Refused
from distillery.core.function_url import Caller
from distillery.core.golden import GoldenSet
from distillery.core.ledger.evaluations import Evaluations, check_evaluable, execution_name
from distillery.core.ledger.items import BROKEN_OUTCOMES, RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.looks import confirmed
from distillery.core.pipeline import Run, Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.evaluation.chunks import chunks, part_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

EVALUATE = "evaluate"
JUDGING = (
    *("grader", "graders", "min_score", "min_teacher_score", "teacher_margin", "min_share_of_teacher", "min_gain"),
    *("live_margin", "max_latency_ms", "max_usd_per_thousand"),
    *("golden_min_score", "golden_teacher_margin"),
)
"""The settings of a recipe that decide a verdict: those of `Recipe.judging_digest`. The golden set of today judges with
them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """A request.

    Attributes:
        run: A run that has ended and has a student.
        judge_only: Whether stored answers are judged, without an endpoint.
        current_settings: Whether the recipe's graders and bars of today judge, in place of the run's own.
        reason: Why; the ledger keeps it.
    """

    run: str
    judge_only: bool = False
    current_settings: bool = False
    reason: str = ""

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)


@dataclass(frozen=True, slots=True)
class EvaluationStarter:
    """Starts evaluations."""

    ledger: Ledger
    evaluations: Evaluations
    store: ObjectStore
    bucket: str
    machine_arn: str
    stepfunctions: "SFNClient"
    recipes: Callable[[str], Recipe]
    golden: Callable[[Recipe], GoldenSet | None]
    region: str

    def start(self, request: EvaluationRequest, by: Caller) -> dict[str, Any]:
        """Starts the execution. Where its response is lost (no ClientError), the run stays active: the execution may be
        running, and otherwise the sweep closes the run.

        Raises:
            BadRequest: The run is active or has no student, or what is needed no longer exists.
            RunActive: Something else holds the recipe.
            OverBudget: The month's budget has no room for the evaluation's worst case.
        """
        check_reason(request.reason)
        record = self.ledger.run(request.run)
        judging = self._judging(record.run, request)
        judge_only = request.judge_only or _has_verdict(record, judging)
        check_evaluable(record)
        self._check_stored(judging, judge_only=judge_only)
        execution = execution_name(request.recipe, clock.now())
        record = self.evaluations.begin(
            request.run,
            execution,
            by=by.arn,
            reason=request.reason,
            usd=self._worst_case(judging, judge_only=judge_only),
            cap_usd=self._cap_usd(record.run),
        )
        try:
            state = {
                "action": EVALUATE,
                "run": to_wire(judging),
                "student": dict(record.stages[Stage.DISTILLATION].product),
                "judge_only": judge_only,
                "evaluation": {"execution": execution, "by": by.arn, "reason": request.reason},
            }
            self.stepfunctions.start_execution(
                stateMachineArn=self.machine_arn, name=execution, input=json.dumps(state)
            )
        except (ClientError, Refused):
            self.evaluations.release(request.run)
            self.ledger.close(request.run, record.outcome, record.reason)
            raise
        return {"run": request.run, "execution": execution, "judge_only": judge_only}

    def _worst_case(self, run: Run, *, judge_only: bool) -> Decimal:
        """What the evaluation may cost at most: without a price of one of its models, as much as the whole run."""
        from distillery.core.estimate import (  # loads the catalog: slow
            evaluation_items,
            size_of,
            total_usd,
        )

        today, size = clock.now().date(), size_of(run.dataset)
        try:
            return total_usd(evaluation_items(run.recipe, size, region=self.region, on=today, judge_only=judge_only))
        except BadRequest:
            return Decimal(0) if judge_only else run.dataset.at_most_usd

    def _cap_usd(self, run: Run) -> Decimal:
        """The cap by today's settings, or by the run's own where these no longer have the recipe."""
        try:
            return self.recipes(run.recipe.name).monthly_cap_usd
        except BadRequest:
            return run.recipe.monthly_cap_usd

    def _judging(self, run: Run, request: EvaluationRequest) -> Run:
        """The run, with the graders, bars and golden set that judge."""
        if not request.current_settings:
            return run
        today = self.recipes(request.recipe)
        given = {name: getattr(today, name) for name in (*JUDGING, "golden_set")}
        dataset = replace(run.dataset, golden=self.golden(replace(run.recipe, **given)))
        return replace(run, recipe=replace(run.recipe, **given), dataset=dataset)

    def _check_stored(self, run: Run, *, judge_only: bool) -> None:
        """Raises BadRequest where the held-out prompts are gone, or answers that are to be judged are not complete."""
        if not _is_there(self.store, run.dataset.heldout_uri):
            raise BadRequest(
                f"the held-out prompts {run.dataset.heldout_uri} do not exist any more; they are needed to judge run "
                f"{run.id!r}: upload the prompts again"
            )
        folder = f"s3://{self.bucket}/{names.EVALUATIONS_PREFIX}{run.id}/"
        there = {f"{kind}{name}" for kind in ("part-", "golden-") for name in self.store.names(f"{folder}{kind}")}
        wanted = chunks(run.dataset)
        absent = [each for each in wanted if f"{part_name(each)}.jsonl" not in there]
        if judge_only and absent:
            raise BadRequest(
                f"run {run.id!r} has complete answers for {len(wanted) - len(absent)} of {len(wanted)} parts of its "
                "held-out prompts and golden set; only a complete set can be judged: evaluate it without --judge-only "
                "to request the missing answers"
            )


def _has_verdict(record: RunRecord, judging: Run) -> bool:
    """Whether the run failed or was stopped after its verdict, so that nothing has to be asked."""
    same = judging.judging_digest == record.run.judging_digest
    return record.outcome in BROKEN_OUTCOMES and bool(confirmed(record)) and same


def _is_there(store: ObjectStore, uri: str) -> bool:
    """Whether the object exists, by a list: the function may not read texts."""
    return "" in store.names(uri)
