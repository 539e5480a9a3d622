"""The prompts of uploads."""

from functools import cache

from tests.journey.prompts import DELIVERY, jsonl, support


@cache
def prompts(number: int = 0) -> bytes:
    """Those of one upload, different from those of the three others."""
    return jsonl([each for n, each in enumerate(support(*DELIVERY)) if n % 4 != number % 4])
