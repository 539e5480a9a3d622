"""What takes statements and conditions away in a running deployment, and expects that something fails without them."""

import contextlib
import re
from collections.abc import Callable
from typing import NamedTuple

from tests.journey.conditions import ConditionCase
from tests.journey.environment import Environment
from tests.journey.policies import Find, Which, action, condition_removed, source, statement_removed

BY_URL = source("lambda:InvokedViaFunctionUrl")
UNSIGNED, UNINVOKED = "perform: lambda:InvokeFunctionUrl", "perform: lambda:InvokeFunction on"
Step = Callable[[Environment], str]


class Case(NamedTuple):
    """Without the statements that match `which`, `step` returns `seen`.

    besides: further statements that are removed so that the step reaches the point of failure.
    """

    policy: Find
    which: Which
    step: Step
    expected: str
    besides: tuple[tuple[Find, Which], ...] = ()


def lets_through(environment: Environment, case: ConditionCase) -> None:
    """The attack is denied, and succeeds without the condition."""
    policy, which = case.policy(environment), action(case.allows)
    with contextlib.ExitStack() as gone:
        for besides, operator, key in case.besides:
            gone.enter_context(condition_removed(policy, action(besides), operator, key))
        assert f"not authorized to perform: {case.allows}" in case.attack(environment)
        with condition_removed(policy, which, case.operator, case.key):
            said = case.attack(environment)
            assert re.fullmatch(case.then, said), said


def fails(environment: Environment, case: Case) -> None:
    """The step fails without the statement, which is put back."""
    before = len(log(environment))
    with contextlib.ExitStack() as gone:
        for policy, which in (*case.besides, (case.policy, case.which)):
            gone.enter_context(statement_removed(policy(environment), which))
        said = case.step(environment)
        environment.until(
            lambda: re.search(case.expected, said + log(environment)[before:]), f"{case.expected!r} in {said!r}"
        )


def log(environment: Environment) -> str:
    """What the local account has logged so far."""
    return (environment.account.state / "emulator.log").read_text(errors="replace")
