"""Settings for all tests."""

import os
import tempfile
from collections.abc import Iterator

import pytest

from infra.node_options import add_node_options
from simulator_support import worker
from simulator_support.thoroughness import load_profile

worker.begin_imports()
worker.read_models_once()
load_profile()
add_node_options(os.environ)  # before a test imports the CDK


def pytest_collection_finish() -> None:
    worker.end_imports()


@pytest.fixture(scope="session", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Redirects temporary folders, such as assemblies, to the base folder that pytest keeps for three runs."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before
