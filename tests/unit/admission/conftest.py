"""The function with fake services."""

import pytest

from tests.unit.admission.harness import Harness


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)
