"""Whose logged calls a student is trained on.

Anyone who can call a model in the account can set the metadata of a call. The teacher answers a prompt that enters the
logs this way and the student is trained on it; with use_responses, on the answer as it was logged.
"""

from collections.abc import Iterator
from datetime import date

from distillery.core.logs import LogReadMode, LogSource
from distillery.settings.checks.logs import PARAMETER_MAX, log_sources
from distillery.settings.checks.principals import pattern_findings
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_log_principals(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Scheduled collection names its principals, and each principal is a valid pattern."""
    for name, logs in log_sources(settings):
        where = f"recipes.{name}.logs.principals"
        allowed = "patterns on the ARNs of callers, such as 'assumed-role/support-app/*'"
        bad = [*pattern_findings(where, logs.principals, allowed=allowed, fix="name the caller in this form")]
        yield from bad
        if logs.how is LogReadMode.DIRECT:
            if logs.principals:
                yield ConfigFinding(
                    where=where,
                    wrong="a job that reads the logs itself cannot filter by principal and trains on every caller",
                    allowed="no principals, if how = 'direct'",
                    fix="write how = 'read' or 'athena', which can, or remove principals and write anybody_may_teach",
                )
        elif logs.schedule is not None and not logs.principals:
            yield ConfigFinding(
                where=where,
                wrong="it is collected by schedule and names no principals, so anyone who can call a model in this "
                "account could train the student",
                allowed="at least one pattern where there is a schedule, such as 'assumed-role/support-app/*'",
                fix="name the callers to collect from, or remove schedule and collect by hand",
            )
        elif logs.how is LogReadMode.ATHENA and not bad and (long := _parameter(logs)) > PARAMETER_MAX:
            allowed = f"patterns of {PARAMETER_MAX} characters in total as a query parameter, if how = 'athena'"
            fix = "name fewer or shorter patterns: * matches any part of a name"
            yield ConfigFinding(
                where=where, wrong=f"they have {long} characters as a query parameter", allowed=allowed, fix=fix
            )


def _parameter(logs: LogSource) -> int:
    """The length of the principals as a quoted query parameter."""
    teachers = logs.teachers("0" * 12)
    return len(f"'{teachers.finder}'") if teachers else 0


def check_direct_logs(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """A job that reads the logs itself trains on every caller, so the settings must acknowledge that with a date."""
    for name, logs in log_sources(settings):
        where, since = f"recipes.{name}.logs.anybody_may_teach", logs.anybody_may_teach
        if logs.how is not LogReadMode.DIRECT:
            if since is not None:
                yield ConfigFinding(
                    where=where,
                    wrong=f"how is {logs.how.value!r}, which filters callers",
                    allowed="no such key, unless how = 'direct'",
                    fix="remove it, and name principals",
                )
        elif since is None:
            yield ConfigFinding(
                where=where,
                wrong="a job that reads the logs itself trains on everyone who can call a model in this account with "
                "the metadata in match",
                allowed="the day on which somebody checked that this is acceptable, if how = 'direct'",
                fix=f"write how = 'athena' and name principals, or anybody_may_teach = {on} without quotes",
            )
        elif since > on:
            yield ConfigFinding(
                where=where,
                wrong=f"it is {since}, which is in the future",
                allowed=f"{on} or an earlier day",
                fix="write the day on which somebody checked that every caller may teach the student",
            )
