"""Whether a prompt is held out for the verdict, decided when the request is made."""

import pytest

from distillery.core.conversation import Prompt, converse_request
from distillery.core.holdout import ONE_IN, Side, least_held_out, side_of, side_of_conversation


def _prompt(text: str, system: str | None = "Classify.") -> Prompt:
    return Prompt(system=system, messages=(("user", text),), reference=None)


def test_one_in_five_is_held_back() -> None:
    held = [side_of(_prompt(f"Question {number}")) for number in range(5000)].count(Side.HELDOUT)
    assert abs(held / 5000 - 1 / ONE_IN) < 0.02


def test_prompts_that_differ_in_case_or_space_alone_stand_on_one_side() -> None:
    for number in range(50):
        assert side_of(_prompt(f"Card {number}  lost")) is side_of(_prompt(f"card {number} LOST"))


def test_a_call_is_marked_as_its_prompt_is() -> None:
    for number in range(50):
        for system in ("Classify.", None):
            prompt = _prompt(f"Question {number}", system)
            assert side_of_conversation(converse_request(prompt)) is side_of(prompt)


@pytest.mark.parametrize(
    ("different", "share", "most", "least"),
    [
        (0, 0.2, 200, 1),
        (125, 0.2, 200, 12),  # the mark holds out about 25
        (125, 0.05, 200, 6),  # the recipe wants fewer than the mark holds out
        (125, 0.5, 200, 12),  # a recipe never gets more
        (125, 0.2, 9, 9),
        (2000, 0.2, 200, 200),
    ],
)
def test_a_verdict_uses_the_recipes_share_or_the_number_of_marked_calls(
    different: int, share: float, most: int, least: int
) -> None:
    assert least_held_out(different, share=share, most=most) == least


def test_the_mark_gives_as_many_as_are_needed() -> None:
    for start in range(0, 50_000, 500):
        held = [side_of(_prompt(f"Question {start + number}")) for number in range(150)].count(Side.HELDOUT)
        assert held >= least_held_out(150, share=0.2, most=200)
