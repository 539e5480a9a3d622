"""Recipes whose prompts come from invocation logs: whether logs exist, and whether Bedrock accepts the filter."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date

from distillery.core.limits import METADATA_MAX
from distillery.core.logs import METADATA, METADATA_PAIRS, LogReadMode, LogSource, Operator, fits
from distillery.core.names import METADATA_SIDE
from distillery.core.recipe_options import Curation, PersonalData
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding

PARAMETER_MAX = 1024
"""Length of one execution parameter of a query (Athena API, ExecutionParameter)."""

SCHEDULE = re.compile(r"(rate\([1-9][0-9]* (minute|hour|day)s?\)|cron\([^()]+\))")
"""Source: EventBridge Scheduler guide, schedule-types."""


def check_logging(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The numbers in [logging] are positive."""
    if settings.logging is None:
        return
    for key in ("keep_days", "max_scan_gb"):
        if (value := getattr(settings.logging, key)) < 1:
            yield ConfigFinding(
                where=f"logging.{key}", wrong=f"it is {value}", allowed="at least 1", fix="write 30, or more"
            )


def check_sources(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The environment owns the invocation logs, and keeps them for as long as a recipe looks back."""
    for name, logs in log_sources(settings):
        if settings.logging is None:
            yield ConfigFinding(
                where=f"recipes.{name}.logs",
                wrong="this environment owns no invocation logs",
                allowed="[recipes.<name>.logs] only beside a table [logging]",
                fix="add [logging] with keep_days, or remove the table",
            )
        elif not 1 <= logs.days <= settings.logging.keep_days:
            yield ConfigFinding(
                where=f"recipes.{name}.logs.days",
                wrong=f"it is {logs.days}, and logs are kept for {settings.logging.keep_days}",
                allowed=f"1 to {settings.logging.keep_days}",
                fix="write fewer days, or raise logging.keep_days",
            )
        if logs.schedule is not None and not SCHEDULE.fullmatch(logs.schedule):
            yield ConfigFinding(
                where=f"recipes.{name}.logs.schedule",
                wrong=f"it is {logs.schedule!r}",
                allowed="rate(7 days), or cron(0 6 ? * MON *), in the syntax of EventBridge Scheduler",
                fix="write one of these, or remove it and collect by hand",
            )


def check_filters(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Bedrock accepts the pairs, and there is at least one: without any, our own calls would be collected too."""
    for name, logs in log_sources(settings):
        where = f"recipes.{name}.logs.match"
        if not 1 <= len(logs.match) <= METADATA_PAIRS:
            allowed = f"1 to {METADATA_PAIRS} pairs of request metadata"
            fix = 'write match = { "distillery:route" = "<route>" }, which the invoke function sets on its calls'
            yield ConfigFinding(where=where, wrong=f"it has {len(logs.match)} pairs", allowed=allowed, fix=fix)
        for key, value in logs.match.items():
            if not (fits(key) and fits(value)):
                yield ConfigFinding(
                    where=f"{where}.{key}",
                    wrong=f"Bedrock does not accept this metadata: {key!r} = {value!r}",
                    allowed=f"1 to {METADATA_MAX} characters that match {METADATA.pattern}",
                    fix="remove the other characters, also where the calls are made",
                )
        if logs.how is LogReadMode.ATHENA and (long := len(json.dumps(dict(logs.match)))) > PARAMETER_MAX - 100:
            allowed = f"about {PARAMETER_MAX - 100} characters in total, if how = 'athena'"
            yield ConfigFinding(
                where=where, wrong=f"its pairs have {long} characters", allowed=allowed, fix="match fewer"
            )


TAKEN_AS_IT_IS = (PersonalData.REPORT, PersonalData.IGNORE)


def check_personal_data(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """A job that reads the logs itself cannot mask personal data, so the settings must not promise it."""
    for name, logs in log_sources(settings):
        wanted = settings.recipes[name].curation.personal_data
        if logs.how is LogReadMode.DIRECT and wanted not in TAKEN_AS_IT_IS:
            yield ConfigFinding(
                where=f"recipes.{name}.curation.personal_data",
                wrong=f"it is {wanted.value!r} ('mask' by default), and a job that reads the logs itself trains on "
                "what callers wrote without masking it",
                allowed="'report' (about the held-out prompts) or 'ignore', stated explicitly, if how = 'direct'",
                fix="write how = 'athena', which masks it, or state that the student may be trained on personal data",
            )


def check_curation(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """A job that reads the logs itself takes the prompts uncurated, so the settings must not promise to curate them.

    Personal data has a check of its own, because leaving it out of the settings promises something too.
    """
    for name, logs in log_sources(settings):
        if logs.how is not LogReadMode.DIRECT:
            continue
        for key in (field.name for field in fields(Curation) if field.name != "personal_data"):
            if (value := getattr(settings.recipes[name].curation, key)) != (default := getattr(Curation(), key)):
                yield ConfigFinding(
                    where=f"recipes.{name}.curation.{key}",
                    wrong=f"it is {str(value)!r}, and a job that reads the logs itself trains on every call that "
                    "matches, as it is",
                    allowed=f"{str(default)!r}, its default, if how = 'direct'",
                    fix="remove it, or write how = 'read' or 'athena', which curate the prompts",
                )


def check_direct(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """A job reads the logs of its own Region, and one more pair under AND keeps held-out prompts from it."""
    for name, logs in log_sources(settings):
        if logs.how is not LogReadMode.DIRECT:
            continue
        if settings.home_region != settings.inference_region:
            yield ConfigFinding(
                where=f"recipes.{name}.logs.how",
                wrong=f"jobs run in {settings.home_region} and calls are logged in {settings.inference_region}, and a "
                "job reads only the logs of its own Region",
                allowed="'read' or 'athena'; 'direct' if inference_region is home_region",
                fix=f"write how = 'athena', or inference_region = {settings.home_region!r}",
            )
        if logs.operator is not Operator.AND or len(logs.match) >= METADATA_PAIRS:
            yield ConfigFinding(
                where=f"recipes.{name}.logs.operator",
                wrong=f"it is {logs.operator.value!r} over {len(logs.match)} pairs, and a direct job needs one pair "
                "more under the same operator, which excludes held-out prompts",
                allowed=f"'and' over at most {METADATA_PAIRS - 1} pairs, if how = 'direct'",
                fix="write operator = 'and' with fewer pairs, or how = 'read'",
            )
        if METADATA_SIDE in logs.match:
            yield ConfigFinding(
                where=f"recipes.{name}.logs.match",
                wrong=f"it has {METADATA_SIDE}, which excludes the held-out prompts from a direct job",
                allowed="other pairs, if how = 'direct'",
                fix="remove it: the job gets the side 'train'",
            )


def log_sources(settings: Settings) -> Iterator[tuple[str, LogSource]]:
    for name, recipe in settings.recipes.items():
        if recipe.logs is not None:
            yield name, recipe.logs
