"""One local account for all these tests, and a harness that creates resources in it.

The tests run where ministack is installed: `.venv-local/bin/python -m pytest tests/unit/local/emulator`.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.account import LocalAccount
from local.emulator import process
from tests.unit.local.emulator.harness import EmulatorHarness

if importlib.util.find_spec("ministack") is None:  # the other virtual environment has the CDK instead
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    """A running local account in December 2025, at one hour per second."""
    state: Path = tmp_path_factory.mktemp("account")
    asked = LocalAccount(state=state, port=0, date="2025-12-01", speed=3600, model_units=2, record_iam=True)
    started = process.start(asked)
    yield started
    assert process.stop(state)


@pytest.fixture(scope="session")
def harness(account: LocalAccount) -> EmulatorHarness:
    """Creates resources in the account."""
    return EmulatorHarness(account)
