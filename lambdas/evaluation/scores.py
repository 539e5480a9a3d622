"""The scores that judges and functions gave, beside the answers: each kept as soon as it arrives, as lines of JSON.

evaluations/<run id>/scores/part-0000/<key>.jsonl    one score of a function, by what was judged
                     scores/part-0000/<key>.missing.<execution>.jsonl    why a later evaluation got none
                     scores/part-0000.jsonl          the scores of a complete chunk
                     scores/judge-<judge>.jsonl      the scores of a judge
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from distillery.core.conversation import Prompt
from distillery.core.pipeline import Chunk
from distillery.evaluation.chunks import chunks
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.stored import Scores
from distillery.evaluation.scoring import lines
from lambdas.evaluation.parts import Parts

FOLDER, MISSING = "scores/", ".missing."
_READERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to be scored, with the model that gave it."""

    index: int
    role: str
    prompt: Prompt
    answer: str


def answered(parts: Parts, prompts: list[Prompt], only: Iterable[Chunk] | None = None) -> Iterator[Answered]:
    """The answers of all models to the prompts of the chunks, by default of all chunks."""
    for chunk in chunks(parts.run.dataset) if only is None else only:
        for index, row in sorted(parts.read(chunk).items()):
            for role, answer in row.answers.items():
                yield Answered(index=index, role=role, prompt=prompts[index], answer=answer.text)


@dataclass(frozen=True, slots=True)
class StoredScores:
    """Reads and writes under `evaluations/<run id>/scores/`."""

    parts: Parts

    def read(self) -> dict[str, Grade | str]:
        """All scores, by key."""
        folder = self.parts.uri(FOLDER)
        found = [name for name in self.parts.store.names(folder) if "/" not in name]
        scores: dict[str, Grade | str] = {}
        for name in sorted(found):
            scores |= lines.read(self.parts.store.read(f"{folder}{name}"))
        return scores

    def completed(self, name: str) -> dict[str, Grade | str]:
        """The scores of a chunk or a job, once it is complete. The answers may have changed since."""
        uri = self._uri(name)
        return lines.read(self.parts.store.read(uri)) if self.parts.store.exists(uri) else {}

    def complete(self, name: str, scores: Scores) -> None:
        """Writes the scores of a chunk or a job."""
        self.parts.store.write(self._uri(name), lines.write(scores))

    def kept(self, name: str) -> dict[str, Grade | str]:
        """The scores that were kept of a chunk that is not complete. An evaluation that a person asked for asks again
        what had no score before."""
        folder, own = self.parts.uri(f"{FOLDER}{name}/"), self._missing
        names = [each for each in self.parts.store.names(folder) if MISSING not in each or each.endswith(own)]
        with ThreadPoolExecutor(_READERS) as threads:
            bodies = [*threads.map(lambda key: self.parts.store.read(f"{folder}{key}"), names)]
        return {
            key: found
            for each, body in zip(names, bodies, strict=True)
            for key, found in lines.read(body).items()
            if self.is_settled(found) or each.endswith(own)
        }

    def is_settled(self, found: Grade | str) -> bool:
        """Whether nobody is asked again: a missing score is asked for again in each later evaluation."""
        return isinstance(found, Grade) or not self.parts.evaluation

    def keep(self, name: str, key: str, found: Grade | str) -> None:
        """Keeps one score."""
        suffix = ".jsonl" if self.is_settled(found) else self._missing
        self.parts.store.write(self.parts.uri(f"{FOLDER}{name}/{key}{suffix}"), lines.write({key: found}))

    @property
    def _missing(self) -> str:
        return f"{MISSING}{self.parts.evaluation}.jsonl"

    def _uri(self, name: str) -> str:
        return self.parts.uri(f"{FOLDER}{name}.jsonl")
