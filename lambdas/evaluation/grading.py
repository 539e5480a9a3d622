"""The Lambda handler that grades the answers and gives the verdict. It has a layer with the packages of graders."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from distillery.core import clock
from distillery.core.aws import ClientError, ObjectStore, client
from distillery.core.conversation import Prompt
from distillery.core.env_vars import Variable, read
from distillery.core.ledger import looks
from distillery.core.ledger.items import BROKEN_OUTCOMES, RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.looks import LookLedger
from distillery.core.ledger.table import Table
from distillery.core.names import JOBS_PREFIX
from distillery.core.pipeline import Run, Stage, Student, Verdict
from distillery.core.serialization import from_wire
from distillery.core.steps import Event, evaluation_of, product, step_handler
from distillery.evaluation.chunks import chunks
from distillery.evaluation.contestants import contestants, priced
from distillery.evaluation.judgement import judge, verdict
from distillery.evaluation.report import wire
from distillery.evaluation.report.assemble import assemble
from distillery.evaluation.report.job_output import is_wanted, read_job_output
from distillery.evaluation.report.lineage import Looks, Training, count_looks
from lambdas.evaluation.parts import Parts, report_name
from lambdas.evaluation.plan import candidate_of, plan_of, without_former_live
from lambdas.evaluation.scores import StoredScores

MOST_FILES = 20
"""Files of a job's output that are read; it has three."""


def judge_answers(event: Event, _context: Any) -> Verdict:
    """The verdict at today's prices, and its report. A repeated call writes the same report again.

    An evaluation of a run that failed after its verdict resumes with that verdict, so it is no second look.

    Raises:
        EvaluationFailed: Answers or reference answers are missing.
    """
    run, student = product(event, "run", Run), product(event, "student", Student)
    table, look = Table(read(Variable.LEDGER)), evaluation_of(event) or run.id
    record = Ledger(table).run(run.id)
    if standing := _standing(run, record):
        return standing
    parts = Parts(run, read(Variable.DATA_BUCKET), ObjectStore(), evaluation_of(event))
    plan = plan_of(parts, contestants(run, student, candidate_of(event), _region()))
    asked, now = parts.prompts(), clock.now()
    prompts = asked[: run.dataset.heldout]
    rows = {index: row for chunk in chunks(run.dataset) for index, row in parts.read(chunk).items()}
    if parts.evaluation:
        rows = without_former_live(plan, run, asked, rows)
    scored = any(spec.kind.is_external for spec in run.recipe.grader_specs)
    found = judge(
        run,
        prompts,
        rows,
        priced(plan.contestants, on=now.date()),
        families=_families(parts),
        scores=StoredScores(parts).read() if scored else None,
        golden=asked[run.dataset.heldout :],
    )
    exploratory = looks.why_exploratory(record, run.judging_digest, plan.judging_digest, look)
    document = assemble(
        found,
        student,
        judged=now,
        report_uri=parts.uri(report_name(look if exploratory else "")),
        training=_training(parts),
        looks=_counted(LookLedger(table), prompts, student, run, look, exploratory),
        exploratory=exploratory,
    )
    parts.store.write_json(document.report_uri, wire.write(document))
    given = verdict(
        found, sentence=document.sentence, report_uri=document.report_uri, exploratory=exploratory, look=look
    )
    LookLedger(table).store(record, given)
    return given


def _standing(run: Run, record: RunRecord) -> Verdict | None:
    """The verdict of a run that failed or was stopped after it, unless it is to be judged by other graders or bars.

    Verdicts of 0.1.0 have no outcome: they were thresholds without tests, and ignored the live model.
    """
    found = looks.confirmed(record)
    same = run.judging_digest == record.run.judging_digest
    return (
        from_wire(Verdict, found) if found.get("outcome") and same and record.reopened_from in BROKEN_OUTCOMES else None
    )


def _counted(
    kept: LookLedger, prompts: Sequence[Prompt], student: Student, run: Run, look: str, exploratory: str
) -> Looks:
    """The looks at these prompts, this one included."""
    heldout = looks.heldout_digest(prompt.digest for prompt in prompts)
    found = kept.add(heldout, run.id, student.model_arn, look, exploratory=exploratory)
    return count_looks([each.model for each in found])


def _region() -> str:
    return client("bedrock-runtime").meta.region_name


def _families(parts: Parts) -> list[int]:
    """The families of the held-out prompts; none for the data sets of old runs, and where each prompt stands alone."""
    uri = parts.run.dataset.families_uri
    return [int(number) for number in json.loads(parts.store.read(uri))] if uri else []


def _training(parts: Parts) -> Training | None:
    """What the job says of its training. The report omits it if it cannot be read."""
    folder = f"s3://{parts.bucket}/{JOBS_PREFIX}{parts.run.id}/"
    try:
        wanted = islice(filter(is_wanted, parts.store.names(folder)), MOST_FILES)
        return read_job_output({name: parts.store.read(f"{folder}{name}") for name in wanted})
    except ClientError:
        return None


step = step_handler(Stage.EVALUATION, {"judge": judge_answers})
