"""Counts what code does, so that a bound on time needs no clock."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def work(run: Callable[[], object]) -> int:
    """The number of lines of Python that ran."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return lines


def is_linear(run: Callable[[str], object], text: str) -> bool:
    """Whether four times the text is at most about four times the work. Quadratic work would be sixteen times."""
    run(text)
    few, many = (work(lambda: run(text * times)) for times in (50, 200))  # noqa: B023
    return many <= 5 * few + 1000
