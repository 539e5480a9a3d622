"""The Lambda handler that has judges and functions score the answers, before the verdict is given.

Steps: `plan`; `score`, one chunk by functions; `judge`, which starts the judge's jobs and follows them.
"""

from typing import Any

from distillery.core.aws import ObjectStore
from distillery.core.env_vars import Variable, read
from distillery.core.pipeline import Chunk, Run, Stage
from distillery.core.serialization import from_wire
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.pace import FUTILE_ROUNDS, pause_after_failure
from lambdas.evaluation import functions
from lambdas.evaluation.answers import Context
from lambdas.evaluation.parts import Parts, chunks
from lambdas.evaluation.scores import StoredScores


def plan_scores(event: Event, _context: Any) -> dict[str, Any]:
    """The chunks whose answers functions score; none if the recipe has no such grader."""
    parts = _parts(event)
    return {"chunks": chunks(parts.run.dataset.heldout) if functions.specs(parts.run) else []}


def score_chunk(event: Event, context: Context) -> dict[str, Any]:
    """The state of a chunk: how many answers are left, and the seconds to wait before it is called again."""
    parts, rounds = _parts(event), int(event["scored"]["rounds"])
    chunk = from_wire(Chunk, event["chunk"])
    found = functions.score(StoredScores(parts), parts.heldout(), chunk, context, give_up=rounds >= FUTILE_ROUNDS)
    return {
        "left": found.left,
        "pause": pause_after_failure(rounds) if found.failure else 0,
        "rounds": rounds + 1 if found.failure and not found.got else 0,
    }


def _parts(event: Event) -> Parts:
    return Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore())


step = step_handler(Stage.EVALUATION, {"plan": plan_scores, "score": score_chunk})
