"""Where an exception leaves a function: Lambda writes its text into the function's log, and Step Functions into the
history of an execution. A bug of ours, such as `KeyError: 'what somebody asked'`, must not bring a prompt there.

Errors of the product say what was written here, and boto3's were redacted where they were raised
(`distillery/core/aws`): both leave, without their causes. Any other leaves as the name of its class, which is what
state machines retry and catch, with its traceback and the types and places of its causes, but without texts and
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
    """Of a handler, and of whatever else somebody calls who writes down what it raises. ours: errors that the product
    raises beside its own tree, whose sentences quote nobody either."""

    def within(handler: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(handler, updated=())
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return handler(*args, **kwargs)
            except Exception as error:
                told = redacted(error, *ours)
            raise told  # not within `except`: it would have the error as its context

        return guarded

    return within


def redacted(error: Exception, *ours: type[Exception]) -> Exception:
    """The error that may leave: this one, or another of its name without the text; without cause and context."""
    from distillery.core.aws import AWS_ERRORS, ClientError, redact  # here an error is rare, and a start is not

    if not isinstance(error, (DistilleryError, *AWS_ERRORS, *ours)):
        return _replaced(error)
    if isinstance(error, AWS_ERRORS) and not isinstance(error, ClientError):
        redact(error, "")  # such as of a body that breaks off while it is read, which is past the client
    error.__cause__ = error.__context__ = None
    error.__dict__.pop("__notes__", None)
    return error


def _replaced(error: Exception) -> Exception:
    """A traceback holds lines of the source, and nothing of what they were given."""
    from distillery.core.redaction import LEFT_OUT

    kind = type(error)
    named = type(kind.__name__, (Exception,), {"__module__": kind.__module__})
    causes = [f"{type(each).__name__} at {_place(each.__traceback__)}" for each in _chain(error)]
    said: Exception = named("; of ".join((LEFT_OUT, *causes)))
    return said.with_traceback(error.__traceback__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Its causes and contexts, and the members of groups."""
    waiting, seen = [error], {id(error)}
    while waiting:
        one = waiting.pop(0)
        for each in (one.__cause__, one.__context__, *getattr(one, "exceptions", ())):
            if isinstance(each, BaseException) and id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)
                yield each


def _place(traceback: TracebackType | None) -> str:
    """The last that it passed."""
    place = "no place"
    while traceback is not None:
        frame = traceback.tb_frame
        place = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


MESSAGE_MAX = 8000


class _Escaping(logging.Filter):
    """Changes a record before any handler, which are Lambda's own, has seen it. Of an exception that is told the lines
    stay, so that its traceback can be read."""

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
    """The logger of that name; `logging.getLogger` gives none elsewhere in the Lambdas (checked by lint)."""
    logger = logging.getLogger(name)  # noqa: TID251  # here
    logger.addFilter(_ESCAPING)
    return logger
