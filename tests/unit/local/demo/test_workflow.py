"""What the demo refuses before it starts anything."""

import pytest

from distillery.settings import ConfigError
from local.demo import run_demo
from local.emulator.process import CannotStart


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_an_environment_of_another_account_is_refused_in_one_sentence(environment: str) -> None:
    with pytest.raises(CannotStart, match=rf"^environment '{environment}' is for account \d+, and the local account"):
        run_demo(environment=environment, prompts=None, again=False, port=1)


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="Allowed: dev, launch, prod, staging"):
        run_demo(environment="nowhere", prompts=None, again=False, port=1)
