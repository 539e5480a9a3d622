"""The door of the evaluation stage."""

from collections.abc import Mapping
from typing import Any

from lambdas.evaluation.answers import Asker, Context
from lambdas.evaluation.contenders import called_as, contenders
from lambdas.evaluation.parts import Parts, chunks
from lambdas.evaluation.verdict import judge
from lambdas.shared import clock
from lambdas.shared.aws import ObjectStore, client
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger import Ledger, Table
from lambdas.shared.road import Chunk, Endpoint, Run, Stage, Student, Verdict
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import from_wire, to_wire


def step(event: Mapping[str, Any], context: Context) -> Any:
    """One step of the state machine: plan, answer (one chunk) or judge."""
    road = event["road"]
    run = from_wire(Run, road["run"])
    parts = Parts(run, read(Variable.DATA_BUCKET), ObjectStore())
    match event["step"]:
        case "plan":
            _ledger().begin(run.id, Stage.EVALUATION)
            return to_wire(chunks(len(parts.heldout())))
        case "answer":
            candidate, runtime = from_wire(Endpoint, road["candidate"]), client("bedrock-runtime")
            called = called_as(run, candidate, runtime.meta.region_name)
            asker = Asker(parts, called, read(Variable.ENVIRONMENT), runtime)
            return {"uri": asker.answer(from_wire(Chunk, event["chunk"]), context)}
        case "judge":
            return to_wire(_judge(run, from_wire(Student, road["student"]), parts))
        case other:
            raise BadRequest(f"the evaluation stage has no step {other!r}; it has plan, answer and judge")


def _judge(run: Run, student: Student, parts: Parts) -> Verdict:
    prompts, region = parts.heldout(), client("bedrock-runtime").meta.region_name
    rows = {index: row for chunk in chunks(len(prompts)) for index, row in parts.read(chunk).items()}
    priced = contenders(run, student, region=region, on=clock.now().date())
    verdict, report = judge(run, prompts, rows, priced, report_uri=parts.uri("report.json"))
    parts.store.write_json(verdict.report_uri, report)
    _ledger().end(run.id, Stage.EVALUATION, verdict)
    return verdict


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))
