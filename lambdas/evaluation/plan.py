"""The plan of an evaluation, written before the first answer: who is asked, in which order, and how fast.

A repeated step reads the plan that was written. An evaluation that a person asks for compares with the model that is
live at that time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt
from distillery.core.inference import inference_config
from distillery.core.names import digest
from distillery.core.pipeline import Endpoint, Run, Student
from distillery.core.serialization import from_wire, to_wire
from distillery.core.steps import Event, product, state_of
from distillery.evaluation.answers import PromptAnswers
from distillery.evaluation.contestants import ALWAYS, LIVE, Contestant
from lambdas.evaluation.parts import PLAN, Parts

Call = tuple[int, Contestant]
"""The index of a held-out prompt, and who is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """Who is asked, and how fast.

    Attributes:
        seed: Determines the order of the requests.
        prompts_per_minute: Prompts that all contestants answer in a minute; None without a limit.
        limited_by: The name of the quota that limits the pace.
        judging_digest: Of the graders and bars that are fixed with the plan; empty in plans of older versions.
    """

    seed: str
    contestants: tuple[Contestant, ...]
    prompts_per_minute: float | None = None
    limited_by: str = ""
    judging_digest: str = ""

    @classmethod
    def read(cls, store: ObjectStore, uri: str) -> Self | None:
        return from_wire(cls, json.loads(store.read(uri))) if store.exists(uri) else None

    def write(self, store: ObjectStore, uri: str) -> None:
        store.write_json(uri, to_wire(self))

    @property
    def live(self) -> Contestant | None:
        return next((one for one in self.contestants if one.role == LIVE), None)

    def called_as(self, current: Sequence[Contestant]) -> "EvaluationPlan":
        """The same plan with the endpoints of today: a later candidate of the same student has another ARN."""
        endpoints = {one.model: one.called_as for one in current if one.role in ALWAYS}
        those = (replace(one, called_as=endpoints.get(one.model, one.called_as)) for one in self.contestants)
        return replace(self, contestants=tuple(those))

    def calls(self, start: int, stop: int) -> list[Call]:
        """The requests of a chunk, in an order that the seed determines, so that no model is always asked first."""
        every = [(index, one) for index in range(start, stop) for one in self.contestants if index not in one.left_out]
        return sorted(
            every, key=lambda call: (digest([self.seed, call[0]]), digest([self.seed, call[0], call[1].role]))
        )


def answer_key(run: Run, prompt: Prompt, one: Contestant) -> str:
    """The digest of the prompt as it is asked, the model and the settings, under which an answer is kept."""
    settings = inference_config(one.base, run.recipe.max_answer_tokens)
    return digest([one.asked_with(prompt).digest, one.model, {name: str(value) for name, value in settings.items()}])


def plan_of(parts: Parts, current: Sequence[Contestant]) -> EvaluationPlan:
    """The plan that was written. Executions that began with 0.1.0 wrote no plan, and ask today's contestants.

    Args:
        current: The contestants except the live model, with today's endpoints.
    """
    return written_plan(parts, current) or EvaluationPlan(seed=parts.run.id, contestants=tuple(current))


def written_plan(parts: Parts, current: Sequence[Contestant]) -> EvaluationPlan | None:
    """The plan that was written, with the endpoints of today; None before there is one."""
    plan = EvaluationPlan.read(parts.store, parts.uri(PLAN))
    return plan.called_as(current) if plan else None


def without_former_live(
    plan: EvaluationPlan, run: Run, prompts: Sequence[Prompt], rows: Mapping[int, PromptAnswers]
) -> dict[int, PromptAnswers]:
    """The rows without answers of another live model than the plan's: an evaluation that failed may have left some."""
    live = plan.live
    return {
        index: row
        if live is None or row.keys.get(LIVE) == answer_key(run, prompts[index], live)
        else replace(row, answers={role: answer for role, answer in row.answers.items() if role != LIVE})
        for index, row in rows.items()
    }


def candidate_of(event: Event) -> Endpoint:
    """The candidate; where all its answers are stored, there is none, and nothing calls this stand-in."""
    if "candidate" in state_of(event):
        return product(event, "candidate", Endpoint)
    run, student = product(event, "run", Run), product(event, "student", Student)
    return Endpoint(arn=student.model_arn, name="", mode=run.recipe.hosting)
