"""The Lambda handler that grades the answers and gives the verdict. It has a layer with the packages of graders."""

import json
from itertools import islice
from typing import Any

from distillery.core import clock
from distillery.core.aws import ClientError, ObjectStore, client
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import JOBS_PREFIX
from distillery.core.pipeline import Endpoint, Run, Stage, Student, Verdict
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.contestants import contestants, priced
from distillery.evaluation.judgement import judge, verdict
from distillery.evaluation.report import wire
from distillery.evaluation.report.assemble import assemble
from distillery.evaluation.report.job_output import is_wanted, read_job_output
from distillery.evaluation.report.lineage import Training
from lambdas.evaluation.parts import REPORT, Parts, chunks
from lambdas.evaluation.plan import plan_of
from lambdas.evaluation.scores import StoredScores

MOST_FILES = 20
"""Files of a job's output that are read; it has three."""


def judge_answers(event: Event, _context: Any) -> Verdict:
    """The verdict at today's prices, and its report. A repeated call writes the same report again.

    Raises:
        EvaluationFailed: Answers or reference answers are missing.
    """
    run, student = product(event, "run", Run), product(event, "student", Student)
    parts = Parts(run, read(Variable.DATA_BUCKET), ObjectStore())
    region = client("bedrock-runtime").meta.region_name
    plan = plan_of(parts, contestants(run, student, product(event, "candidate", Endpoint), region))
    prompts, now = parts.heldout(), clock.now()
    rows = {index: row for chunk in chunks(len(prompts)) for index, row in parts.read(chunk).items()}
    scored = any(spec.kind.is_asked for spec in run.recipe.grader_specs)
    found = judge(
        run,
        prompts,
        rows,
        priced(plan.contestants, on=now.date()),
        families=_families(parts),
        scores=StoredScores(parts).read() if scored else None,
    )
    document = assemble(found, student, judged=now, report_uri=parts.uri(REPORT), training=_training(parts))
    parts.store.write_json(document.report_uri, wire.write(document))
    given = verdict(found, sentence=document.sentence, report_uri=document.report_uri)
    Ledger(Table(read(Variable.LEDGER))).end(run.id, Stage.EVALUATION, given)
    return given


def _families(parts: Parts) -> list[int]:
    """The families of the held-out prompts; none for the data sets of old runs, and where each prompt stands alone."""
    uri = parts.run.dataset.families_uri
    return [int(number) for number in json.loads(parts.store.read(uri))] if uri else []


def _training(parts: Parts) -> Training | None:
    """What the job says of its training. The report does without it where it cannot be read."""
    folder = f"s3://{parts.bucket}/{JOBS_PREFIX}{parts.run.id}/"
    try:
        wanted = islice(filter(is_wanted, parts.store.names(folder)), MOST_FILES)
        return read_job_output({name: parts.store.read(f"{folder}{name}") for name in wanted})
    except ClientError:
        return None


step = step_handler(Stage.EVALUATION, {"judge": judge_answers})
