"""The side of the verdict that a prompt stands on, said when it is asked."""

from lambdas.shared.conversation import Prompt, converse_request
from lambdas.shared.sides import ONE_IN, Side, side_of, side_of_conversation


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
