"""Has the team's own Lambda function score answers, for what no other grader knows.

What is sent and what is expected is in `distillery.evaluation.scoring.exchange`.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.grade import Grade, Unscored

LONGEST_SECONDS = 60
_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z]{2}(-[a-z]+)+-\d):(?P<account>\d{12}):function:[\w-]{1,64}(:[\w$-]{1,128})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFunction:
    """The score that a Lambda function of the account gives, from 0 to 1."""

    arn: str
    """ARN of the function, with a version or an alias if it has one. It must be in the account and the home Region."""
    measure: str = "score of the function"
    """What the mean score is called in reports."""
    binary: bool = False
    """Whether every score is 0 or 1. Another score is then refused."""
    needs_reference: bool = True
    """Whether prompts without a reference answer cannot be scored."""
    timeout_seconds: int = 30
    """Seconds until an answer without a response counts as failed, 1 to 60."""

    def __post_init__(self) -> None:
        if not _ARN.fullmatch(self.arn):
            _refuse(
                f"arn is {quoted(self.arn)}",
                "arn:aws:lambda:<Region>:<account>:function:<name>, with :<version or alias> or without",
                "copy the function's ARN from the Lambda console",
            )
        if not 1 <= self.timeout_seconds <= LONGEST_SECONDS:
            _refuse(
                f"timeout_seconds is {self.timeout_seconds}", f"1 to {LONGEST_SECONDS}", "write timeout_seconds = 30"
            )
        if not self.measure.strip():
            _refuse("measure is empty", "the name of a measure", 'write, for example, measure = "tests passed"')

    @property
    def region(self) -> str:
        return self._part("region")

    @property
    def account(self) -> str:
        return self._part("account")

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        """Raises Unscored: the pipeline calls the function, and `Stored` reads the scores."""
        raise Unscored("the function was not asked")

    def misfit(self, reference: str, prompt: Prompt) -> str:
        return ""

    def _part(self, name: str) -> str:
        found = _ARN.fullmatch(self.arn)
        return found[name] if found else ""


def _refuse(what: str, allowed: str, fix: str) -> NoReturn:
    raise BadRequest(f"{what}; allowed is {allowed}; {fix}")
