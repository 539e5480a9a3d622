"""The Lambda handler of the evaluation stage, with the steps `missing`, `plan`, `answer` (one chunk) and
`keep_failure` (of a chunk)."""

from dataclasses import replace
from typing import Any

from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore, client
from distillery.core.env_vars import Variable, read
from distillery.core.errors import Unfinished
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Chunk, Run, Stage, Student, Verdict
from distillery.core.serialization import from_wire
from distillery.core.step_errors import describe_error
from distillery.core.steps import Event, evaluation_of, product, step_handler
from distillery.evaluation.chunks import chunks
from distillery.evaluation.contestants import STUDENT, Contestant, contestants
from distillery.evaluation.pace import FUTILE_ROUNDS, Pace, pause_after_failure
from lambdas.evaluation.answers import AnswerCollector, Context
from lambdas.evaluation.live import LiveModel
from lambdas.evaluation.parts import PLAN, Parts
from lambdas.evaluation.plan import EvaluationPlan, candidate_of, plan_of, written_plan
from lambdas.evaluation.quotas import prompts_per_minute


def _missing(event: Event, _context: Any) -> dict[str, bool]:
    """Whether an evaluation that a person asked for lacks answers or parts, and whether it needs an endpoint: it does
    for answers of the student."""
    _plan(event, _context)
    parts = _parts(event)
    plan, prompts = plan_of(parts, _contestants(event, parts)), parts.prompts()
    collector = AnswerCollector(parts, plan, prompts, read(Variable.ENVIRONMENT), client("bedrock-runtime"))
    lacking = [roles for chunk in chunks(parts.run.dataset) if (roles := collector.lacking(chunk)) is not None]
    if not lacking and not parts.run.recipe.judges:
        Evaluations(Table(read(Variable.LEDGER))).release(
            parts.run.id
        )  # stored answers are graded, which costs nothing
    return {"answers": bool(lacking), "endpoint": any(STUDENT in roles for roles in lacking)}


def _plan(event: Event, _context: Any) -> list[Chunk]:
    parts, ledger = _parts(event), _ledger()
    run, prompts = parts.run, parts.prompts()
    ledger.begin(run.id, Stage.EVALUATION)
    those, student = _contestants(event, parts), product(event, "student", Student)
    plan = written_plan(parts, those)
    fixed = ledger.run(run.id).run.judging_digest  # of the run itself: an evaluation may judge by others
    if plan is None or parts.evaluation:
        live = LiveModel(Aliases(), ledger, parts.store).find(
            run, Names(read(Variable.ENVIRONMENT)).alias(run.recipe.name), prompts, student=student.model_arn
        )
        if plan is None or plan.live != live:
            those = (*those, *([live] if live else ()))
            rate, quota = prompts_per_minute(those, prompts, run.recipe.max_answer_tokens, client("service-quotas"))
            plan = EvaluationPlan(
                seed=run.id,
                contestants=those,
                prompts_per_minute=rate,
                limited_by=quota,
                judging_digest=(plan and plan.judging_digest) or fixed,
            )
            plan.write(parts.store, parts.uri(PLAN))
    ledger.plan_answers(run.id, len(plan.calls(0, len(prompts))), plan.judging_digest or fixed)
    every, pace = chunks(run.dataset), Pace(plan.prompts_per_minute)
    return [replace(chunk, pause=pace.first_pause(chunk.index)) for chunk in every]


def _answer(event: Event, context: Context) -> dict[str, Any]:
    """The state of a chunk: how many answers are left, and the seconds to wait before it is called again."""
    parts, chunk = _parts(event), from_wire(Chunk, event["chunk"])
    plan = plan_of(parts, _contestants(event, parts))
    collector = AnswerCollector(parts, plan, parts.prompts(), read(Variable.ENVIRONMENT), client("bedrock-runtime"))
    pace, rounds = Pace(plan.prompts_per_minute), int(event.get("answered", {}).get("rounds", 0))
    begun = context.get_remaining_time_in_millis()
    found = collector.collect(chunk, context, prompts=pace.burst, give_up=rounds >= FUTILE_ROUNDS)
    _ledger().count_answers(parts.run.id, chunk.index, found.total - found.left)
    Leases(Table(read(Variable.LEDGER))).renew(parts.run.id)
    pause = pace.pause(found.prompts, (begun - context.get_remaining_time_in_millis()) / 1000)
    if found.failure:
        pause = max(pause, pause_after_failure(rounds))
    if found.left and "answered" not in event:  # an execution with the definition of 0.1.0: it retries
        raise Unfinished(f"{found.left} answers are left ({found.failure or 'time ran out'}); the next invocation asks")
    return {
        "uri": parts.part_uri(chunk),
        "left": found.left,
        "pause": pause,
        "rounds": rounds + 1 if found.failure and not found.got else 0,
    }


def _keep_failure(event: Event, _context: Any) -> None:
    """Keeps why a chunk failed: the error of the Map does not say it."""
    run = product(event, "run", Run)
    _ledger().keep_chunk_failure(run.id, evaluation_of(event) or run.id, describe_error(event["failure"]))


def _judge(event: Event, context: Any) -> Verdict:
    """For executions that began before grading had a function of its own. Remove it after 0.3.0."""
    from lambdas.evaluation import grading  # its packages are slow to import

    return grading.judge_answers(event, context)


def _contestants(event: Event, parts: Parts) -> tuple[Contestant, ...]:
    region = client("bedrock-runtime").meta.region_name
    return contestants(parts.run, product(event, "student", Student), candidate_of(event), region)


def _parts(event: Event) -> Parts:
    return Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore(), evaluation_of(event))


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))


step = step_handler(
    Stage.EVALUATION,
    {"missing": _missing, "plan": _plan, "answer": _answer, "keep_failure": _keep_failure, "judge": _judge},
)
