"""Reading prompts: labels, tokens, reproducible randomness."""

import pytest

from bedrock_simulator.models import text


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Answer with one label: a.b, c_d, e", ("a.b", "c_d", "e")),
        ("You are kind. Labels: refund, delivery or login. Say nothing else.", ("refund", "delivery", "login")),
        ("Choose one:\n- refund\n- delivery\n- login", ("refund", "delivery", "login")),
        ("1. refund\n2. delivery", ("refund", "delivery")),
        ("Intents: `card_arrival`, `lost_or_stolen_card`", ("card_arrival", "lost_or_stolen_card")),
        ("Labels: a, b, c. Format: one word, lower case", ("a", "b", "c")),
        ("billing, refund, login", ("billing", "refund", "login")),
        ("You help customers.", ()),
        ("", ()),
    ],
)
def test_labels_are_found_in_lines_and_in_lists(system: str, expected: tuple[str, ...]) -> None:
    assert text.labels(system) == expected


@pytest.mark.parametrize(("generated", "count"), [("", 0), ("abc", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_are_a_token(generated: str, count: int) -> None:
    assert text.tokens(generated) == count


def test_chance_is_the_same_every_time_and_spread_evenly() -> None:
    drawn = [text.fraction("seed", str(number)) for number in range(2000)]
    assert drawn == [text.fraction("seed", str(number)) for number in range(2000)]
    assert 0.47 < sum(drawn) / len(drawn) < 0.53
