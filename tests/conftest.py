"""What holds for all tests."""

import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Real time decides nothing: on a busy machine an example takes as long as it takes.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Assemblies and the like, made by functions that are told no folder, go where pytest keeps those of three runs."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before
