"""The transport that all service calls go through."""

from collections.abc import Iterator

import pytest

from tests.unit.leaks import detection
from tests.unit.leaks.account import Transport


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    yield from detection.patched_transport()
