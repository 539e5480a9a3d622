"""Keeps prompts out of logs: the exceptions that leave a function, and the loggers of the functions.

Lambda writes the text of an exception into the function's log, and Step Functions into the history of an execution. A
bug such as `KeyError: 'the user's text'` must not carry a prompt there.

Errors of the product contain only texts written here, and boto3's errors are redacted where they are raised
(`distillery/core/aws`). Both leave without their causes. Any other error leaves with its class name, which is what
state machines retry and catch, and with its traceback and the types and places of its causes, but without texts and
arguments.
"""

import functools
import logging
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import ParamSpec, TypeVar

from distillery.core.errors import DistilleryError
from distillery.core.escaping import lines, one_line

P = ParamSpec("P")
R = TypeVar("R")


def boundary(*ours: type[Exception]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a handler, or another function whose caller writes down its exceptions.

    Args:
        ours: Errors that the product raises outside its own tree, whose texts quote nobody either.
    """

    def within(handler: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(handler, updated=())
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return handler(*args, **kwargs)
            except Exception as error:
                outgoing = redacted(error, *ours)
            raise outgoing  # outside of `except`, so that the error is not its context

        return guarded

    return within


def redacted(error: Exception, *ours: type[Exception]) -> Exception:
    """The same error, or one of the same name without its text; without cause and context."""
    from distillery.core.aws import AWS_ERRORS, ClientError, redact  # slow to import, and errors are rare

    if not isinstance(error, (DistilleryError, *AWS_ERRORS, *ours)):
        return _replaced(error)
    if isinstance(error, AWS_ERRORS) and not isinstance(error, ClientError):
        redact(error, "")  # such as a body that ends early, which is read after the client returned
    error.__cause__ = error.__context__ = None
    error.__dict__.pop("__notes__", None)
    return error


def _replaced(error: Exception) -> Exception:
    """The traceback stays: it holds lines of the source, but no values."""
    from distillery.core.redaction import LEFT_OUT

    kind = type(error)
    named = type(kind.__name__, (Exception,), {"__module__": kind.__module__})
    causes = [f"{type(each).__name__} at {_place(each.__traceback__)}" for each in _chain(error)]
    redacted_error: Exception = named("; of ".join((LEFT_OUT, *causes)))
    return redacted_error.with_traceback(error.__traceback__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The causes and contexts of an error, and the members of groups."""
    waiting, seen = [error], {id(error)}
    while waiting:
        one = waiting.pop(0)
        for each in (one.__cause__, one.__context__, *getattr(one, "exceptions", ())):
            if isinstance(each, BaseException) and id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)
                yield each


def _place(traceback: TracebackType | None) -> str:
    """The innermost frame of a traceback."""
    place = "no place"
    while traceback is not None:
        frame = traceback.tb_frame
        place = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


MESSAGE_MAX = 8000


class _Escaping(logging.Filter):
    """Escapes a record before Lambda's handlers see it. A traceback keeps its lines, so that it can be read."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = one_line(record.getMessage(), MESSAGE_MAX), None
        if record.exc_info and isinstance(record.exc_info[1], Exception):
            error = redacted(record.exc_info[1])
            record.exc_info = (type(error), error, error.__traceback__)
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = lines(record.exc_text)
        return True


_FORMATTER = logging.Formatter()
_ESCAPING = _Escaping()


def get_logger(name: str) -> logging.Logger:
    """The logger of that name. Lint forbids `logging.getLogger` elsewhere in the functions."""
    logger = logging.getLogger(name)  # noqa: TID251  # here
    logger.addFilter(_ESCAPING)
    return logger
