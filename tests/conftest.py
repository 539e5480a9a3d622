"""Settings for all tests."""

import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Real time decides nothing: on a busy machine an example may take any time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Redirects temporary folders, such as assemblies, to the base folder that pytest keeps for three runs."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before
