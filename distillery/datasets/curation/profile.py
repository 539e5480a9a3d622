"""What a set of prompts is like: how long, in which languages, how evenly spread over its labels.

For a person to look at; nothing is removed for it.
"""

import math
import statistics
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

BEGINNING = 1_000
"""Characters of a text from which its language is told: more make it no surer, and take their time."""
LEAST_SURE = 0.9
"""Below this probability a text's language counts as undetermined: a number is in no language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """In characters. p50: half of the texts are no longer; p95: 95 in 100."""

    shortest: int
    p50: int
    p95: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Over labels. evenness: entropy as a share of the highest possible; 1 where all labels are as frequent."""

    labels: int
    rarest: int
    commonest: int
    evenness: float


def lengths(texts: Sequence[str]) -> Lengths:
    """Of at least one text."""
    found = sorted(map(len, texts))
    cuts = statistics.quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
    return Lengths(shortest=found[0], p50=round(statistics.median(found)), p95=round(cuts[18]), longest=found[-1])


def balance(labels: Sequence[Hashable]) -> Balance:
    """Of at least one label."""
    counts = sorted(Counter(labels).values())
    shares = [count / len(labels) for count in counts]
    entropy = -sum(share * math.log(share) for share in shares)
    evenness = entropy / math.log(len(counts)) if len(counts) > 1 else 1.0
    return Balance(labels=len(counts), rarest=counts[0], commonest=counts[-1], evenness=round(evenness, 3))


def languages(texts: Sequence[str]) -> Counter[str]:
    """How many texts in each language, by its ISO 639-1 code (py3langid); `und` where it is not sure. A text is judged
    by how it begins."""
    return Counter(str(_identifier().classify(text[:BEGINNING])[0]) for text in texts)


@cache
def _identifier() -> LanguageIdentifier:
    """Loading the model takes longer than a thousand texts."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=LEAST_SURE)
