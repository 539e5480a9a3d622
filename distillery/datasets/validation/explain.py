"""A closer look at one line: everything that is wrong with it, each with its JSON path, and what it asks if it is good.

The rules are those of `sound`, spelled out over the standard library's JSON.
"""

from typing import Any, NamedTuple

from distillery.core.conversation import to_line
from distillery.core.tokens import CHARACTERS_PER_TOKEN, tokens
from distillery.datasets.validation.asked import prompt_of
from distillery.datasets.validation.fast_path import Asked
from distillery.datasets.validation.problem import NoRecord, Problem
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import shape, text
from distillery.datasets.validation.schema import problems
from distillery.datasets.validation.syntax import parsed, too_deep
from distillery.datasets.validation.text import text_of


class Explained(NamedTuple):
    """asked: None where a problem is an error; warnings leave the line good."""

    problems: list[Problem]
    asked: Asked | None = None
    answer: str | None = None


def explain(line: bytes, rules: Rules, *, length: int | None = None, cut_off: bool = False) -> Explained:
    """length: of the whole line, where `line` is its beginning; cut_off: it is the file's last and has no end."""
    try:
        record = parsed(text_of(line, length=length or len(line), limit=rules.line_bytes), cut_off=cut_off)
        found = list(problems(record))
    except NoRecord as none:
        return Explained([none.problem])
    except RecursionError:
        return Explained([too_deep()])
    if any(problem.kind.is_error for problem in found):
        return Explained(found)
    asked, answer = _asked(record)
    found += _of_the_student(asked, answer, len(line), rules)
    if any(problem.kind.is_error for problem in found):
        return Explained(found)
    return Explained(found, asked, answer)


def _asked(record: dict[str, Any]) -> tuple[Asked, str | None]:
    """Of a record without errors."""
    texts = [message["content"][0]["text"] for message in record["messages"]]
    answer = None if len(texts) % 2 else texts.pop()
    return (record["system"][0]["text"] if "system" in record else None, *texts), answer


def _of_the_student(asked: Asked, answer: str | None, length: int, rules: Rules) -> list[Problem]:
    """What is wrong with a good record for this student, or for the line that the road writes of it."""
    found = []
    if len(asked) > 2 and not rules.multi_turn:
        kind = shape.MULTI_TURN if rules.multi_turn is False else shape.MULTI_TURN_UNSURE
        found.append(Problem(kind, "$.messages", f"the user speaks {len(asked) // 2} times"))
    if length > rules.sure_bytes:
        found.append(Problem(shape.OVER_CONTEXT, "$", _over_context(asked, answer, length, rules)))
    if (written := len(to_line(prompt_of(asked, answer)).encode())) > rules.line_bytes:
        wrong = f"it has {written} bytes once U+0085, U+2028 and U+2029, line ends to some readers, are escaped"
        found.append(Problem(text.LINE_TOO_LONG, "$", wrong))
    return found


def _over_context(asked: Asked, answer: str | None, length: int, rules: Rules) -> str:
    characters = sum(map(len, filter(None, (*asked, answer))))
    return (
        f"it may come to {tokens(characters)} tokens (characters / {CHARACTERS_PER_TOKEN}) or to at most {length} "
        f"(one a byte), and an answer to {rules.answer}; the student is trained on {rules.context}"
    )
