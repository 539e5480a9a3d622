"""Has a model judge the answers in Bedrock evaluation jobs, and follows the jobs until all have ended.

Bedrock sends no event about these jobs (UG monitoring-eventbridge), so they are polled. An evaluation that a person
requests has only the answers without a score judged, so that nothing is paid for twice. After a void round nothing is
judged again, because a round that is repeated until it passes is no evidence.

evaluations/<run id>/judging/<scores>/<execution>.json    what a later evaluation had judged, by the keys of the scores
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core import names
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.pipeline import Run
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.judge import Judge
from distillery.evaluation.graders.stored import Scores, score_key
from distillery.evaluation.scoring.judging import Job, JudgedModel, Round, planned
from distillery.evaluation.scoring.ratings import UnknownOutput, is_void, ratings, settled
from lambdas.evaluation.evaluation_jobs import COMPLETED, FOLDER, EvaluationJobs, StartedJob
from lambdas.evaluation.scores import StoredScores, answered

MOST_ROUNDS = 720
"""Polls of the jobs, two minutes apart: one day."""
UNFINISHED = "the judge's job has not ended within a day, and was stopped"


def specs(run: Run) -> list[GraderSpec]:
    """The recipe's graders that are judges."""
    return [spec for spec in run.recipe.grader_specs if spec.kind is GraderKind.JUDGE]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeJobs:
    """The judges of a run."""

    scores: StoredScores
    jobs: EvaluationJobs

    def follow(self, spec: GraderSpec, prompts: list[Any], *, give_up: bool = False) -> int:
        """Starts the jobs that are not started, and stores the scores once all have ended.

        Args:
            give_up: Whether jobs that still run are stopped and waited for no longer.

        Returns:
            How many jobs have not ended.
        """
        judge, name = from_wire(Judge, spec.options), f"judge-{names.digest(to_wire(spec.options))[:16]}"
        kept = self.scores.completed(name)
        every = [
            JudgedModel(
                key=score_key(spec, one.answer, one.prompt), role=one.role, prompt=one.prompt, answer=one.answer
            )
            for one in answered(self.scores.parts, prompts)
        ]
        new = [one for one in every if one.key not in kept]
        if void := next((found for found in kept.values() if is_void(found)), ""):
            if new:
                self.scores.complete(name, {**kept, **dict.fromkeys((one.key for one in new), void)})
            return 0
        first, again = planned(new), planned(one for one in every if one.key in self._unscored(name, kept))
        if not new and not again.jobs:
            return 0
        attempt = 1 + len([each for each in self._evaluations(name) if each != self._evaluation])
        looked = [
            *((job, self.jobs.look(judge, job, 0)) for job in first.jobs),
            *((job, self.jobs.look(judge, job, attempt)) for job in again.jobs),
        ]
        running = [one for _, one in looked if one.is_running]
        if running and not give_up:
            return len(running)
        for one in running:
            if one.arn:
                self.jobs.stop(one.arn)
        judged = Round(jobs=(*first.jobs, *again.jobs), known={**first.known, **again.known})
        self._store(name, kept, settled(judged, [self._said(judge, job, one) for job, one in looked]))
        return 0

    def _said(self, judge: Judge, job: Job, looked: StartedJob) -> Mapping[str, Grade | str] | str:
        """The ratings of a job by code, or why it has none."""
        if looked.is_running:
            return UNFINISHED
        if looked.status != COMPLETED:
            return f"the judge's job {looked.name} ended as {looked.status}: {looked.message or 'without a message'}"
        try:
            return ratings(job, judge.scale, self.jobs.outputs(looked.name))
        except UnknownOutput as error:
            return f"the judge's job {looked.name} {error}"

    def _store(self, name: str, kept: Scores, found: Scores) -> None:
        """Adds the scores to those that are kept. A void round also voids the earlier scores of the same judge."""
        void = next((each for each in found.values() if is_void(each)), "")
        self.scores.complete(name, dict.fromkeys((*kept, *found), void) if void else {**kept, **found})
        if self._evaluation:
            tried = sorted({*self._tried(name), *found})
            self.scores.parts.store.write_json(self._uri(name, f"{self._evaluation}.json"), tried)

    def _unscored(self, name: str, kept: Scores) -> set[str]:
        """The keys of the answers that this evaluation has judged again: those without a score, once."""
        if not self._evaluation:
            return set()
        return {each for each, found in kept.items() if isinstance(found, str)} - self._tried(name)

    def _tried(self, name: str) -> set[str]:
        uri = self._uri(name, f"{self._evaluation}.json")
        store = self.scores.parts.store
        return set(json.loads(store.read(uri))) if store.exists(uri) else set()

    def _evaluations(self, name: str) -> list[str]:
        """The evaluations that had answers judged again."""
        return [each.removesuffix(".json") for each in self.scores.parts.store.names(self._uri(name, ""))]

    @property
    def _evaluation(self) -> str:
        return self.scores.parts.evaluation

    def _uri(self, name: str, file: str) -> str:
        return self.scores.parts.uri(f"{FOLDER}{name}/{file}")
