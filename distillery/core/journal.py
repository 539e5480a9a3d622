"""What the functions write into their logs: each message one line, whatever is quoted in it."""

import logging

from distillery.core.boundary import muted
from distillery.core.escaping import lines, one_line

MESSAGE_MAX = 8000


class _Escaping(logging.Filter):
    """Changes a record before any handler, which are Lambda's own, has seen it. Of an exception that is told the lines
    stay, so that its traceback can be read."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = one_line(record.getMessage(), MESSAGE_MAX), None
        if record.exc_info and isinstance(record.exc_info[1], Exception):
            error = muted(record.exc_info[1])
            record.exc_info = (type(error), error, error.__traceback__)
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = lines(record.exc_text)
        return True


_FORMATTER = logging.Formatter()
_ESCAPING = _Escaping()


def journal(name: str) -> logging.Logger:
    """The logger of that name; `logging.getLogger` gives none elsewhere in the Lambdas (checked by lint)."""
    logger = logging.getLogger(name)  # noqa: TID251  # here
    logger.addFilter(_ESCAPING)
    return logger
