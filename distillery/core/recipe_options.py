"""The choices of a recipe: what happens to bad lines, near duplicates, personal data, and runs above the budget; and
the traffic that it expects."""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.limits import MAX_PROMPTS


class NearDuplicates(StrEnum):
    """What happens to near duplicates of an earlier prompt."""

    REMOVE = "remove"
    """They are removed."""
    REPORT = "report"
    """They are counted in the report and stay."""
    IGNORE = "ignore"
    """They are not searched for."""


class PersonalData(StrEnum):
    """What happens to e-mail addresses, card, account and telephone numbers, and the like."""

    MASK = "mask"
    """They are replaced by placeholders."""
    REJECT = "reject"
    """The whole upload is rejected if it contains any."""
    REPORT = "report"
    """They are counted in the report and stay."""
    IGNORE = "ignore"
    """They are not searched for."""


class ExcessPrompts(StrEnum):
    """What happens to an upload with more prompts than may be trained on."""

    REJECT = "reject"
    """The upload is refused."""
    SELECT = "select"
    """A diverse part is selected, balanced over labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curation:
    """How prompts are curated before they are split."""

    near_duplicates: NearDuplicates = NearDuplicates.REPORT
    """What happens to near duplicates of an earlier prompt."""
    likeness: float = 0.8
    """Similarity at which two prompts are near duplicates: of the words and word pairs in which they differ, 0 to 1."""
    personal_data: PersonalData = PersonalData.REPORT
    """What happens to e-mail addresses, card, account and telephone numbers, and the like."""
    too_many: ExcessPrompts = ExcessPrompts.REJECT
    """What happens to an upload with more than `most_prompts`."""
    most_prompts: int = MAX_PROMPTS
    """Maximum number of prompts in a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTraffic:
    """The traffic that a recipe's live endpoint is expected to have, by which its hosting modes are compared."""

    requests_per_day: int
    """Requests a day, on average over a month."""
    input_tokens: int
    """Average input tokens of a request, with the system prompt."""
    output_tokens: int
    """Average output tokens of a request."""

    @property
    def tokens(self) -> int:
        """Tokens of one request, input and output."""
        return self.input_tokens + self.output_tokens


class CommitmentTerm(StrEnum):
    """For how long a live endpoint on Provisioned Throughput is bought."""

    ONE_MONTH = "one-month"
    SIX_MONTHS = "six-months"


class BadLines(StrEnum):
    """What happens to lines that break a rule."""

    REJECT = "reject"
    """The whole upload is rejected if a line is bad."""
    QUARANTINE = "quarantine"
    """Bad lines are set aside, up to `max_bad_lines`, and reported."""


class OverBudgetPolicy(StrEnum):
    """What happens to a run whose estimate is above the budget."""

    REFUSE = "refuse"
    """The run is refused."""
    APPROVE = "approve"
    """The run waits until somebody approves or rejects it."""


class StalledJobs(StrEnum):
    """What happens to a customization job that stays in one of its phases beyond the limit."""

    REPORT = "report"
    """People are notified, and nothing is stopped."""
    RESTART = "restart"
    """The job is stopped and started again under a new name, once in a run, unless it is in a phase that is billed."""
    RESTART_BILLED = "restart-billed"
    """Also while its teacher answers or its student trains: what was done until then is billed, and done again."""


class MixedLabels(StrEnum):
    """What happens to an upload in which some prompts have a reference answer and some have none."""

    WARN = "warn"
    """The report warns: for Nova, Amazon recommends a few good answers among many prompts without."""
    REJECT = "reject"
    """The upload is refused."""
