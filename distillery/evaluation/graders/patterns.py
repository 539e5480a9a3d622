"""Grades answers that must contain phrases, or match a regular expression of RE2, an engine of linear time."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import re2

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.label import Label
from distillery.evaluation.graders.text import composed, words

LONGEST_ANSWER = 200_000
"""Characters that a pattern is searched in. A longer answer is wrong."""
LONGEST_PATTERN = 2000
LARGEST_PROGRAM = 20_000
"""Instructions of a compiled pattern: the work for each character of an answer is at most proportional to it."""
MOST_MATCHES = 100
"""Each search may read the rest of the answer, so their number is limited."""
GROUP = "answer"
_SURROGATES = re.compile("[\ud800-\udfff]")
_EDGE = "\x00"  # in no word


@dataclass(frozen=True, kw_only=True)
class Contains:
    """Right if the answer contains phrases as whole words, ignoring letter case and punctuation around them."""

    measure: ClassVar[str] = "phrase match rate"
    binary: ClassVar[bool] = True

    phrases: tuple[str, ...] = ()
    """What the answer must contain. Without phrases, it is the reference."""
    any: bool = False
    """Whether one of the phrases suffices."""
    without: tuple[str, ...] = ()
    """What the answer must not contain."""

    def __post_init__(self) -> None:
        for option, phrases in (("phrases", self.phrases), ("without", self.without)):
            for phrase in phrases:
                if not words(phrase):
                    raise BadRequest(
                        f"{option} of the grader `contains` has {quoted(phrase)}; a phrase has at least one letter, "
                        "digit or symbol; remove it"
                    )

    @property
    def needs_reference(self) -> bool:
        return not self.phrases

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        given = _line(answer)
        for phrase in self.without:
            if _line(phrase) in given:
                return Grade(score=WRONG, reason=f"contains {quoted(phrase)}")
        needed = self.phrases or (reference,)
        missing = [phrase for phrase in needed if _line(phrase) not in given or not words(phrase)]
        if not missing or (self.any and len(missing) < len(needed)):
            return Grade(score=RIGHT)
        return Grade(score=WRONG, reason=f"does not contain {quoted(missing[0])}")

    def misfit(self, reference: str, prompt: Prompt) -> str:
        if self.phrases:
            return ""
        if not words(reference):
            return "has no words"
        forbidden = [phrase for phrase in self.without if _line(phrase) in _line(reference)]
        return f"contains {quoted(forbidden[0])}, which answers must not" if forbidden else ""


def _line(text: str) -> str:
    """The words between edges, so that a substring of it is a sequence of whole words."""
    return _EDGE + "".join(word + _EDGE for word in words(text))


def _why(error: Exception) -> str:
    """RE2's errors are bytes."""
    why = error.args[0]
    return quoted(why.decode("utf-8", "replace") if isinstance(why, bytes) else str(error))


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Right if the answer matches a regular expression, and if what its group `answer` captures is the reference."""

    binary: ClassVar[bool] = True

    pattern: str
    """In RE2's syntax. `\\d`, `\\w` and `\\b` match only ASCII; write `\\p{N}` and `\\p{L}` for every script. With a
    group
    `(?P<answer>…)`, what it captures must be the reference's label."""
    whole: bool = True
    """Whether the whole answer must match, but for surrounding space; otherwise a part of it suffices."""
    case: bool = True
    """Whether letter case matters."""

    def __post_init__(self) -> None:
        if not 0 < len(self.pattern) <= LONGEST_PATTERN:
            raise BadRequest(
                f"pattern has {len(self.pattern)} characters; 1 to {LONGEST_PATTERN} are allowed; shorten it"
            )
        try:
            size = self._compiled.programsize
        except (re2.error, UnicodeEncodeError) as error:
            raise BadRequest(
                f"pattern is {quoted(self.pattern)}, which RE2 refuses ({_why(error)}); RE2's syntax is allowed, "
                "which has no look-around and no back references; correct it (https://github.com/google/re2/wiki/Syntax)"
            ) from error
        if size > LARGEST_PROGRAM:
            raise BadRequest(
                f"pattern {quoted(self.pattern)} compiles to {size:,} instructions; {LARGEST_PROGRAM:,} are allowed; "
                "use fewer repetitions"
            )

    @cached_property
    def _compiled(self) -> Any:
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = self.case
        return re2.compile(composed(self.pattern), options)

    @property
    def measure(self) -> str:
        return "accuracy" if self.needs_reference else "pattern match rate"

    @property
    def needs_reference(self) -> bool:
        return GROUP in self._compiled.groupindex

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        if len(answer) > LONGEST_ANSWER:
            return Grade(score=WRONG, reason=f"has {len(answer):,} characters; {LONGEST_ANSWER:,} are read")
        found = self._found(answer)
        if not found:
            return Grade(score=WRONG, reason=f"does not match {quoted(self.pattern)}")
        if not self.needs_reference:
            return Grade(score=RIGHT)
        if len(found) > MOST_MATCHES:
            return Grade(score=WRONG, reason=f"matches {quoted(self.pattern)} more than {MOST_MATCHES} times")
        name = Label(case=self.case).name
        wrong = [text for text in found if name(text) != name(reference)]
        if wrong:
            return Grade(score=WRONG, reason=f"{quoted(wrong[0])} is not {quoted(reference)}")
        return Grade(score=RIGHT)

    def _found(self, answer: str) -> list[str]:
        """What was captured by each match; the matches themselves without a group."""
        text = composed(_SURROGATES.sub("\ufffd", answer)).strip()
        group = GROUP if self.needs_reference else 0
        if self.whole or group == 0:
            match = self._compiled.fullmatch(text) if self.whole else self._compiled.search(text)
            return [match[group] or ""] if match else []
        found: list[str] = []
        for match in self._compiled.finditer(text):
            found.append(match[group] or "")
            if len(found) > MOST_MATCHES:
                break
        return found

    def misfit(self, reference: str, prompt: Prompt) -> str:
        return "is empty" if self.needs_reference and not Label(case=self.case).name(reference) else ""
