"""What a set of prompts is like: lengths, languages, balance."""

import pytest

from distillery.datasets.curation.profile import Balance, Lengths, balance, languages, lengths


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["four"], Lengths(shortest=4, p50=4, p95=4, longest=4)),
        (["a" * n for n in range(1, 101)], Lengths(shortest=1, p50=50, p95=95, longest=100)),
    ],
)
def test_lengths_are_told_in_characters(texts: list[str], expected: Lengths) -> None:
    assert lengths(texts) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a"], Balance(labels=1, rarest=1, commonest=1, evenness=1.0)),
        (["a", "b"] * 5, Balance(labels=2, rarest=5, commonest=5, evenness=1.0)),
        (["a"] * 9 + ["b"], Balance(labels=2, rarest=1, commonest=9, evenness=0.469)),
    ],
)
def test_balance_is_entropy_as_a_share_of_the_highest(labels: list[str], expected: Balance) -> None:
    assert balance(labels) == expected


def test_languages_are_told_where_the_text_tells_them() -> None:
    texts = ["Meine Karte ist leider noch nicht angekommen", "My card has unfortunately not arrived yet", "12345"]
    assert languages(texts) == {"de": 1, "en": 1, "und": 1}
