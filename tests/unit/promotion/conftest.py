import pytest

from tests.unit.promotion.harness import Harness


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)
