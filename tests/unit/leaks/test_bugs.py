"""A bug that quotes a prompt, such as `KeyError: 'text of a prompt'`, leaks nowhere, wherever it is raised.

Each function that a handler calls raises once: Lambda would log the error, and Step Functions would put it into the
history of the execution.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from distillery.core import aws, boundary, errors
from distillery.core.boundary import redacted
from infra.constructs.state_machine import RESUMED, TRANSIENT
from tests.fakes.errors import service_error
from tests.unit.leaks.account import Transport
from tests.unit.leaks.detection import CANARY, PARTS, OutputCapture, outcome, start
from tests.unit.leaks.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow
ROOT = Path(boundary.__file__).parents[2]
OURS = (str(ROOT / "lambdas"), str(ROOT / "distillery"))
SPARED = (boundary.__file__, *(str(ROOT / "distillery" / "client" / name) for name in ("route_map.py", "fields.py")))
"""The boundary itself, and what reads and reports on a map that a deployment published."""


class Talkative(Exception):
    """An error that quotes a prompt in every possible way."""

    def __init__(self) -> None:
        super().__init__(CANARY)
        self.said = CANARY

    def __str__(self) -> str:
        return CANARY


def bugs() -> Iterator[Exception]:
    yield KeyError(CANARY)
    yield ValueError(f"could not convert string to float: {CANARY!r}")
    yield UnicodeDecodeError("utf-8", CANARY.encode(), 3, 4, CANARY)
    yield Talkative()
    yield OSError(2, CANARY, CANARY)
    yield ExceptionGroup(CANARY, [KeyError(CANARY), ExceptionGroup("more", [Talkative()])])


def chained(error: Exception) -> Exception:
    error.__cause__, error.__context__ = Talkative(), KeyError(CANARY)
    error.__cause__.__context__ = ExceptionGroup("more", [ValueError(CANARY)])
    error.add_note(CANARY)
    return error


def reached(transport: Transport, scenario: Scenario) -> list[CodeType]:
    """Returns our functions that the handler calls, the deepest last."""
    found: dict[CodeType, int] = {}

    def trace(frame: FrameType, _event: str, _arg: object) -> None:
        file = frame.f_code.co_filename
        if file.startswith(OURS) and file not in SPARED:
            depth, above = 0, frame.f_back
            while above is not None:
                depth, above = depth + 1, above.f_back
            found.setdefault(frame.f_code, depth)

    with scenario.settings():
        _, ask = start(transport, scenario)
        traced(ask, trace)()
    return sorted(found, key=lambda code: found[code])


def traced(ask: Callable[[], Any], trace: Callable[[FrameType, str, object], None]) -> Callable[[], Any]:
    """Runs without garbage collection: collecting would resume a generator of an earlier scenario to end it."""

    def asked() -> Any:
        before = sys.gettrace()
        gc.disable()
        sys.settrace(trace)
        try:
            return ask()
        finally:
            sys.settrace(before)
            gc.enable()

    return asked


def raising(at: CodeType, bug: Exception) -> Callable[[FrameType, str, object], None]:
    """Returns a trace function that raises in the called function."""

    def trace(frame: FrameType, _event: str, _arg: object) -> None:
        if frame.f_code is at:
            raise bug

    return trace


TRIED: set[CodeType] = set()
BUGS = cycle(range(len(list(bugs()))))


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_no_bug_of_a_function_lets_a_prompt_out(
    scenario: Scenario, transport: Transport, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, codes = OutputCapture(caplog, capsys), reached(transport, scenario)
    assert codes
    leaks = []
    for code in codes:
        if code not in TRIED or code in (codes[0], codes[-1]):
            TRIED.add(code)
            bug = chained(list(bugs())[next(BUGS)])
            with scenario.settings():
                account, ask = start(transport, scenario)
                if found := seen.of(account, traced(ask, raising(code, bug))):
                    leaks.append((code, repr(bug)[:60], found))
    assert not leaks


@pytest.mark.parametrize("bug", list(bugs()), ids=lambda bug: type(bug).__name__)
def test_of_a_bug_its_name_its_lines_and_what_it_came_of_are_reported(bug: Exception) -> None:
    @boundary.boundary()
    def handler(_event: object, _context: object) -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise chained(bug) from ValueError(CANARY)

    told = outcome(lambda: handler({}, None))
    assert not [part for part in PARTS if part in told]
    with pytest.raises(Exception, match="may quote a prompt; of ValueError at no place; of KeyError at ") as caught:
        handler({}, None)
    assert type(caught.value).__name__ == type(bug).__name__
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert caught.traceback[-1].name == "handler"


@pytest.mark.parametrize("name", [*RESUMED, *(one for one in TRANSIENT if not one.startswith("Lambda."))])
def test_what_the_state_machine_tries_again_keeps_its_class(name: str) -> None:
    raised = getattr(errors, name)("so far") if name in RESUMED else None
    raised = raised or type(name, (aws.ClientError,), {})({"Error": {"Code": name, "Message": "m"}}, "Converse")
    raised.__cause__ = KeyError(CANARY)
    assert redacted(raised) is raised
    assert (type(raised).__name__, raised.__cause__, raised.__context__) == (name, None, None)


def test_what_a_service_said_is_reported_as_it_was_redacted() -> None:
    error = service_error("AccessDenied", "GetObject")
    assert str(redacted(error)) == str(error)
