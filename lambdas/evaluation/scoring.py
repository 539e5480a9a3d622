"""The Lambda handler that has functions and judges score the answers, before the verdict is given.

Steps: `plan`; `score`, one chunk by functions; `follow`, which starts the judges' jobs and polls them; `stop`,
which stops them if the run fails.
"""

from typing import Any

from distillery.core.aws import ObjectStore, client
from distillery.core.env_vars import Variable, read
from distillery.core.pipeline import Chunk, Run, Stage
from distillery.core.serialization import from_wire
from distillery.core.steps import Event, evaluation_of, product, step_handler
from distillery.evaluation.chunks import chunks
from distillery.evaluation.pace import FUTILE_ROUNDS, pause_after_failure
from lambdas.evaluation import functions, judge_jobs
from lambdas.evaluation.answers import Context
from lambdas.evaluation.evaluation_jobs import EvaluationJobs
from lambdas.evaluation.judge_jobs import MOST_ROUNDS, JudgeJobs
from lambdas.evaluation.parts import Parts
from lambdas.evaluation.scores import StoredScores


def plan_scores(event: Event, _context: Any) -> dict[str, Any]:
    """The chunks whose answers functions score (none without such a grader), and the number of the recipe's judges."""
    run = _parts(event).run
    scored = chunks(run.dataset) if functions.specs(run) else []
    return {"chunks": scored, "judges": len(judge_jobs.specs(run))}


def score_chunk(event: Event, context: Context) -> dict[str, Any]:
    """The state of a chunk: how many answers are left, and the seconds to wait before it is called again."""
    parts, rounds = _parts(event), int(event["scored"]["rounds"])
    chunk = from_wire(Chunk, event["chunk"])
    found = functions.score(StoredScores(parts), parts.prompts(), chunk, context, give_up=rounds >= FUTILE_ROUNDS)
    return {
        "left": found.left,
        "pause": pause_after_failure(rounds) if found.failure else 0,
        "rounds": rounds + 1 if found.failure and not found.got else 0,
    }


def follow_judges(event: Event, _context: Any) -> dict[str, Any]:
    """How many jobs of judges have not ended. The state machine waits before it calls again."""
    parts, rounds = _parts(event), int(event["judged"]["rounds"])
    judges = JudgeJobs(scores=StoredScores(parts), jobs=_jobs(parts))
    prompts, give_up = parts.prompts(), rounds >= MOST_ROUNDS
    pending = sum(judges.follow(spec, prompts, give_up=give_up) for spec in judge_jobs.specs(parts.run))
    return {"pending": pending, "rounds": rounds + 1}


def stop_judges(event: Event, _context: Any) -> dict[str, int]:
    """Part of the clean-up: it needs nothing but the run. Jobs bill for what they do until they are stopped."""
    return {"stopped": _jobs(_parts(event)).stop_all()}


def _jobs(parts: Parts) -> EvaluationJobs:
    return EvaluationJobs(
        parts=parts,
        environment=read(Variable.ENVIRONMENT),
        role=read(Variable.JOB_ROLE),
        model_key=read(Variable.MODEL_KEY),
        bedrock=client("bedrock"),
    )


def _parts(event: Event) -> Parts:
    return Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore(), evaluation_of(event))


step = step_handler(
    Stage.EVALUATION, {"plan": plan_scores, "score": score_chunk, "follow": follow_judges, "stop": stop_judges}
)
