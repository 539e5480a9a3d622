"""The door of the evaluation stage."""

from collections.abc import Mapping
from typing import Any

from distillery.core.aws import ObjectStore, client
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Chunk, Endpoint, Run, Stage, Student
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.contenders import called_as
from lambdas.evaluation.answers import Asker, Context
from lambdas.evaluation.conclusion import conclude
from lambdas.evaluation.parts import Parts, chunks


@boundary()
def step(event: Mapping[str, Any], context: Context) -> Any:
    """One step of the state machine: plan, answer (one chunk) or judge."""
    road = event["road"]
    run = from_wire(Run, road["run"])
    parts, ledger = Parts(run, read(Variable.DATA_BUCKET), ObjectStore()), Ledger(Table(read(Variable.LEDGER)))
    runtime = client("bedrock-runtime")
    region = runtime.meta.region_name
    match event["step"]:
        case "plan":
            ledger.begin(run.id, Stage.EVALUATION)
            return to_wire(chunks(len(parts.heldout())))
        case "answer":
            called = called_as(run, from_wire(Endpoint, road["candidate"]), region)
            asker = Asker(parts, called, read(Variable.ENVIRONMENT), runtime)
            return {"uri": asker.answer(from_wire(Chunk, event["chunk"]), context)}
        case "judge":
            return to_wire(conclude(run, from_wire(Student, road["student"]), parts, ledger, region))
        case other:
            raise BadRequest(f"the evaluation stage has no step {other!r}; it has plan, answer and judge")
