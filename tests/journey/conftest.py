"""Fixtures that start a local account for each journey, deploy into it and stop it.

A journey that passes fails nevertheless if something goes on billing in its account: see `residue.py`.
"""

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from distillery.settings import Settings
from local.account import LocalAccount
from local.deploy import Deployment
from local.emulator import process
from local.emulator.serving_process import Starter, start_process
from tests.assemblies import assembly_of
from tests.journey import accounts, iam_usage, residue
from tests.journey.environment import Environment
from tests.journey.tagged_resources import discard_tagged_resources
from tests.unit.stacks.assembly import DAYS, settings_of

SPEED = 360.0  # virtual seconds per second, as in the demo: the shortest human wait, one hour, takes ten seconds
UNUSED = "granted and never used"
PASSED = pytest.StashKey[bool]()
DEPLOYED = pytest.StashKey[list[Environment]]()


class Start(Protocol):
    def __call__(self, environment: str, /, **account: Any) -> tuple[LocalAccount, Settings]:
        """Starts a new account on the environment's test date with these `LocalAccount` options. Returns it with its
        settings.
        """


class Deploy(Protocol):
    def __call__(
        self,
        environment: str,
        /,
        *,
        settings: Settings | None = None,
        beside: Environment | None = None,
        **account: Any,
    ) -> Environment:
        """Deploys the environment, or other settings for it.

        It gets a new account with these `LocalAccount` options; or, `beside` another environment, the account that its
        settings name in the same process, where it shares the clock and nothing else.
        """


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps whether the journey itself passed, for what is checked after it."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """Starts the emulators: as copies where processes can be forked."""
    if sys.platform == "linux":
        with accounts.copies() as copying:
            yield copying
    else:
        yield start_process


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path, starter: Starter) -> Iterator[Start]:
    state = tmp_path / "account"
    begun: list[tuple[LocalAccount, Settings]] = []

    def started(environment: str, /, **options: Any) -> tuple[LocalAccount, Settings]:
        day = str(DAYS[environment])
        asked = LocalAccount(state=state, port=0, date=day, speed=SPEED, record_iam=True, **options)
        begun.append((process.start(asked, starter), settings_of(environment)))
        return begun[-1]

    yield started
    try:
        if request.node.stash.get(PASSED, False):
            for account, settings in begun:
                residue.assert_nothing_bills(account, _environments(request.node, account, settings))
    finally:
        process.stop(state)


def _environments(journey: pytest.Item, account: LocalAccount, settings: Settings) -> list[Environment]:
    """The environments that the journey deployed, or the one of the settings that it was given."""
    return journey.stash.get(DEPLOYED, None) or [Environment(account, settings)]


@pytest.fixture
def deploy(start: Start, request: pytest.FixtureRequest, record_property: Any) -> Iterator[Deploy]:
    made: list[Environment] = request.node.stash.setdefault(DEPLOYED, [])

    def deployed(
        environment: str,
        /,
        *,
        settings: Settings | None = None,
        beside: Environment | None = None,
        **options: Any,
    ) -> Environment:
        wanted = settings or settings_of(environment)
        account = beside.account.beside(wanted.account) if beside else start(environment, **options)[0]
        Deployment(account).up(assembly_of(wanted).folder)
        made.append(Environment(account, wanted))
        return made[-1]

    yield deployed
    for environment in made:
        discard_tagged_resources(environment)
        record_property(UNUSED, {"granted": iam_usage.granted(environment), "used": iam_usage.used(environment)})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Lists, for information, the permissions of `dev`'s functions that no journey of this session used."""
    reports = [report for kind in ("", "passed") for report in terminalreporter.getreports(kind)]
    recorded = [value for report in reports for name, value in report.user_properties if name == UNUSED]
    for function, actions in sorted(iam_usage.unused(recorded).items()):
        terminalreporter.write_line(f"{UNUSED}: {function}: {', '.join(actions) or 'nothing'}")
