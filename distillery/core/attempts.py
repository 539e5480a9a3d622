"""Work on many things, of which each may fail: what fails does not stop the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def attempt_each(what: str, things: Iterable[T], call: Callable[[T], R]) -> list[R]:
    """The results of the call for each, in order.

    Raises:
        ExceptionGroup: Some calls failed; raised after the last one, with `what` as its message.
    """
    results, errors = list[R](), list[Exception]()
    for each in things:
        try:
            results.append(call(each))
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup(what, errors)
    return results
