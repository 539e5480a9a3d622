import pytest

from tests.unit.canary.harness import CanaryHarness


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> CanaryHarness:
    return CanaryHarness(monkeypatch)
