"""What is asked of a model, and the completion that its stand-in generates."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.models import student, text
from bedrock_simulator.runtime import output_format
from bedrock_simulator.runtime.call import Target
from bedrock_simulator.runtime.output_format import ANY_TEXT, OutputFormat, Tool, ToolCall
from bedrock_simulator.runtime.prompt_cache import Checkpoint

REASONING = "A stand-in does not reason."
CONTENT_FILTERED = "content_filtered"


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A prompt, the maximum number of tokens of its completion, and the sequences that stop it.

    Attributes:
        output: The form that the answer must have.
        tools: The definitions of tools, as text that is counted.
        checkpoints: The checkpoints of prompt caching.
        reasons: Whether a model that returns reasoning may do so.
    """

    prompt: text.Prompt
    max_tokens: int
    stop_sequences: tuple[str, ...] = ()
    output: OutputFormat = ANY_TEXT
    tools: str = ""
    checkpoints: tuple[Checkpoint, ...] = ()
    reasons: bool = True

    @property
    def tokens(self) -> int:
        """The number of input tokens: characters divided by four."""
        return text.tokens(self.tools) + text.tokens(self.prompt.system) + text.tokens(self.prompt.text)


@dataclass(frozen=True, slots=True)
class Completion:
    """A generated text and why it ended: `end_turn`, `max_tokens`, `tool_use`, `stop_sequence` with the sequence, or
    `content_filtered`.

    With `tool`, the text is the JSON of the call's input.
    """

    text: str
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    reasoning: str | None = None
    tool: ToolCall | None = None

    @property
    def tokens(self) -> int:
        """The number of output tokens, of reasoning too."""
        return text.tokens(self.text) + text.tokens(self.reasoning or "")

    @property
    def tool_input(self) -> Any:
        """The input of the call; empty if it was cut off, as it is no JSON then."""
        return {} if self.stop_reason == "max_tokens" else json.loads(self.text)


def generate(
    request: InferenceRequest, target: Target, teacher: Callable[[text.Prompt, str], str], seed: str = ""
) -> Completion:
    """Generates a completion: by the custom model, the teacher for a strong model, or an untrained student."""
    answer = _generated_text(request.prompt, target, teacher)
    key = seed, target.model.id, request.prompt.system, request.prompt.text
    if (tool := request.output.choose(*key)) is not None:
        return _call_tool(tool, request, answer, key)
    if request.output.schema is not None:
        answer = output_format.write(request.output.schema, answer, "the structured output", *key)
    reasons = request.reasons and target.model.returns_reasoning and target.custom is None
    reasoning = REASONING[: request.max_tokens * text.CHARACTERS_PER_TOKEN] if reasons else None
    left = request.max_tokens - text.tokens(reasoning or "")
    if left <= 0:  # thinking counts against the maximum, so that it may end before any text
        return Completion("", "max_tokens", None, reasoning)
    return Completion(*_truncate(answer, request.stop_sequences, left), reasoning)


def _call_tool(tool: Tool, request: InferenceRequest, answer: str, key: tuple[str, ...]) -> Completion:
    written = output_format.write(tool.schema, answer, f"the tool {tool.name}", tool.name, *key)
    shown, ended, _ = _truncate(written, (), request.max_tokens)
    identity = hashlib.sha256("\x1f".join((tool.name, *key)).encode()).hexdigest()[:22]
    return Completion(shown, "tool_use" if ended == "end_turn" else ended, tool=ToolCall(tool.name, identity))


def _generated_text(prompt: text.Prompt, target: Target, teacher: Callable[[text.Prompt, str], str]) -> str:
    if target.custom:
        return target.custom.student.answer(prompt.text)
    return teacher(prompt, target.model.id) if target.model.strong else student.untrained(prompt)


def _truncate(generated: str, stops: Iterable[str], most: int) -> tuple[str, str, str | None]:
    found = [(generated.index(stop), stop) for stop in stops if stop in generated]
    end, stop_sequence = min(found, default=(len(generated), None))
    truncated = generated[:end]
    if text.tokens(truncated) > most:
        return truncated[: most * text.CHARACTERS_PER_TOKEN], "max_tokens", None
    return truncated, "stop_sequence" if stop_sequence else "end_turn", stop_sequence
