"""The answers to the held-out prompts and the golden set: each kept as soon as it arrives, and a part of rows for each
complete chunk.

evaluations/<run id>/contestants.json                     who is asked, and how fast
                     answers/part-0000/<digest>.json      one answer, by prompt, model and settings
                     answers/part-0000/<digest>.missing.json             why there is none
                     answers/part-0000/<digest>.missing.<execution>.json the same of a later evaluation
                     part-0000.jsonl                      the rows of a complete chunk
                     golden-<digest>-0001.jsonl           the same of a chunk of a golden set, by its SHA-256
                     report.json                          of the confirmatory verdict
                     report-<execution>.json              of an exploratory one
                     report.html                          the same for people, beside each
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distillery.core import conversation, names
from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.golden import read_pinned
from distillery.core.pipeline import Chunk, Run
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.answers import ModelAnswer, PromptAnswers
from distillery.evaluation.chunks import part_name

PLAN = "contestants.json"


def report_name(exploratory: str) -> str:
    """The name of a report: `report.json`, or that of the exploratory look."""
    return f"report-{exploratory}.json" if exploratory else "report.json"


@dataclass(frozen=True, slots=True)
class Parts:
    """Reads and writes under `evaluations/<run id>/` of the data bucket.

    Attributes:
        evaluation: The execution of an evaluation that a person asked for. It requests the missing answers again.
    """

    run: Run
    bucket: str
    store: ObjectStore
    evaluation: str = ""

    def uri(self, name: str) -> str:
        return f"s3://{self.bucket}/{names.EVALUATIONS_PREFIX}{self.run.id}/{name}"

    def part_uri(self, chunk: Chunk) -> str:
        return self.uri(f"{part_name(chunk)}.jsonl")

    def heldout(self) -> list[Prompt]:
        """The held-out prompts that are asked, from the beginning of the file. Those held back follow them.

        Raises:
            EvaluationFailed: The file does not match the run's data set.
        """
        text = self.store.read(self.run.dataset.heldout_uri).decode()
        prompts = [conversation.parse(line) for line in text.split("\n") if line]
        if len(prompts) < self.run.dataset.heldout or not prompts:
            raise EvaluationFailed(
                f"{self.run.dataset.heldout_uri} has {len(prompts)} prompts, the run was opened with "
                f"{self.run.dataset.heldout}, and at least one is needed; upload the prompts again"
            )
        return prompts[: self.run.dataset.heldout]

    def prompts(self) -> list[Prompt]:
        """All prompts that are asked: the held-out ones, and those of the golden set.

        Raises:
            EvaluationFailed: One of the files is not the one that the run was opened with.
        """
        pinned = self.run.dataset.golden
        golden = read_pinned(pinned, self.store) if pinned else []
        return [*self.heldout(), *golden]

    def read(self, chunk: Chunk) -> dict[int, PromptAnswers]:
        """The rows of a chunk by index; none before it is complete."""
        uri = self.part_uri(chunk)
        if not self.store.exists(uri):
            return {}
        lines = self.store.read(uri).decode().split("\n")
        rows = [from_wire(PromptAnswers, json.loads(line)) for line in lines if line]
        return {row.index: row for row in rows}

    def write(self, chunk: Chunk, rows: Sequence[PromptAnswers]) -> None:
        """Writes the whole part, in the order of the prompts."""
        lines = [json.dumps(to_wire(row), ensure_ascii=False) for row in sorted(rows, key=lambda row: row.index)]
        self.store.write(self.part_uri(chunk), "".join(f"{line}\n" for line in lines).encode())

    def kept(self, chunk: Chunk) -> dict[str, str]:
        """The names of the objects that are kept of a chunk, by the digests of their answers."""
        names = [name.removesuffix(".json") for name in self.store.names(self._folder(chunk))]
        missing = {name.removesuffix(self._missing): name for name in names if name.endswith(self._missing)}
        return missing | {name: name for name in names if "." not in name}

    def read_answer(self, chunk: Chunk, name: str) -> ModelAnswer | str:
        """An answer, or why there is none, by the name of its object."""
        data = json.loads(self.store.read(f"{self._folder(chunk)}{name}.json"))
        return str(data["missing"]) if "missing" in data else from_wire(ModelAnswer, data["answer"])

    def keep(self, chunk: Chunk, key: str, answer: ModelAnswer | str) -> None:
        """Keeps an answer, or why there is none."""
        is_missing = isinstance(answer, str)
        data: dict[str, Any] = {"missing": answer} if is_missing else {"answer": to_wire(answer)}
        self.store.write_json(f"{self._folder(chunk)}{key}{self._missing if is_missing else ''}.json", data)

    @property
    def _missing(self) -> str:
        return f".missing.{self.evaluation}" if self.evaluation else ".missing"

    def _folder(self, chunk: Chunk) -> str:
        return self.uri(f"answers/{part_name(chunk)}/")
