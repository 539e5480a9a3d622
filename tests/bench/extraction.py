"""How long the simulator's students of JSON and of quotations train, in CPU seconds of one process.

The examples' prompts are repeated with their order changed until there are 700: the work of a student grows with the
number of prompts, and not with how many differ.
"""

import json
import time
from itertools import cycle, islice

from rich.console import Console

from bedrock_simulator.models.learners import kinds
from tests.bench.bar import Bar
from tests.bench.process import ROOT

PROMPTS, SECONDS = 700, 60.0


def bench(console: Console) -> list[Bar]:
    found = []
    for example in ("tickets", "handbook"):
        lines = (ROOT / "examples" / example / "prompts.jsonl").read_text("utf-8").splitlines()
        turns = [[turn["content"][0]["text"] for turn in json.loads(line)["messages"]] for line in lines]
        pairs = [(question, answer) for question, answer in islice(cycle(turns), PROMPTS)]
        began = time.process_time()
        kinds.train(pairs)
        took = time.process_time() - began
        console.print(f"{example}: {kinds.kind_of(pairs)}, {PROMPTS} prompts trained in {took:.1f} s")
        found.append(
            Bar(what=f"training on {PROMPTS} {example}", measured=took, limit=SECONDS, floor="one core", unit="s")
        )
    return found
