"""The stand-in teacher and its students answer from their training data and from nothing else."""

import pytest

from bedrock_simulator.models import rules, student
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.models.text import Example, Prompt
from bedrock_simulator.settings import TeacherSettings
from simulator_support.fakes import SYSTEM, prompts

SURE = TeacherSettings(error_rate=0.0)


def examples(count: int = 120) -> list[Example]:
    return [
        Example(Prompt(SYSTEM, row["messages"][0]["content"][0]["text"]), row["messages"][1]["content"][0]["text"])
        for row in prompts(count)
    ]


@pytest.mark.parametrize(
    ("system", "requested", "expected"),
    [
        (SYSTEM, "Could I have my money back?", "refund"),
        (SYSTEM, "I have expired the passcode and am not signed in: sign in fails", "login"),
        (SYSTEM, "please terminate it", "cancellation"),
        ("You help customers.", "When will my parcel come?", "topic.delivery"),
        ("You help customers.", "Lovely weather", "topic.other"),
    ],
)
def test_without_golden_examples_the_rule_answers(system: str, requested: str, expected: str) -> None:
    assert rules.load().answer(Prompt(system, requested)) == expected


def test_golden_examples_are_known_by_heart_and_generalised() -> None:
    teacher = Teacher(SURE)
    teacher.add_examples([Example(Prompt(SYSTEM, f"gribble {n}"), "login") for n in range(60)])
    teacher.add_examples([Example(Prompt(SYSTEM, f"frobnicate {n}"), "refund") for n in range(60)])
    assert teacher.answer(Prompt(SYSTEM, "gribble 3")) == "login"
    assert teacher.answer(Prompt(SYSTEM, "please frobnicate now")) == "refund"
    assert teacher.answer(Prompt("Another task: refund, other", "gribble 3")) != "login"


def test_the_teacher_errs_at_the_stated_rate_on_the_same_prompts_every_time() -> None:
    shown = examples(2000)
    first, second = Teacher(TeacherSettings(error_rate=0.1)), Teacher(TeacherSettings(error_rate=0.1))
    first.add_examples(shown)
    second.add_examples(shown)
    wrong = [e.prompt.text for e in shown if first.answer(e.prompt) != e.answer]
    assert wrong == [e.prompt.text for e in shown if second.answer(e.prompt) != e.answer]
    assert 0.08 < len(wrong) / len(shown) < 0.12


def test_a_student_learns_from_its_pairs_alone() -> None:
    learnt = student.train([("gribble one", "x"), ("gribble two", "x"), ("frob one", "y"), ("frob two", "y")])
    assert (learnt.answer("gribble three"), learnt.answer("frob three")) == ("x", "y")
    contrary = student.train([("gribble one", "y"), ("gribble two", "y"), ("frob one", "x"), ("frob two", "x")])
    assert contrary.answer("gribble three") == "y"


def test_free_text_is_answered_by_the_nearest_neighbour() -> None:
    learnt = student.train([("where is my parcel", "It is on its way."), ("reset password", "Follow the link.")])
    assert learnt.answer("my parcel is where?") == "It is on its way."


def test_one_answer_to_everything_is_enough_to_train() -> None:
    assert student.train([("a", "same"), ("b", "same")]).answer("c") == "same"


def test_shuffled_answers_teach_nonsense() -> None:
    shown = examples(400)
    teacher = Teacher(TeacherSettings(error_rate=0.0, shuffled=True))
    teacher.add_examples(shown)
    pairs = teacher.training_pairs(shown)
    right = sum(answer == example.answer for (_, answer), example in zip(pairs, shown, strict=True))
    assert right / len(shown) < 0.4
    assert sorted(answer for _, answer in pairs) == sorted(str(e.answer) for e in shown)


def test_a_loss_counts_the_answers_that_are_given_one_by_one() -> None:
    """A classifier, the nearest neighbour, and one answer."""
    questions = [f"{number % 5} {'late' if number % 3 else 'damaged'} parcel {number}" for number in range(60)]
    noisy = [(question, f"label {(len(question) + at * at) % 4}") for at, question in enumerate(questions)]
    texts = [(question, question * 2) for question in questions]
    for pairs in (noisy, texts, [(question, "yes") for question in questions]):
        learnt = student.train(pairs[::2])
        wrong = sum(learnt.answer(question) != answer for question, answer in pairs)
        assert student.loss(learnt, pairs) == wrong / len(pairs)
