"""Collects answers: every contestant answers the same prompts.

An answer is kept in S3 by the thread that received it, before the thread asks for another. An invocation that is killed
therefore repeats at most the requests in flight: `AT_A_TIME` for each chunk in progress.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from distillery.core.aws import ANSWER_SECONDS, AWS_ERRORS, ClientError, code
from distillery.core.conversation import Prompt, converse_request
from distillery.core.escaping import one_line
from distillery.core.inference import inference_config
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from distillery.core.pipeline import Chunk, Run
from distillery.evaluation.answers import ModelAnswer, PromptAnswers, parse_answer
from distillery.evaluation.contestants import Contestant
from lambdas.evaluation.parts import Parts
from lambdas.evaluation.plan import Call, EvaluationPlan, answer_key

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

AT_A_TIME = 8
"""Requests of one invocation at the same time. boto3 keeps ten connections."""
MARGIN_MS = 1000 * (ANSWER_SECONDS + 30)
"""Milliseconds reserved for the last requests, however slow a model is, and for keeping their answers."""
REASON_MAX = 300

FINAL = frozenset({"AccessDeniedException", "ResourceNotFoundException", "ValidationException"})
"""Codes of Converse after which the same request fails again. After others, and after time-outs, it may succeed."""


class Context(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The result of one invocation.

    Attributes:
        prompts: How many prompts it asked.
        got: How many answers it received, or learned that there are none.
        left: How many are still to be asked.
        total: How many the chunk has.
        failure: Why a request failed that may succeed later; empty if none did.
    """

    prompts: int
    got: int
    left: int
    total: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCollector:
    """Collects the answers of a chunk."""

    parts: Parts
    plan: EvaluationPlan
    prompts: Sequence[Prompt]
    environment: str
    runtime: "BedrockRuntimeClient"

    def collect(
        self, chunk: Chunk, context: Context, *, prompts: int | None = None, give_up: bool = False
    ) -> Collected:
        """Requests the answers that are missing, and writes the part once none is.

        Args:
            prompts: Maximum number of prompts to ask; None for all.
            give_up: Whether an answer that fails once more is recorded as missing.
        """
        calls, keys, todo = self._open(chunk)
        if todo is None:
            return Collected(prompts=0, got=0, left=0, total=len(calls))
        now = _first_prompts(todo, prompts)
        asking = _Asking(self, chunk, keys, context, give_up)
        asking.run(now)
        left = len(todo) - asking.got
        if not left:
            self.parts.write(chunk, self._rows(chunk, calls, keys))
        asked = len({index for index, _ in now})
        return Collected(prompts=asked, got=asking.got, left=left, total=len(calls), failure=asking.failure)

    def lacking(self, chunk: Chunk) -> set[str] | None:
        """The roles whose answers have to be asked for; None where the part is complete."""
        todo = self._open(chunk)[2]
        return None if todo is None else {one.role for _, one in todo}

    def _open(self, chunk: Chunk) -> "tuple[list[Call], Keys, list[Call] | None]":
        """The requests of a chunk, the digests of their answers, and those without an answer; None where the part is
        complete."""
        calls = self.plan.calls(chunk.start, chunk.stop)
        keys = {(index, one.role): answer_key(self.parts.run, self.prompts[index], one) for index, one in calls}
        rows = self.parts.read(chunk)
        if not self._asks_again(rows) and all(
            index in rows and rows[index].keys.get(one.role) == keys[index, one.role] for index, one in calls
        ):
            return calls, keys, None
        kept = self.parts.kept(chunk).keys() | self._adopt(chunk, rows, keys)
        return calls, keys, [call for call in calls if keys[call[0], call[1].role] not in kept]

    def _asks_again(self, rows: Mapping[int, PromptAnswers]) -> bool:
        """Whether an evaluation that a person asked for finds answers missing."""
        return bool(self.parts.evaluation) and any(row.missing for row in rows.values())

    def _adopt(self, chunk: Chunk, rows: Mapping[int, PromptAnswers], keys: "Keys") -> set[str]:
        """Keeps the answers of rows that 0.1.0 wrote, which have no digests, and returns their digests."""
        adopted = {
            keys[index, role]: answer
            for index, row in rows.items()
            if not row.keys
            for role, answer in row.answers.items()
            if (index, role) in keys
        }
        for digest, answer in adopted.items():
            self.parts.keep(chunk, digest, answer)
        return set(adopted)

    def _rows(self, chunk: Chunk, calls: Iterable[Call], keys: "Keys") -> list[PromptAnswers]:
        found: dict[int, dict[str, ModelAnswer | str]] = {index: {} for index in range(chunk.start, chunk.stop)}
        names = self.parts.kept(chunk)
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            each = [(index, one.role, keys[index, one.role]) for index, one in calls]
            read = threads.map(lambda call: self.parts.read_answer(chunk, names[call[2]]), each)
            for (index, role, _), answer in zip(each, read, strict=True):
                found[index][role] = answer
        order = [one.role for one in self.plan.contestants]
        return [_row(index, answers, order, keys) for index, answers in found.items()]

    def ask(self, index: int, one: Contestant) -> ModelAnswer:
        run: Run = self.parts.run
        config: Any = inference_config(one.base, run.recipe.max_answer_tokens)
        response = self.runtime.converse(
            modelId=one.called_as,
            inferenceConfig=config,
            requestMetadata={TAG_ENVIRONMENT: self.environment, TAG_RECIPE: run.recipe.name, TAG_RUN: run.id},
            **converse_request(one.asked_with(self.prompts[index])),
        )
        return parse_answer(response)


