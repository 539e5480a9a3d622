"""Whose logged calls are learnt from.

What a call says of itself anybody may say who may call a model in the account. A prompt that gets into the logs so is
answered by the teacher and learnt by the student, and with use_responses its answer is learnt as it was logged.
"""

from collections.abc import Iterator
from datetime import date

from distillery.core.logs import How, LogSource
from distillery.settings.checks.logs import PARAMETER_MAX, log_sources
from distillery.settings.checks.principals import no_patterns
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding


def check_whose_calls(settings: Settings, _on: date) -> Iterator[Finding]:
    """Where nobody looks before calls are collected, somebody has said whose; patterns are patterns."""
    for name, logs in log_sources(settings):
        where = f"recipes.{name}.logs.principals"
        allowed = "patterns on the ARNs of callers, such as 'assumed-role/support-app/*'"
        bad = [*no_patterns(where, logs.principals, allowed=allowed, fix="name the caller so")]
        yield from bad
        if logs.how is How.DIRECT:
            if logs.principals:
                yield Finding(
                    where=where,
                    wrong="a job that reads the logs itself sees no principals, and learns from whoever called",
                    allowed="no principals, where how = 'direct'",
                    fix="write how = 'read' or 'athena', which do, or leave principals out and write anybody_may_teach",
                )
        elif logs.schedule is not None and not logs.principals:
            yield Finding(
                where=where,
                wrong="it is collected by schedule and names nobody, so whoever may call a model in this account could "
                "teach the student what they like",
                allowed="at least one pattern where there is a schedule, such as 'assumed-role/support-app/*'",
                fix="name whose calls are learnt from, or leave schedule out and collect by hand",
            )
        elif logs.how is How.ATHENA and not bad and (long := _parameter(logs)) > PARAMETER_MAX:
            allowed = f"patterns of {PARAMETER_MAX} characters in all as a query is told them, where how = 'athena'"
            fix = "name fewer, or shorter ones: * stands for any part of a name"
            yield Finding(where=where, wrong=f"they have {long} characters then", allowed=allowed, fix=fix)


def _parameter(logs: LogSource) -> int:
    """The length of the principals as a query is told them, in its quotes."""
    teachers = logs.teachers("0" * 12)
    return len(f"'{teachers.finder}'") if teachers else 0


def check_anybody_may_teach(settings: Settings, on: date) -> Iterator[Finding]:
    """A job that reads the logs itself learns from whoever called: somebody has known that since a day."""
    for name, logs in log_sources(settings):
        where, since = f"recipes.{name}.logs.anybody_may_teach", logs.anybody_may_teach
        if logs.how is not How.DIRECT:
            if since is not None:
                yield Finding(
                    where=where,
                    wrong=f"how is {logs.how.value!r}, which tells callers apart",
                    allowed="no such key, unless how = 'direct'",
                    fix="leave it out, and name principals",
                )
        elif since is None:
            yield Finding(
                where=where,
                wrong="a job that reads the logs itself learns from whoever may call a model in this account and says "
                "what match asks for",
                allowed="the day on which somebody saw to it that this may be, where how = 'direct'",
                fix=f"write how = 'athena' and name principals, or anybody_may_teach = {on} without quotes",
            )
        elif since > on:
            yield Finding(
                where=where,
                wrong=f"it is {since}, which is to come",
                allowed=f"a day up to {on}",
                fix="write the day on which somebody saw to it",
            )
