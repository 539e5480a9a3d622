"""The one way to every service."""

from collections.abc import Iterator

import pytest

from tests.unit.leaks import places
from tests.unit.leaks.account import Door


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    yield from places.doors()
