"""Writes `prompts.jsonl` from `corpus.toml`: the same file every time. `python examples/handbook/generate.py`

Each prompt has three passages, as a search would find them, and asks about one or two facts of one of them. The
reference quotes their sentences, with the passage's title.
"""

import json
import random
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED, SINGLE, DOUBLE = 20261130, 200, 240
PASSAGES = 3
SYSTEM = (
    "Answer the member's question from the passages alone. Quote each sentence that answers it, word for word, in "
    "double quotes, followed by the title of its passage in square brackets. Add nothing else."
)
LEADS = (
    "",
    "",
    "",
    "Hi! ",
    "Hello, quick one: ",
    "Sorry to bother you. ",
    "I looked everywhere. ",
    "Before I come by: ",
)
JOINS = ("{} And: {}", "{} {}", "Two things. {} {}", "{} Also, {}")

Passage = dict[str, Any]


def main() -> None:
    """Writes the file."""
    passages = tomllib.loads((HERE / "corpus.toml").read_text("utf-8"))["passage"]
    chance = random.Random(SEED)  # noqa: S311 - the same file every time
    lines = [_line(*_prompt(passage, asked, passages, chance)) for passage, asked in _asked(passages, chance)]
    chance.shuffle(lines)
    (HERE / "prompts.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _asked(passages: list[Passage], chance: random.Random) -> list[tuple[Passage, list[tuple[str, str]]]]:
    """Every question alone, and pairs of questions about one passage: (sentence, question) each."""
    single = [(each, [(fact[0], question)]) for each in passages for fact in each["facts"] for question in fact[1:]]
    double = []
    for passage in passages:
        pairs = list(combinations(passage["facts"], 2))
        for one, other in chance.sample(pairs * 2, DOUBLE // len(passages)):
            double.append((passage, [(fact[0], chance.choice(fact[1:])) for fact in (one, other)]))
    unique = {tuple(question for _, question in asked): (passage, asked) for passage, asked in double}
    return single[:SINGLE] + list(unique.values())


def _prompt(
    passage: Passage, asked: list[tuple[str, str]], passages: list[Passage], chance: random.Random
) -> tuple[str, str]:
    others = chance.sample([each for each in passages if each is not passage], PASSAGES - 1)
    shown = chance.sample([passage, *others], PASSAGES)
    questions = [question for _, question in asked]
    question = questions[0] if len(questions) == 1 else _joined(questions, chance)
    blocks = [f"{each['title']}\n{' '.join(fact[0] for fact in each['facts'])}" for each in shown]
    prompt = "\n\n".join(blocks) + f"\n\nQuestion: {chance.choice(LEADS)}{question}"
    return prompt, " ".join(f'"{sentence}" [{passage["title"]}]' for sentence, _ in asked)


def _joined(questions: list[str], chance: random.Random) -> str:
    first, second = questions
    form = chance.choice(JOINS)
    keeps_case = second.startswith(("I ", "I'")) or form.endswith((". {} {}", "{} {}"))
    return form.format(first, second if keeps_case else second[0].lower() + second[1:])


def _line(prompt: str, answer: str) -> str:
    turns = (("user", prompt), ("assistant", answer))
    return json.dumps(
        {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": SYSTEM}],
            "messages": [{"role": role, "content": [{"text": text}]} for role, text in turns],
        },
        ensure_ascii=False,
    )


if __name__ == "__main__":
    main()
