"""Each journey has a local account of its own: started, deployed into, travelled, and stopped again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from infra.config import Settings
from local.account import LocalAccount
from local.deploy import Deployment
from local.emulator import process
from tests.journey.assemblies import Assemblies
from tests.journey.environment import Environment
from tests.unit.stacks.assembly import DAYS

SPEED = 360.0  # virtual seconds a second, as in the demo: the shortest wait of a person, an hour, is ten seconds


class Deploy(Protocol):
    def __call__(self, environment: str = "dev", /, *, settings: Settings | None = None, **account: Any) -> Environment:
        """The environment, or other settings of it, in a new account with these options of LocalAccount."""


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Assemblies:
    return Assemblies(tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture
def deploy(tmp_path: Path, assemblies: Assemblies) -> Iterator[Deploy]:
    def deployed(environment: str = "dev", /, *, settings: Settings | None = None, **options: Any) -> Environment:
        settings = settings or assemblies.settings(environment)
        out = assemblies.of(settings)
        asked = LocalAccount(
            state=tmp_path / "account", port=0, date=str(DAYS[environment]), speed=SPEED, record_iam=True, **options
        )
        account = process.start(asked)
        Deployment(account).up(out)
        return Environment(account, settings)

    yield deployed
    process.stop(tmp_path / "account")
