"""What a run may cost: said before, and never exceeded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from distillery.cli.benchmark.prompts import Prompt
from distillery.cli.benchmark.sample import Sample
from distillery.cli.benchmark.variant import Arm

CHARACTERS_PER_TOKEN = 2
"""Fewer than any tokenizer needs on average for text of a European language, so that the estimate is an upper bound."""


def worst(arm: Arm, prompt: Prompt, max_tokens: int) -> Decimal:
    """US dollars that one request may cost; nothing where no price is known."""
    return arm.usd(-(-prompt.characters // CHARACTERS_PER_TOKEN), max_tokens) or Decimal()


def estimate(arms: Sequence[Arm], prompts: Sequence[Prompt], max_tokens: int) -> Decimal:
    """US dollars of asking each arm all of these, at most."""
    return sum((worst(arm, prompt, max_tokens) for arm in arms for prompt in prompts), Decimal())


@dataclass(slots=True)
class Purse:
    """cap, spent: US dollars. An answer that broke is taken to have cost what it might have."""

    cap: Decimal
    spent: Decimal = field(default_factory=Decimal)

    def may(self, usd: Decimal) -> bool:
        """Whether there is as much left."""
        return self.spent + usd <= self.cap

    def pay(self, arm: Arm, taken: Sample, at_most: Decimal) -> None:
        """For what was sampled."""
        cost = at_most if taken.error else arm.usd(taken.input_tokens, taken.output_tokens)
        self.spent += cost or Decimal()
