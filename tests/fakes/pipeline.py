"""Sample data of the pipeline: a recipe, its run, and the result of each stage."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Dataset, Endpoint, Run, Score, Stage, Student, Verdict
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import CommitmentTerm

MODEL = "arn:aws:bedrock:us-east-1:111111111111:custom-model/amazon.nova-micro-v1:0:128k/"
JOB = "arn:aws:bedrock:us-east-1:111111111111:model-customization-job/amazon.nova-micro-v1:0:128k/abcdefghijkl"


def recipe(**settings: Any) -> Recipe:
    settings = {"name": "support", "student": "amazon.nova-micro-v1:0", **settings}
    return Recipe(teacher="amazon.nova-pro-v1:0", **settings)


def provisioned(**settings: Any) -> Recipe:
    return recipe(hosting=HostingMode.PROVISIONED, model_units=2, unit_price_usd_per_hour=Decimal(10), **settings)


def committed(**settings: Any) -> Recipe:
    """Acknowledged on 2026-11-20."""
    term = {"commitment": CommitmentTerm.ONE_MONTH, "commitment_acknowledged": date(2026, 11, 20)}
    return provisioned(**{**term, **settings})


def dataset(digest: str = "aa", heldout: int = 25, labelled: bool = True) -> Dataset:
    return Dataset(
        uri="s3://data/train.jsonl",
        heldout_uri="s3://data/heldout.jsonl",
        report_uri="s3://data/report.json",
        digest=digest * (64 // len(digest)),
        prompts=100,
        heldout=heldout,
        labelled=labelled,
        duplicates=0,
        tokens=9000,
        estimate_usd=Decimal("1.50"),
        at_most_usd=Decimal("9.70"),
    )


def open_run(ledger: Ledger, of: Recipe | None = None, **data: Any) -> Run:
    return ledger.open(of or recipe(), dataset(**data), again=False).run


def student(letter: str = "a") -> Student:
    return Student(model_arn=MODEL + letter * 12, job_arn=JOB)


def distilled(ledger: Ledger, run: Run, letter: str) -> Student:
    """Records a student for the run in the ledger."""
    ledger.begin(run.id, Stage.DISTILLATION)
    ledger.end(run.id, Stage.DISTILLATION, student(letter))
    return student(letter)


def alias(of: str = "support") -> Alias:
    endpoint = Endpoint(
        arn="arn:aws:bedrock:us-east-1:1:custom-model-deployment/l", name="l", mode=HostingMode.ON_DEMAND
    )
    return Alias(
        recipe=of,
        version=2,
        endpoint=endpoint,
        region="us-east-1",
        base="amazon.nova-micro-v1:0",
        current=MODEL + "b" * 12,
        previous=MODEL + "a" * 12,
        run=f"{of}-aaaaa-bbbbbbbb-1",
        changed="2026-11-23T09:08:07+00:00",
    )


def verdict(passed: bool = True) -> Verdict:
    score = Score(model="amazon.nova-pro-v1:0", value=0.95, latency_ms=400, usd=Decimal("0.01"))
    return Verdict(
        passed=passed,
        measure="accuracy",
        teacher=score,
        base=replace(score, value=0.3),
        student=replace(score, value=0.9 if passed else 0.2),
        reasons=() if passed else ("min_score: the student has 0.200, needed is 0.500",),
        report_uri="s3://data/evaluations/r/report.json",
    )
