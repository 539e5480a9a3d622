"""Settings for all tests."""

import gc
import tempfile
from collections.abc import Iterator

import pytest

from simulator_support.thoroughness import load_profile

load_profile()


gc.set_threshold(20_000)  # with Python's 700 the collector takes a fifth of a journey's CPU time


def pytest_collection_finish() -> None:
    """Spares the garbage collector the modules, which it would walk through in every test."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Redirects temporary folders, such as assemblies, to the base folder that pytest keeps for three runs."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before
