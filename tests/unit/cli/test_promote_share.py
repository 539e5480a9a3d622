"""Before a student goes to another account by a copy, the source shares its model with that account alone."""

from types import SimpleNamespace
from typing import Any

import pytest

from distillery.cli.promote.command import _share
from distillery.core.errors import BadRequest
from distillery.core.promotions import Way

HERE, THERE = "111111111111", "222222222222"


class Source:
    """The environment of the run. `asked`: what its functions were asked."""

    environment = "launch"

    def __init__(self, *decisions: str) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.account = SimpleNamespace(
            pipeline={"decisions": dict.fromkeys(decisions, "https://url")},
            decide=lambda verb, body: self.asked.append((verb, body)),
        )


def plan(way: Way, account: str) -> Any:
    """A plan whose first possible way is this one, from account 111111111111."""
    record = SimpleNamespace(account=HERE)
    return SimpleNamespace(
        there=SimpleNamespace(place=SimpleNamespace(account=account)),
        verified=SimpleNamespace(statement=SimpleNamespace(record=record)),
        output=SimpleNamespace(
            run="support-a-b-1",
            ways=[SimpleNamespace(way=Way.REPOINT, possible=False), SimpleNamespace(way=way, possible=True)],
        ),
    )


@pytest.mark.parametrize(
    ("way", "account", "shared"),
    [(Way.COPY, THERE, True), (Way.COPY, HERE, False), (Way.REDISTIL, THERE, False), (Way.REPOINT, HERE, False)],
)
def test_only_a_copy_to_another_account_needs_a_share(way: Way, account: str, shared: bool) -> None:
    source: Any = Source("share")
    _share(source, plan(way, account))
    assert source.asked == ([("share", {"run": "support-a-b-1", "account": THERE})] if shared else [])


def test_a_source_that_shares_nothing_says_what_to_configure() -> None:
    source: Any = Source("promote")
    with pytest.raises(BadRequest, match=f"add account {THERE} to share_with"):
        _share(source, plan(Way.COPY, THERE))
