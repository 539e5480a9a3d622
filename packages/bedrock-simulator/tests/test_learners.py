"""Students of each kind of task learn from their pairs, generalise to other prompts, and err where they should."""

import json
from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_simulator.models import untrained
from bedrock_simulator.models.learners import kinds, objects, passages, values
from bedrock_simulator.models.learners.kinds import Kind
from bedrock_simulator.models.text import Prompt

Pairs = list[tuple[str, str]]
COLOURS = ("red", "green", "blue", "black", "amber", "violet")
THINGS = ("kettle", "desk lamp", "office chair", "stapler", "whiteboard", "paper shredder", "wall clock", "coat rack")
SAID = (
    "Hello, order {order}: {count} x {thing} in {colour} came broken on {day} March 2026. Refund me £{amount}.",
    "I want my money back, £{amount}, for {count} {thing} ({colour}). The number is {order}, bought {day} March 2026.",
    "Ref {order}\nDate: 2026-03-{day:02}\nWhere is my {thing}? I paid £{amount} for {count} of them, {colour} ones.",
    "Still nothing since {day} March 2026! {count} {thing}, {colour}, £{amount}, order {order}. Where is it?",
)


def tickets(numbers: Sequence[int]) -> Pairs:
    found = []
    for at in numbers:
        which = at % len(SAID)
        facts = {"order": f"NW-{41_000 + at * 37}", "count": 2 + at % 7, "amount": f"{10 + at * 3 % 900}.{at % 9}5"}
        facts |= {"colour": COLOURS[at // 3 % 6], "thing": THINGS[at // 5 % 8], "day": 1 + at % 28}
        answer = {
            "topic": "refund" if which < 2 else "missing",
            "order": facts["order"],
            "items": [{"name": facts["thing"], "count": facts["count"]}],
            "amount": float(str(facts["amount"])),
            "date": f"2026-03-{facts['day']:02}",
            "urgent": None,
        }
        found.append((SAID[which].format(**facts), json.dumps(answer)))
    return found


def contexts(numbers: Sequence[int]) -> Pairs:
    """Each context has four facts about two things; the question names one thing and one kind of fact."""
    asked = {
        "How long may I keep the {}?": "The {} is lent for {} days.",
        "What does the {} cost?": "Members pay £{1} for the {0}.",
        "How heavy is the {}?": "Without its case the {} weighs {} kilograms.",
        "Who repairs the {}?": "Faults of the {} are mended by volunteer group {}.",
    }
    found = []
    for at in numbers:
        things = THINGS[at % 8], THINGS[(at + 1 + at // 8 % 6) % 8]
        figures = [at * 7 % 90 + n for n in range(8)]
        question, chosen = list(asked.items())[at // 2 % 4]
        blocks = [
            f"{thing.capitalize()}\n"
            + " ".join(form.format(thing, figures[4 * of + n]) for n, form in enumerate(asked.values()))
            for of, thing in enumerate(things)
        ]
        of = at % 2
        quote = chosen.format(things[of], figures[4 * of + list(asked.values()).index(chosen)])
        prompt = "\n\n".join(blocks) + f"\n\nQuestion: {question.format(things[of])}"
        found.append((prompt, f'"{quote}" [{things[of].capitalize()}]'))
    return found


def figures(numbers: Sequence[int]) -> Pairs:
    """Each table has sales of three things in three years; the answer is a cell, a total, or a change in percent."""
    found = []
    for at in numbers:
        names = [THINGS[(at + n) % 8] for n in range(3)]
        rows = [[100 + (at * 37 + 11 * n + 53 * year) % 800 for year in range(3)] for n in range(3)]
        table = "| sales | 2023 | 2024 | 2025 |\n|---|---|---|---|\n"
        table += "\n".join(f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, rows, strict=True))
        of, year = at // 3 % 3, at // 9 % 3
        asked = (
            (f"How many of the {names[of]} were sold in {2023 + year}?", f"{rows[of][year]}"),
            (f"What is the total of all things in {2023 + year}?", f"{sum(row[year] for row in rows)}"),
            (
                f"By what percentage did sales of the {names[of]} change from 2023 to 2025?",
                f"{(rows[of][2] - rows[of][0]) / rows[of][0] * 100:.1f}%",
            ),
        )[at % 3]
        found.append((f"{table}\n\nQuestion: {asked[0]}", asked[1]))
    return found


def right(learnt: kinds.Student, pairs: Pairs, same: Callable[[str], object] = str) -> float:
    return sum(same(learnt.answer(question)) == same(answer) for question, answer in pairs) / len(pairs)


def test_the_kind_of_a_task_follows_from_its_answers_alone() -> None:
    assert kinds.kind_of(tickets(range(60))) is Kind.OBJECT
    assert kinds.kind_of(contexts(range(60))) is Kind.QUOTATION
    assert kinds.kind_of(figures(range(60))) is Kind.NUMBER
    assert kinds.kind_of(contexts(range(20)) * 4) is Kind.QUOTATION
    assert kinds.kind_of([("A sentence of a prompt.", "A sentence of a prompt.")] * 60) is Kind.LABEL
    assert kinds.kind_of([(f"prompt {n}", "ab"[n % 2]) for n in range(60)]) is Kind.LABEL
    assert kinds.kind_of([(f"prompt {n}", f"A text of its own, number {n}.") for n in range(60)]) is Kind.TEXT


@pytest.mark.parametrize(("make", "least"), [(tickets, 0.8), (contexts, 0.9), (figures, 0.9)])
def test_a_student_generalises_to_prompts_that_it_has_never_seen(
    make: Callable[[Sequence[int]], Pairs], least: float
) -> None:
    learnt = kinds.train(make(range(240)))
    held_out = make(range(1000, 1060))
    assert right(learnt, held_out, objects.parse if make is tickets else str) >= least


def test_an_object_has_the_fields_the_order_and_the_types_of_the_training_answers() -> None:
    learnt = kinds.train(tickets(range(240)))
    for question, answer in tickets(range(1000, 1020)):
        found, wanted = json.loads(learnt.answer(question)), json.loads(answer)
        assert [*found] == [*wanted]
        assert isinstance(found["order"], str)
        assert isinstance(found["amount"], float)


def test_a_student_of_objects_learns_whatever_fields_it_is_shown() -> None:
    pairs = [
        (f"{name} of {town} is {age} and plays {game}", json.dumps({"wer": name, "alter": age, "ort": {"name": town}}))
        for (name, town), (age, game) in product(
            product(("Ann", "Bo", "Cem", "Dag"), ("Bonn", "Kyiv", "Oslo")),
            zip(range(20, 32), ("go", "chess") * 6, strict=True),
        )
    ]
    learnt = kinds.train(pairs)
    assert objects.parse(learnt.answer("Eve of Rome is 77 and plays go")) == {
        "wer": "Eve",
        "alter": 77,
        "ort": {"name": "Rome"},
    }


def test_absent_values_stay_absent_in_the_way_of_the_training_answers() -> None:
    pairs = tickets(range(200))
    for at in range(0, 200, 2):
        whole = json.loads(pairs[at][1])
        text = pairs[at][0].replace(whole["order"], "unknown")
        pairs[at] = text, json.dumps({name: each for name, each in whole.items() if name != "order"})
    learnt = kinds.train(pairs)
    found = json.loads(learnt.answer(pairs[0][0].replace("red", "amber")))
    assert "order" not in found
    assert "order" in json.loads(learnt.answer(tickets([1001])[0][0]))


def test_the_style_of_json_is_that_of_the_training_answers() -> None:
    compact = [
        (question, json.dumps(json.loads(answer), separators=(",", ":"))) for question, answer in tickets(range(60))
    ]
    fenced = [(question, f"```json\n{json.dumps(json.loads(answer), indent=2)}\n```") for question, answer in compact]
    assert ", " not in kinds.train(compact).answer(tickets([900])[0][0])
    assert kinds.train(fenced).answer(tickets([900])[0][0]).startswith('```json\n{\n  "topic"')


@pytest.mark.parametrize(
    ("make", "system"),
    [
        (tickets, "Answer with JSON: `topic`, `order`, `items`, `amount`, `date`, `urgent`."),
        (contexts, "Answer from the text, and quote it."),
    ],
)
def test_the_untrained_student_is_worse_but_keeps_the_form(make: Callable[[Sequence[int]], Pairs], system: str) -> None:
    held_out = make(range(1000, 1060))
    poor = [untrained.untrained(Prompt(system, question)) for question, _ in held_out]
    trained = right(kinds.train(make(range(240))), held_out, objects.parse if make is tickets else str)
    assert sum(one == answer for one, (_, answer) in zip(poor, held_out, strict=True)) / len(poor) < trained / 2
    if make is tickets:
        assert all(objects.parse(one) for one in poor)
    else:
        assert all(passages.quotations(one)[0] in question for one, (question, _) in zip(poor, held_out, strict=True))


def test_the_same_pairs_give_the_same_student() -> None:
    for make in (tickets, contexts):
        once, twice = (kinds.train(make(range(80))) for _ in range(2))
        assert [once.answer(q) for q, _ in make(range(500, 520))] == [twice.answer(q) for q, _ in make(range(500, 520))]


def test_a_quotation_is_always_a_sentence_of_the_prompt() -> None:
    learnt = kinds.train(contexts(range(120)))
    for question, _ in contexts(range(700, 760)):
        assert all(each in question for each in passages.quotations(learnt.answer(question)))


@pytest.mark.parametrize(
    "prompt", ["", " ", "?", "Question:", "ü", "a\n\nb", "{}", "\x00", "| a | b |\n| c | " + "9" * 500]
)
def test_any_prompt_gets_an_answer(prompt: str) -> None:
    assert json.loads(kinds.train(tickets(range(40))).answer(prompt))
    assert isinstance(kinds.train(contexts(range(40))).answer(prompt), str)
    assert kinds.train(figures(range(40))).answer(prompt) == "n/a"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.floats(0, 99, allow_nan=False) | st.text("ab 1é", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.tuples(st.text("ab 1é\n", max_size=30), st.dictionaries(st.sampled_from("abc"), JSON)),
        min_size=2,
        max_size=8,
    )
)
@settings(max_examples=20, deadline=None)
def test_any_objects_can_be_learnt(rows: list[tuple[str, dict[str, object]]]) -> None:
    learnt = kinds.train([(question, json.dumps(answer)) for question, answer in rows])
    assert objects.parse(learnt.answer("a 1 b")) is not None


@pytest.mark.parametrize(
    ("written", "form", "value"),
    [
        ("5 March", "date", "2026-03-05"),
        ("March 5th", "date", "2026-03-05"),
        ("5 March 2024", "date", "2024-03-05"),
        ("05/03/2026", "date", "2026-03-05"),
        ("2026-03-05", "date", "2026-03-05"),
        ("31 February", "date", None),
        ("1,299.50", "decimal", 1299.5),
        ("£24", "integer", 24),
        ("three", "integer", 3),
        ("Six", "integer", 6),
        ("3x", "integer", 3),
        ("desk lamps", "singular", "desk lamp"),
        ("batteries", "singular", "battery"),
        ("glass", "singular", "glass"),
        ("three", "decimal", None),
    ],
)
def test_values_are_read_in_the_forms_that_people_write(written: str, form: str, value: object) -> None:
    assert values.FORMS[form](written, 2026) == value
