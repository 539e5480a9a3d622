"""The Lambda handler of the evaluation stage, with the steps `plan`, `answer` (one chunk) and `judge`."""

from typing import Any

from distillery.core import clock
from distillery.core.aws import ObjectStore, client
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Chunk, Endpoint, Run, Stage, Student, Verdict
from distillery.core.serialization import from_wire
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.contenders import contenders, model_ids_of
from distillery.evaluation.verdict import judge
from lambdas.evaluation.answers import AnswerCollector, Context
from lambdas.evaluation.parts import Parts, chunks


def _plan(event: Event, _context: Any) -> list[Chunk]:
    parts = _parts(event)
    _ledger().begin(parts.run.id, Stage.EVALUATION)
    return chunks(len(parts.heldout()))


def _answer(event: Event, context: Context) -> dict[str, str]:
    parts, runtime = _parts(event), client("bedrock-runtime")
    model_ids = model_ids_of(parts.run, product(event, "candidate", Endpoint), runtime.meta.region_name)
    collector = AnswerCollector(parts, model_ids, read(Variable.ENVIRONMENT), runtime)
    return {"uri": collector.answer(from_wire(Chunk, event["chunk"]), context)}


def _judge(event: Event, _context: Any) -> Verdict:
    """The verdict at today's prices. A repeated call writes the same report again. Raises EvaluationFailed."""
    parts, student = _parts(event), product(event, "student", Student)
    prompts, region = parts.heldout(), client("bedrock-runtime").meta.region_name
    rows = {index: row for chunk in chunks(len(prompts)) for index, row in parts.read(chunk).items()}
    priced = contenders(parts.run, student, region=region, on=clock.now().date())
    verdict, report = judge(parts.run, prompts, rows, priced, report_uri=parts.uri("report.json"))
    parts.store.write_json(verdict.report_uri, report)
    _ledger().end(parts.run.id, Stage.EVALUATION, verdict)
    return verdict


def _parts(event: Event) -> Parts:
    return Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore())


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))


step = step_handler(Stage.EVALUATION, {"plan": _plan, "answer": _answer, "judge": _judge})
