"""Each finding of a watch is notified once."""

from typing import Any, NamedTuple

import pytest

from distillery.core.findings import notify_new
from distillery.core.notices import Notices
from tests.fakes.services import FakeSns


class Found(NamedTuple):
    key: str

    @property
    def text(self) -> str:
        return f"{self.key} has changed"


@pytest.mark.parametrize(
    ("found", "known", "said"),
    [
        ("", "", None),
        ("ab", "", ("2 new", "a has changed\n\nb has changed")),
        ("ab", "a", ("1 new", "b has changed")),
        ("ab", "abc", None),
    ],
)
def test_only_what_is_new_is_notified(found: str, known: str, said: tuple[str, str] | None) -> None:
    sns: Any = FakeSns()
    notify_new(Notices("topic", sns), [Found(key) for key in found], {*known}, lambda count: f"{count} new")
    assert [(each["Subject"], each["Message"]) for each in sns.published] == ([said] if said else [])
