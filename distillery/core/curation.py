"""How a recipe wants its prompts curated: part of a recipe, so that a run keeps what it was made by."""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.limits import MAX_PROMPTS

MOST_TO_CHOOSE_FROM = 50_000
"""Different prompts that are held at once to choose among: 800 MB of the longest, within the function's memory."""


class NearDuplicates(StrEnum):
    """What becomes of prompts that say nearly what an earlier one says."""

    REMOVE = "remove"
    REPORT = "report"
    IGNORE = "ignore"


class PersonalData(StrEnum):
    """What becomes of e-mail addresses, numbers of cards, accounts and telephones, and the like."""

    MASK = "mask"
    REJECT = "reject"  # one of them refuses the whole upload
    REPORT = "report"
    IGNORE = "ignore"


class TooMany(StrEnum):
    """What becomes of an upload with more prompts than may be trained on."""

    REJECT = "reject"
    SELECT = "select"  # a diverse part of them, even over labels


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
