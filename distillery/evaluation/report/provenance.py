"""Where the student of a judgement comes from, and how it was judged."""

import json
import sys
from decimal import Decimal

import numpy as np

from distillery.core.pipeline import Student
from distillery.core.serialization import to_wire
from distillery.evaluation.contestants import LIVE, Priced, called
from distillery.evaluation.graders.registry import build_one
from distillery.evaluation.judgement import Judgement
from distillery.evaluation.report.lineage import GraderUsed, Lineage, Method
from distillery.evaluation.statistics.resampling import RESAMPLES

BY_A_PERSON = "Only a person can make the student live."


def lineage(judgement: Judgement, student: Student) -> Lineage:
    """What the student was made of."""
    run = judgement.run
    live = next((one.model for one in judgement.contestants if one.role == LIVE), "")
    return Lineage(
        recipe=run.recipe.name,
        attempt=run.attempt,
        teacher=run.recipe.teacher,
        student=run.recipe.student,
        dataset_uri=run.dataset.uri,
        heldout_uri=run.dataset.heldout_uri,
        dataset_digest=run.dataset.digest,
        prompts=run.dataset.prompts,
        job_arn=student.job_arn,
        model_arn=student.model_arn,
        incumbent=live,
    )


def method(judgement: Judgement, exploratory: str) -> Method:
    """How the verdict was reached.

    Args:
        exploratory: Why it does not promote the student by itself; empty for the confirmatory one.
    """
    specs = judgement.run.recipe.grader_specs
    return Method(
        graders=tuple(
            GraderUsed(
                kind=spec.kind.value,
                measure=build_one(spec).measure,
                weight=Decimal(spec.weight),
                options=json.dumps(to_wire(spec.options), sort_keys=True) if spec.options else "",
            )
            for spec in specs
        ),
        digest=judgement.run.judging_digest,
        seed=judgement.decision.seed,
        resamples=RESAMPLES,
        families=len(set(judgement.families)) if judgement.families else None,
        versions={"numpy": np.__version__, "python": ".".join(map(str, sys.version_info[:3]))},
        notes=(
            *((f"This verdict is exploratory: {exploratory}. {BY_A_PERSON}",) if exploratory else ()),
            *(f"{_of_unpriced(one)}." for one in judgement.contestants if one.price is None),
            "The cost of the run is its estimate; answers are priced by their actual tokens.",
        ),
    )


def _of_unpriced(one: Priced) -> str:
    """What is known of a model without a price, which has no row among the prices."""
    return f"Of {called(one.role)}: " + "; ".join(filter(None, (one.price_note, one.note)))
