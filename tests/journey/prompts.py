"""Prompts for journeys, in the schema that Bedrock's distillation reads."""

import csv
import itertools
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from distillery.core.conversation import Prompt, parse, to_line
from local.account import ROOT

EXAMPLES = ROOT / "examples" / "support"

# Two sets without a common label. They are small enough for a short journey and easy enough for a student to pass.
DELIVERY = ("delivery.address", "delivery.late", "discount.code", "item.damaged")
MONEY = ("account.login", "payment.declined", "payment.duplicate", "subscription.cancel")


def support(*labels: str) -> list[Prompt]:
    """Returns the example prompts, of all labels or of the given ones."""
    lines = (EXAMPLES / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    return [prompt for prompt in map(parse, lines) if not labels or prompt.reference in labels]


def unlabelled(prompts: Iterable[Prompt]) -> list[Prompt]:
    """Returns the prompts without their references."""
    return [Prompt(system=prompt.system, messages=prompt.messages, reference=None) for prompt in prompts]


def contradicting(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Returns the prompts, each with a reference drawn from all references, so that nothing can be learned."""
    references = [prompt.reference for prompt in prompts]
    random.Random(7).shuffle(references)
    return [
        Prompt(system=prompt.system, messages=prompt.messages, reference=reference)
        for prompt, reference in zip(prompts, references, strict=True)
    ]


def banking77(folder: Path, rows: int) -> list[Prompt]:
    """Returns the first rows of the shuffled training set, with a system prompt that lists the labels."""
    labels = json.loads((folder / "categories.json").read_text(encoding="utf-8"))
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    random.Random(7).shuffle(found)
    system = "Classify the customer's question. Answer with exactly one label: " + ", ".join(labels) + "."
    return [
        Prompt(system=system, messages=(("user", row["text"]),), reference=row["category"])
        for row in itertools.islice(found, rows)
    ]


def jsonl(prompts: Iterable[Prompt]) -> bytes:
    """Returns the prompts as an uploadable JSON Lines file."""
    return "".join(to_line(prompt) + "\n" for prompt in prompts).encode()
