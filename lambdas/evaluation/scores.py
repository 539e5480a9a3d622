"""The scores that judges and functions gave, beside the answers: each kept as soon as it arrives, as lines of JSON.

evaluations/<run id>/scores/part-0000/<key>.jsonl    one score of a function, by what was judged
                     scores/part-0000.jsonl          the scores of a complete chunk
                     scores/judge-<job>.jsonl        the scores of a judge's job
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from distillery.core.conversation import Prompt
from distillery.core.pipeline import Chunk
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.stored import Scores
from distillery.evaluation.scoring import lines
from lambdas.evaluation.parts import Parts, chunks

FOLDER = "scores/"
_READERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to be scored, with whose it is."""

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
        """The scores of a chunk or a job, once it is complete. The answers may be others by now."""
        uri = self._uri(name)
        return lines.read(self.parts.store.read(uri)) if self.parts.store.exists(uri) else {}

    def complete(self, name: str, scores: Scores) -> None:
        """Writes the scores of a chunk or a job."""
        self.parts.store.write(self._uri(name), lines.write(scores))

    def kept(self, name: str) -> dict[str, Grade | str]:
        """The scores that were kept of a chunk that is not complete."""
        folder = self.parts.uri(f"{FOLDER}{name}/")
        with ThreadPoolExecutor(_READERS) as threads:
            bodies = threads.map(lambda key: self.parts.store.read(f"{folder}{key}"), self.parts.store.names(folder))
            return {key: found for body in bodies for key, found in lines.read(body).items()}

    def keep(self, name: str, key: str, found: Grade | str) -> None:
        """Keeps one score."""
        self.parts.store.write(self.parts.uri(f"{FOLDER}{name}/{key}.jsonl"), lines.write({key: found}))

    def _uri(self, name: str) -> str:
        return self.parts.uri(f"{FOLDER}{name}.jsonl")
