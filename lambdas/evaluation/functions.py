"""Has the team's functions score the answers of a chunk.

A score is kept before the next answer is sent, so an invocation that is killed repeats at most the calls in flight.
What cannot be scored is kept as missing, with the reason: a function's error never counts as a wrong answer.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from distillery.core.aws import AWS_ERRORS, ClientError, code, functions
from distillery.core.conversation import Prompt
from distillery.core.escaping import one_line
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.pipeline import Chunk, Run
from distillery.core.serialization import from_wire
from distillery.evaluation.chunks import part_name
from distillery.evaluation.graders.function import LONGEST_SECONDS, TeamFunction
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.stored import score_key
from distillery.evaluation.scoring.exchange import LARGEST_RESPONSE, BadResponse, request, response
from lambdas.evaluation.answers import REASON_MAX, Context
from lambdas.evaluation.scores import StoredScores, answered

AT_A_TIME = 8
"""Calls of one invocation at the same time."""
MARGIN_MS = 1000 * (LONGEST_SECONDS + 30)
"""Milliseconds reserved for the last calls and for writing the part."""
NO_REFERENCE = "the prompt has no reference answer, and the function needs one"
FINAL = frozenset(
    {
        "AccessDeniedException",
        "InvalidRequestContentException",
        "RequestTooLargeException",
        "ResourceNotFoundException",
    }
)
"""Codes of Invoke after which the same request fails again. After others, and after time-outs, it may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answer that one function scores."""

    key: str
    function: TeamFunction
    prompt: Prompt
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The result of one invocation.

    Attributes:
        got: How many answers it scored, or learned that they have no score.
        failure: Why a call failed that may succeed later; empty if none did.
    """

    got: int
    left: int
    failure: str = ""


def specs(run: Run) -> list[GraderSpec]:
    """The recipe's graders that are functions."""
    return [spec for spec in run.recipe.grader_specs if spec.kind is GraderKind.FUNCTION]


def score(
    scores: StoredScores, prompts: list[Prompt], chunk: Chunk, context: Context, *, give_up: bool = False
) -> Progress:
    """Has the answers of a chunk scored that have no score yet, and writes its part once nothing is left. An evaluation
    that a person asked for asks once more for what is missing.

    Args:
        give_up: Whether a call that fails once more is recorded as missing.
    """
    run, name = scores.parts.run, part_name(chunk)
    calls, missing = _calls(scores, prompts, chunk, specs(run))
    before = scores.completed(name)
    settled = {each: found for each, found in before.items() if scores.is_settled(found)}
    if before.keys() >= missing.keys() and settled.keys() >= calls.keys():
        return Progress(got=0, left=0)
    kept = settled | scores.kept(name)
    todo = [call for each, call in calls.items() if each not in kept]
    asking = _Asking(scores, name, run.recipe.name, context, give_up)
    asking.run(todo)
    left = len(todo) - len(asking.found)
    if not left:
        scores.complete(name, {**missing, **kept, **asking.found})
    return Progress(got=len(asking.found), left=left, failure=asking.failure)


def _calls(
    scores: StoredScores, prompts: list[Prompt], chunk: Chunk, those: Sequence[GraderSpec]
) -> tuple[dict[str, Call], Mapping[str, str]]:
    """The calls by key, each once, and why some answers have none."""
    calls: dict[str, Call] = {}
    missing: dict[str, str] = {}
    for one in answered(scores.parts, prompts, [chunk]):
        for spec in those:
            made, function = score_key(spec, one.answer, one.prompt), from_wire(TeamFunction, spec.options)
            if one.prompt.reference is None and function.needs_reference:
                missing[made] = NO_REFERENCE
            else:
                calls[made] = Call(key=made, function=function, prompt=one.prompt, answer=one.answer)
    return calls, missing


@dataclass(slots=True)
class _Asking:
    """The calls of one invocation. Threads share it."""

    scores: StoredScores
    name: str
    recipe: str
    context: Context
    give_up: bool
    found: dict[str, Grade | str] = field(default_factory=dict)
    failure: str = ""
    broken: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, calls: Iterable[Call]) -> None:
        """Asks until nothing is left, time runs out, or writing to S3 fails."""
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            asked = [threads.submit(self._one, call) for call in calls]
        for one in asked:
            one.result()

    def _one(self, call: Call) -> None:
        if self.broken.is_set() or self.context.get_remaining_time_in_millis() < MARGIN_MS:
            return
        try:
            found, failure = self._ask(call)
            if failure and not self.give_up:
                with self.lock:
                    self.failure = failure
                return
            said = found if found is not None else failure
            self.scores.keep(self.name, call.key, said)
            with self.lock:
                self.found[call.key] = said
        except BaseException:
            self.broken.set()
            raise

    def _ask(self, call: Call) -> tuple[Grade | str | None, str]:
        """The score, or why there is none; otherwise the failure, after which a retry may succeed."""
        try:
            replied = functions(call.function.timeout_seconds).invoke(
                FunctionName=call.function.arn, Payload=request(self.recipe, call.prompt, call.answer)
            )
            body = replied["Payload"].read(LARGEST_RESPONSE + 1)
        except AWS_ERRORS as error:
            text = f"the function could not be called: {one_line(str(error), REASON_MAX)}"
            return (text, "") if isinstance(error, ClientError) and code(error) in FINAL else (None, text)
        if "FunctionError" in replied:  # its message may quote the prompt
            return f"the function raised an error ({replied['FunctionError']}); its log group has it", ""
        try:
            return response(body, binary=call.function.binary), ""
        except BadResponse as error:
            return f"the function {error}", ""
