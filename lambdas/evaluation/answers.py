"""Collects answers: every contender answers the same prompts with the same parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from distillery.core.conversation import Prompt, converse_request
from distillery.core.errors import Unfinished
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from distillery.core.pipeline import Chunk
from distillery.evaluation.contenders import CONTENDERS, ModelAnswer, PromptAnswers, parse_answer
from lambdas.evaluation.parts import Parts

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MARGIN_MS = 60_000
"""Milliseconds reserved for the last request and for writing the part."""


class Context(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class AnswerCollector:
    """Collects the answers of a chunk. `model_ids`: role → `modelId`. Temperature is 0, for repeatable verdicts."""

    parts: Parts
    model_ids: Mapping[str, str]
    environment: str
    runtime: "BedrockRuntimeClient"

    def answer(self, chunk: Chunk, context: Context) -> str:
        """The URI of the complete part.

        Whatever fails, the answers so far are written, so that a retry pays for nothing twice. Raises Unfinished when
        time runs out.
        """
        done = self.parts.read(chunk)
        missing = [index for index in range(chunk.start, chunk.stop) if index not in done]
        if missing:
            known = len(done)
            try:
                self._answer(missing, done, context)
            finally:
                if len(done) > known:
                    self.parts.write(chunk, list(done.values()))
        return self.parts.part_uri(chunk)

    def _answer(self, missing: list[int], done: dict[int, PromptAnswers], context: Context) -> None:
        prompts = self.parts.heldout()
        for index in missing:
            if context.get_remaining_time_in_millis() < MARGIN_MS:
                raise Unfinished(
                    f"time ran out at prompt {index}, of {len(missing)} to answer; the next invocation continues there"
                )
            answers = {role: self._call(self.model_ids[role], prompts[index]) for role in CONTENDERS}
            done[index] = PromptAnswers(index=index, answers=answers)

    def _call(self, model: str, prompt: Prompt) -> ModelAnswer:
        run = self.parts.run
        response = self.runtime.converse(
            modelId=model,
            inferenceConfig={"maxTokens": run.recipe.max_answer_tokens, "temperature": 0.0},
            requestMetadata={TAG_ENVIRONMENT: self.environment, TAG_RECIPE: run.recipe.name, TAG_RUN: run.id},
            **converse_request(prompt),
        )
        return parse_answer(response)
