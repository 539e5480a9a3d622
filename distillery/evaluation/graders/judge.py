"""Has a model rate answers (LLM as a judge), for free text that no other grader can compare.

The job, its planted bad answers and its output are in `distillery.evaluation.scoring`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NoReturn

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.grade import Grade, Unscored

LONGEST_PROMPT = 4 * 1024
"""Bytes of a prompt in a job. Source: AWS General Reference, "(Evaluation)" quotas."""
LONGEST_CRITERIA = 2_500
"""Characters. The instructions of a metric have at most 5,000 with ours (API reference, CustomMetricDefinition)."""
CRITERIA = (
    "The answer is right if it does what the prompt asks and states nothing false. Where there is a reference answer, "
    "it must say the same in substance; other words are no mistake."
)


class JudgeScale(StrEnum):
    """The ratings that a judge chooses from."""

    RIGHT_OR_WRONG = "right-or-wrong"
    """1 or 0, so that exact tests apply."""
    FIVE = "five"
    """0, 0.25, 0.5, 0.75 or 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """The rating that a model gives, in a Bedrock evaluation job on the answers of all models."""

    needs_reference: ClassVar[bool] = False

    model: str
    """Catalog id of the judge. It must differ from every model that is judged."""
    criteria: str = CRITERIA
    """What the judge rates by, at most 2,500 characters. `{{` is not allowed."""
    scale: JudgeScale = JudgeScale.RIGHT_OR_WRONG
    """The ratings that it chooses from."""

    def __post_init__(self) -> None:
        if not self.criteria.strip() or len(self.criteria) > LONGEST_CRITERIA:
            _refuse(f"criteria has {len(self.criteria)} characters", f"1 to {LONGEST_CRITERIA}", "shorten or write it")
        if "{{" in self.criteria:
            fix = "describe what is rated; prompt, reference and answer are added"
            _refuse("criteria has {{, which Bedrock reads as a variable", "text without it", fix)
        if not self.model.strip():
            _refuse(f"model is {quoted(self.model)}", "a model of the catalog", 'write model = "<catalog id>"')

    @property
    def measure(self) -> str:
        if self.binary:
            return f"share that {self.model} judged right"
        return f"mean rating by {self.model}"

    @property
    def binary(self) -> bool:
        return self.scale is JudgeScale.RIGHT_OR_WRONG

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        """Raises Unscored: the pipeline asks the judge, and `Stored` reads the scores."""
        raise Unscored("the judge was not asked")

    def misfit(self, reference: str, prompt: Prompt) -> str:
        return f"has a prompt of more than {LONGEST_PROMPT} bytes" if size(prompt) > LONGEST_PROMPT else ""


def rendered(prompt: Prompt) -> str:
    """The prompt as a judge reads it: one text, with headings if it has several parts."""
    parts = [*([("system", prompt.system)] if prompt.system is not None else []), *prompt.messages]
    text = parts[0][1] if len(parts) == 1 else "\n\n".join(f"[{role}]\n{text}" for role, text in parts)
    return text.replace("{{", "{ {")


def size(prompt: Prompt) -> int:
    """The bytes of the prompt as a judge reads it."""
    return len(rendered(prompt).encode())


def _refuse(what: str, allowed: str, fix: str) -> NoReturn:
    raise BadRequest(f"{what}; allowed is {allowed}; {fix}")
