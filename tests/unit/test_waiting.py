"""A wait ends when the account is idle, and not before. Real seconds decide nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.account import LocalAccount
from tests import waiting

HOUR = 3600.0


class FakeAccount:
    """An account that reports its activity on each call, one hour later than on the last."""

    def __init__(self, busy: Iterator[int]) -> None:
        self.looks, self._busy = 0, busy

    def admin(self, _account: object, method: str, path: str) -> dict[str, Any]:
        assert (method, path) == ("GET", "activity")
        self.looks += 1
        return {"busy": next(self._busy), "epoch": self.looks * HOUR}


def _until(monkeypatch: pytest.MonkeyPatch, account: FakeAccount, found: Any) -> Any:
    monkeypatch.setattr(waiting, "admin", account.admin)
    monkeypatch.setattr("tests.waiting.time.sleep", lambda _: None)
    return waiting.until(LocalAccount(state=Path("nowhere"), port=1), found, "letter")


def _times(count: int, value: int) -> Iterator[int]:
    return iter([value] * count)


def test_a_busy_account_is_waited_for_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    account = FakeAccount(_times(100_000, 1))
    assert _until(monkeypatch, account, lambda: account.looks > 90_000) is True


def test_a_quiet_account_is_given_up_with_what_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    account = FakeAccount(_times(100_000, 0))
    with pytest.raises(AssertionError, match="no letter, and the account is idle"):
        _until(monkeypatch, account, lambda: None)
    assert account.looks == waiting.LOOKS + 2


def test_quiet_between_two_things_that_happen_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    account = FakeAccount(iter([0, 0, 1] * 10_000))
    with pytest.raises(AssertionError):
        _until(monkeypatch, account, lambda: None)
    assert 3 * waiting.LOOKS <= account.looks <= 3 * waiting.LOOKS + 6
