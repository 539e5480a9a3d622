"""Fixtures that start a local account for each journey, deploy into it and stop it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from distillery.settings import Settings
from local.account import LocalAccount
from local.deploy import Deployment
from local.emulator import process
from tests.assemblies import assembly_of
from tests.journey import iam_usage
from tests.journey.environment import Environment
from tests.unit.stacks.assembly import DAYS, settings_of

SPEED = 360.0  # virtual seconds per second, as in the demo: the shortest human wait, one hour, takes ten seconds
UNUSED = "granted and never used"


class Start(Protocol):
    def __call__(self, environment: str, /, **account: Any) -> tuple[LocalAccount, Settings]:
        """Starts a new account on the environment's test date with these `LocalAccount` options. Returns it with its
        settings.
        """


class Deploy(Protocol):
    def __call__(self, environment: str, /, *, settings: Settings | None = None, **account: Any) -> Environment:
        """Deploys the environment, or other settings for it, into a new account with these `LocalAccount` options."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    state = tmp_path / "account"

    def started(environment: str, /, **options: Any) -> tuple[LocalAccount, Settings]:
        day = str(DAYS[environment])
        asked = LocalAccount(state=state, port=0, date=day, speed=SPEED, record_iam=True, **options)
        return process.start(asked), settings_of(environment)

    yield started
    process.stop(state)


@pytest.fixture
def deploy(start: Start, record_property: Any) -> Iterator[Deploy]:
    made: list[Environment] = []

    def deployed(environment: str, /, *, settings: Settings | None = None, **options: Any) -> Environment:
        account, own = start(environment, **options)
        Deployment(account).up(assembly_of(settings or own).folder)
        made.append(Environment(account, settings or own))
        return made[-1]

    yield deployed
    for environment in made:
        record_property(UNUSED, {"granted": iam_usage.granted(environment), "used": iam_usage.used(environment)})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Lists, for information, the permissions of `dev`'s functions that no journey of this session used."""
    reports = [report for kind in ("", "passed") for report in terminalreporter.getreports(kind)]
    recorded = [value for report in reports for name, value in report.user_properties if name == UNUSED]
    for function, actions in sorted(iam_usage.unused(recorded).items()):
        terminalreporter.write_line(f"{UNUSED}: {function}: {', '.join(actions) or 'nothing'}")
