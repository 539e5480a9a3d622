"""How much a student of the simulator learns: the accuracy on real questions by the number of prompts in its job.

Banking77 (Casanueva et al., 2020): 10,003 questions to a bank for training and 3,080 for testing, of 77 intents. Each
student comes of a distillation job, is deployed, and is asked every question of the test part by Converse; no answer of
the test part is ever in the simulator. The teacher errs on its stated share, which its students learn with the rest.

The untrained student reads the intents off the system prompt. A student knows the answers of its lesson and no others,
and 100 prompts do not show it all 77: where lessons are that short, training loses more than it gives.
"""

import csv
import random
from collections.abc import Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from simulator_support.fakes import World, job, jsonl, say
from tests.bench.bar import Bar
from tests.data_sets import BANKING77

MISSING = f"banking77 is not in {BANKING77}: name its folder in DISTILLERY_BANKING77"
SIZES = (100, 500, 1_000, 3_000)
ENOUGH = 1_000
BASE = "amazon.nova-micro-v1:0"

Labelled = tuple[str, str]


def bench(console: Console) -> list[Bar]:
    if not (BANKING77 / "test.csv").exists():
        console.print(MISSING)
        return []
    train, test = read("train"), read("test")
    system = system_of(train)
    random.Random(7).shuffle(train)
    right = {"untrained": accuracy(World(), BASE, system, test)}
    right |= {f"{size:,} prompts": after_a_job(train[:size], system, test) for size in SIZES}
    table = Table("student", "accuracy", title=f"Learning curve on banking77 ({len(test):,} test questions, stand-ins)")
    for who, share in right.items():
        table.add_row(who, f"{share:.1%}")
    console.print(table)
    return bars(right)


def read(part: str) -> list[Labelled]:
    """Questions and their intents."""
    with (BANKING77 / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def system_of(train: Sequence[Labelled]) -> str:
    """A system prompt that lists the intents."""
    return "Classify the question. Answer with one label: " + ", ".join(sorted({label for _, label in train})) + "."


def after_a_job(lesson: Sequence[Labelled], system: str, test: Sequence[Labelled]) -> float:
    """The accuracy of a student distilled from these prompts, the answers given to the teacher."""
    harness = World()
    harness.objects.objects["train-bucket", "train.jsonl"] = jsonl([_line(system, *one) for one in lesson])
    bedrock, wanted = harness.client(), job()
    bedrock.create_model_customization_job(**wanted)
    harness.pass_time(24 * 60, step=60)
    model = bedrock.get_model_customization_job(jobIdentifier=wanted["jobName"])["outputModelArn"]
    deployed = bedrock.create_custom_model_deployment(modelDeploymentName="curve", modelArn=model)
    harness.pass_time(60, step=30)
    return accuracy(harness, deployed["customModelDeploymentArn"], system, test)


def accuracy(harness: World, model: str, system: str, test: Sequence[Labelled]) -> float:
    """The share of questions that a model answers with their intent."""
    answers = [str(say(harness, model, text, system)["output"]["message"]["content"][-1]["text"]) for text, _ in test]
    return sum(answer == label for answer, (_, label) in zip(answers, test, strict=True)) / len(test)


def bars(right: dict[str, float]) -> list[Bar]:
    """Each student errs less than the one before it, and the untrained one is far below that of 1,000 prompts."""
    found = list(right.items())
    growth = [
        Bar(what=f"errors with {who}", measured=(1 - share) / (1 - less), limit=1.0, floor=before)
        for (before, less), (who, share) in pairwise(found[1:])
    ]
    enough = f"{ENOUGH:,} prompts"
    untrained = right["untrained"] / right[enough]
    return [Bar(what="accuracy, untrained", measured=untrained, limit=0.8, floor=enough), *growth]


def _line(system: str, text: str, label: str) -> dict[str, object]:
    said = [{"role": "user", "content": [{"text": text}]}, {"role": "assistant", "content": [{"text": label}]}]
    return {"schemaVersion": "bedrock-conversation-2024", "system": [{"text": system}], "messages": said}