Keys = dict[tuple[int, str], str]
"""The digest of an answer by prompt and role."""


@dataclass(slots=True)
class _Asking:
    """The requests of one invocation. Threads share it."""

    collector: AnswerCollector
    chunk: Chunk
    keys: Keys
    context: Context
    give_up: bool
    got: int = 0
    failure: str = ""
    broken: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, calls: Iterable[Call]) -> None:
        """Asks until nothing is left, time runs out, or writing to S3 fails."""
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            asked = [threads.submit(self._one, *call) for call in calls]
            done, _ = wait(asked, return_when=FIRST_EXCEPTION)
            threads.shutdown(cancel_futures=True)
        for one in done:
            one.result()

    def _one(self, index: int, one: Contestant) -> None:
        """Asks and keeps one answer. After an error of another thread, nothing more is asked."""
        if self.broken.is_set() or self.context.get_remaining_time_in_millis() < MARGIN_MS:
            return
        try:
            self._ask(index, one)
        except BaseException:
            self.broken.set()
            raise

    def _ask(self, index: int, one: Contestant) -> None:
        try:
            answer: ModelAnswer | str = self.collector.ask(index, one)
        except (KeyError, TypeError) as error:
            answer = f"the reply does not have the form of a Converse response ({type(error).__name__})"
        except AWS_ERRORS as error:
            answer = one_line(str(error), REASON_MAX)
            is_final = isinstance(error, ClientError) and code(error) in FINAL
            if not is_final and not self.give_up:
                with self.lock:
                    self.failure = answer
                return
        self.collector.parts.keep(self.chunk, self.keys[index, one.role], answer)
        with self.lock:
            self.got += 1


def _first_prompts(calls: Sequence[Call], most: int | None) -> Sequence[Call]:
    if most is None:
        return calls
    first = list(dict.fromkeys(index for index, _ in calls))[:most]
    return [call for call in calls if call[0] in first]


def _row(index: int, found: dict[str, ModelAnswer | str], order: Iterable[str], keys: Keys) -> PromptAnswers:
    roles = [role for role in order if role in found]
    return PromptAnswers(
        index=index,
        answers={role: answer for role in roles if not isinstance(answer := found[role], str)},
        missing={role: reason for role in roles if isinstance(reason := found[role], str)},
        keys={role: keys[index, role] for role in roles},
    )
