"""In which Region an operator's account is looked at."""

import pytest

from distillery.client import Account, NotReached

VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


@pytest.mark.parametrize(
    ("said", "variable", "region"),
    [
        ("us-west-2", "us-east-1", "us-west-2"),
        (None, "us-east-1", "us-east-1"),
    ],
)
def test_a_region_is_said_or_set(monkeypatch: pytest.MonkeyPatch, said: str | None, variable: str, region: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_REGION", variable)
    assert Account("dev", said).region == region


def test_without_a_region_it_says_how_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(NotReached, match="set AWS_REGION"):
        assert Account("dev").region
