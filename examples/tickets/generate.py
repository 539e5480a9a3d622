"""Writes `prompts.jsonl` from `material.toml`: the same file every time. `python examples/tickets/generate.py`"""

import json
import random
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED, TICKETS = 20261129, 450
FIRST_DAY = date(2026, 1, 12)
SYSTEM = (
    "Turn the customer's ticket into one JSON object with exactly these fields and nothing else. "
    "`request`: one of return, replace, refund, missing, invoice. "
    "`order`: the order number, or null. "
    "`items`: a list of objects with `name`, in the singular, and `quantity`; empty if none is named. "
    "`amount`: the sum of money as a number, or null. "
    "`date`: the day that the ticket names as YYYY-MM-DD, in the year in which it was received, or null. "
    "`urgent`: true or false."
)
COUNTED = {
    1: ("one", "1", "a"),
    2: ("two", "2", "2 x"),
    3: ("three", "3", "3 x"),
    4: ("four", "4"),
    6: ("six", "6 x"),
    12: ("12",),
}


def main() -> None:
    """Writes the file."""
    material = tomllib.loads((HERE / "material.toml").read_text("utf-8"))
    chance = random.Random(SEED)  # noqa: S311 - the same file every time
    kinds = [(kind, body) for kind, bodies in material["bodies"].items() for body in bodies]
    written: dict[str, str] = {}
    while len(written) < TICKETS:
        kind, body = kinds[len(written) % len(kinds)]
        prompt, answer = _ticket(kind, body, material, chance)
        written.setdefault(prompt, json.dumps(answer, ensure_ascii=False))
    lines = [_line(prompt, answer) for prompt, answer in written.items()]
    chance.shuffle(lines)
    (HERE / "prompts.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _ticket(kind: str, body: str, material: dict[str, Any], chance: random.Random) -> tuple[str, dict[str, Any]]:
    received = FIRST_DAY + timedelta(days=chance.randrange(300))
    day = received - timedelta(days=chance.randrange(1, 11))
    order = f"BR-{chance.randrange(10_000, 99_999)}"
    amount = round(chance.choice([chance.uniform(8, 90), chance.uniform(90, 900), chance.uniform(900, 4000)]), 2)
    names = chance.sample(material["items"], chance.choice([1, 1, 1, 2, 2, 3]))
    items = [(name, chance.choice([1, 2, 2, 3, 4, 6, 12])) for name in names]
    urgent = chance.random() < 0.3
    facts = {"order": order, "amount": f"{amount:,.2f}", "day": _day(day, chance), "items": _items(items, chance)}
    ref = chance.choice(material["orders"]).format(order=order)
    said = body.format(**facts, ref=ref)
    said = ". ".join(sentence[:1].upper() + sentence[1:] for sentence in said.split(". "))
    subject = chance.choice(material["subjects"][kind]).format(order=order)
    mood = chance.choice(material["urgent" if urgent else "calm"])
    sentences = [said, chance.choice(material["asides"]), mood]
    if chance.random() < 0.25:
        sentences = [sentences[1], said, mood]
    lines = [
        f"Received: {received.isoformat()}",
        f"Subject: {subject}",
        "",
        chance.choice(material["openings"]),
        " ".join(each for each in sentences if each),
        chance.choice(material["closings"]),
    ]
    stated = f"{subject} {said}"
    answer = {
        "request": kind,
        "order": order if order in stated else None,
        "items": [{"name": name, "quantity": count} for name, count in items] if "{items}" in body else [],
        "amount": amount if "{amount}" in body else None,
        "date": day.isoformat() if "{day}" in body else None,
        "urgent": urgent,
    }
    while "" in lines[3:]:
        lines.pop(lines.index("", 3))
    return "\n".join(lines), answer


def _items(items: list[tuple[str, int]], chance: random.Random) -> str:
    said = [f"{chance.choice(COUNTED[count])} {_plural(name, count)}" for name, count in items]
    said = ["an" + one[1:] if one.startswith("a ") and one[2] in "aeiou" else one for one in said]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _plural(name: str, count: int) -> str:
    if count == 1:
        return name
    if name.endswith(("s", "ch", "sh")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("ty") else f"{name}s"


def _day(day: date, chance: random.Random) -> str:
    month = f"{day:%B}"
    suffix = "th" if 10 <= day.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return chance.choice(
        [f"{day.day} {month}", f"{month} {day.day}", f"{day.day}{suffix} {month}", f"{day:%d/%m/%Y}", day.isoformat()]
    )


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
