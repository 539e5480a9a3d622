"""Prompts of real, varied text: three templates around passages of the financial reports in TAT-QA.

Each prompt is a template and a run of excerpts of 8 to 40 words from random places of 278 reports. The only sentences
that two prompts share are a template's. TAT-QA: Zhu et al., ACL 2021; CC BY 4.0.
"""

import json
import random
from collections.abc import Iterator

from tests.data_sets import TATQA

MISSING = f"there is no {TATQA}: name the folder of TAT-QA's dev.jsonl in DISTILLERY_TATQA"
TEMPLATES = (
    "You are a careful analyst. Read the report. Answer in one sentence, with the unit of every number.\n",
    "Summarize what matters to an investor in the following filing. Quote no more than three figures.\n",
    "Extract the requested field as JSON. Give null where the report is silent. Add nothing else.\n",
)
LABELS = 50


def lines(count: int, *, size: int = 8_000, seed: int = 1) -> Iterator[bytes]:
    """Yields labelled prompts with a text of `size` characters each."""
    by = random.Random(seed)
    records = (json.loads(line) for line in TATQA.read_text(encoding="utf-8").splitlines())
    words = " ".join(record["messages"][0]["content"][0]["text"] for record in records).split()
    for number in range(count):
        text = TEMPLATES[number % len(TEMPLATES)]
        while len(text) < size:
            begin = by.randrange(len(words) - 40)
            text += " ".join(words[begin : begin + by.randrange(8, 40)]) + ". "
        messages = [
            {"role": "user", "content": [{"text": text[:size]}]},
            {"role": "assistant", "content": [{"text": f"label-{number % LABELS}"}]},
        ]
        yield json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": messages}).encode() + b"\n"
