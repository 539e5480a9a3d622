"""How a recipe wants its prompts curated: part of a recipe, so that a run keeps what it was made by."""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.limits import MAX_PROMPTS

MOST_TO_CHOOSE_FROM = 50_000
"""Different prompts that are held at once to choose among: 800 MB of the longest, within the function's memory."""


class NearDuplicates(StrEnum):
    """What happens to prompts that say nearly what an earlier one says."""

    REMOVE = "remove"
    """They are removed."""
    REPORT = "report"
    """They are counted in the report and stay."""
    IGNORE = "ignore"
    """Nothing looks for them."""


class PersonalData(StrEnum):
    """What happens to e-mail addresses, card, account and telephone numbers, and the like."""

    MASK = "mask"
    """They are replaced by placeholders."""
    REJECT = "reject"
    """One of them refuses the whole upload."""
    REPORT = "report"
    """They are counted in the report and stay."""
    IGNORE = "ignore"
    """Nothing looks for them."""


class TooMany(StrEnum):
    """What happens to an upload with more prompts than may be trained on."""

    REJECT = "reject"
    """The upload is refused."""
    SELECT = "select"
    """A diverse part is selected, balanced over labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curation:
    """How prompts are curated before they are split."""

    near_duplicates: NearDuplicates = NearDuplicates.REMOVE
    """What happens to prompts that say nearly what an earlier one says."""
    likeness: float = 0.8
    """Jaccard similarity of the words and word pairs of two prompts, from which on they are near duplicates."""
    personal_data: PersonalData = PersonalData.REPORT
    """What happens to e-mail addresses, card, account and telephone numbers, and the like."""
    too_many: TooMany = TooMany.REJECT
    """What happens to an upload with more than `most_prompts`."""
    most_prompts: int = MAX_PROMPTS
    """Number of prompts that a job is given at most."""
