"""The Lambda handler of the evaluation stage, with the steps `plan`, `answer` (one chunk) and `judge`."""

from dataclasses import replace
from typing import Any

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore, client
from distillery.core.env_vars import Variable, read
from distillery.core.errors import Unfinished
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Chunk, Endpoint, Run, Stage, Student, Verdict
from distillery.core.serialization import from_wire
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.contestants import Contestant, contestants, priced
from distillery.evaluation.pace import FUTILE_ROUNDS, Pace, pause_after_failure
from distillery.evaluation.verdict import judge
from lambdas.evaluation.answers import AnswerCollector, Context
from lambdas.evaluation.live import LiveModel
from lambdas.evaluation.parts import Parts, chunks
from lambdas.evaluation.plan import EvaluationPlan
from lambdas.evaluation.quotas import prompts_per_minute


def _plan(event: Event, _context: Any) -> list[Chunk]:
    parts, ledger = _parts(event), _ledger()
    run, prompts = parts.run, parts.heldout()
    ledger.begin(run.id, Stage.EVALUATION)
    plan = _current_plan(event, parts)
    if plan is None:
        student = product(event, "student", Student)
        live = LiveModel(Aliases(), ledger, parts.store).find(
            run, Names(read(Variable.ENVIRONMENT)).alias(run.recipe.name), prompts, student=student.model_arn
        )
        those = (*_contestants(event, parts), *([live] if live else ()))
        rate, quota = prompts_per_minute(those, prompts, run.recipe.max_answer_tokens, client("service-quotas"))
        plan = EvaluationPlan(seed=run.id, contestants=those, prompts_per_minute=rate, limited_by=quota)
        plan.write(parts.store, _plan_uri(parts))
    ledger.plan_answers(run.id, len(plan.calls(0, len(prompts))))
    every, pace = chunks(len(prompts)), Pace(plan.prompts_per_minute)
    return [replace(chunk, pause=pace.first_pause(chunk.index)) for chunk in every]


def _answer(event: Event, context: Context) -> dict[str, Any]:
    """The state of a chunk: how many answers are left, and the seconds to wait before it is called again."""
    parts, chunk = _parts(event), from_wire(Chunk, event["chunk"])
    plan = _plan_of(event, parts)
    collector = AnswerCollector(parts, plan, parts.heldout(), read(Variable.ENVIRONMENT), client("bedrock-runtime"))
    pace, rounds = Pace(plan.prompts_per_minute), int(event.get("answered", {}).get("rounds", 0))
    begun = context.get_remaining_time_in_millis()
    found = collector.collect(chunk, context, prompts=pace.burst, give_up=rounds >= FUTILE_ROUNDS)
    _ledger().count_answers(parts.run.id, chunk.index, found.total - found.left)
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


def _judge(event: Event, _context: Any) -> Verdict:
    """The verdict at today's prices. A repeated call writes the same report again. Raises EvaluationFailed."""
    parts = _parts(event)
    prompts = parts.heldout()
    rows = {index: row for chunk in chunks(len(prompts)) for index, row in parts.read(chunk).items()}
    those = priced(_plan_of(event, parts).contestants, on=clock.now().date())
    verdict, report = judge(parts.run, prompts, rows, those, report_uri=parts.uri("report.json"))
    parts.store.write_json(verdict.report_uri, report)
    _ledger().end(parts.run.id, Stage.EVALUATION, verdict)
    return verdict


def _plan_of(event: Event, parts: Parts) -> EvaluationPlan:
    """The plan that was written. Executions that began with 0.1.0 wrote none: they ask three models."""
    if plan := _current_plan(event, parts):
        return plan
    return EvaluationPlan(seed=parts.run.id, contestants=_contestants(event, parts))


def _current_plan(event: Event, parts: Parts) -> EvaluationPlan | None:
    plan = EvaluationPlan.read(parts.store, _plan_uri(parts))
    return plan.called_as(_contestants(event, parts)) if plan else None


def _contestants(event: Event, parts: Parts) -> tuple[Contestant, ...]:
    student, candidate = product(event, "student", Student), product(event, "candidate", Endpoint)
    return contestants(parts.run, student, candidate, client("bedrock-runtime").meta.region_name)


def _plan_uri(parts: Parts) -> str:
    return parts.uri("contestants.json")


def _parts(event: Event) -> Parts:
    return Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore())


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))


step = step_handler(Stage.EVALUATION, {"plan": _plan, "answer": _answer, "judge": _judge})
