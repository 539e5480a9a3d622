"""The slow path of validation: everything that is wrong with one line, each problem with its JSON path.

Applies the rules of `fast_path` on the standard library's JSON. Also accepts the good lines that the fast path skips.
"""

from itertools import islice
from typing import Any, NamedTuple

from distillery.core.conversation import to_line
from distillery.core.tokens import estimate_tokens
from distillery.datasets.validation import line_rules as rules
from distillery.datasets.validation.decoding import decode_text, nested_too_deeply, parse_json
from distillery.datasets.validation.fast_path import LineLimits, PromptTexts, to_prompt
from distillery.datasets.validation.finding import Problem, UnreadableLine
from distillery.datasets.validation.schema import schema_problems

MAX_PROBLEMS = 100
"""Problems reported for one line. Thousands fit into its 16 KB."""


class LineExplanation(NamedTuple):
    """prompt: None if any problem is an error. Warnings do not reject the line."""

    problems: list[Problem]
    prompt: PromptTexts | None = None
    answer: str | None = None


def explain(line: bytes, limits: LineLimits, *, length: int | None = None, cut_off: bool = False) -> LineExplanation:
    """Finds the problems of a line, up to `MAX_PROBLEMS`.

    Args:
        line: The line without its line end, or the beginning of a line that is too long.
        limits: The student's limits.
        length: Length of the whole line in bytes, if `line` is its beginning.
        cut_off: The line is the last of its file and has no line end.
    """
    try:
        text = decode_text(line, length=length or len(line), limit=limits.line_bytes)
        parsed = parse_json(text, cut_off=cut_off)
        found = list(islice(schema_problems(parsed), MAX_PROBLEMS))
    except UnreadableLine as unreadable:
        return LineExplanation([unreadable.problem])
    except RecursionError:
        return LineExplanation([nested_too_deeply()])
    if any(problem.rule.is_error for problem in found):
        return LineExplanation(found)
    prompt, answer = _content(parsed.value)
    if limits.as_job_input and "type" in parsed.value.get("system", [{}])[0]:
        found.append(Problem(rules.TYPE_IN_SYSTEM, "$.system[0].type", "it is 'text'"))
    found += _limit_problems(prompt, answer, len(line), limits)
    if any(problem.rule.is_error for problem in found):
        return LineExplanation(found)
    return LineExplanation(found, prompt, answer)


def _content(record: dict[str, Any]) -> tuple[PromptTexts, str | None]:
    """Returns the prompt and the reference answer of a record without errors."""
    texts = [message["content"][0]["text"] for message in record["messages"]]
    answer = None if len(texts) % 2 else texts.pop()
    return (record["system"][0]["text"] if "system" in record else None, *texts), answer


def _limit_problems(prompt: PromptTexts, answer: str | None, length: int, limits: LineLimits) -> list[Problem]:
    """Checks a valid record against the student's limits, and the line that the pipeline writes for it."""
    found = []
    if len(prompt) > 2 and not limits.multi_turn:
        rule = rules.MULTI_TURN if limits.multi_turn is False else rules.MULTI_TURN_UNSURE
        found.append(Problem(rule, "$.messages", f"it has {len(prompt) // 2} user messages"))
    if length > limits.safe_bytes:
        found.append(Problem(rules.OVER_CONTEXT, "$", _over_context(prompt, answer, length, limits)))
    if (written := len(to_line(to_prompt(prompt, answer)).encode())) > limits.line_bytes:
        wrong = (
            f"it has {written} bytes once U+0085, U+2028 and U+2029, which some readers treat as line ends, are escaped"
        )
        found.append(Problem(rules.LINE_TOO_LONG, "$", wrong))
    return found


def _over_context(prompt: PromptTexts, answer: str | None, length: int, limits: LineLimits) -> str:
    tokens = estimate_tokens("".join(filter(None, (*prompt, answer))))
    return (
        f"it has about {tokens} tokens (estimated by script) and at most {length} (one per byte), and an answer has up "
        f"to {limits.answer}; the student's training context is {limits.context}"
    )
