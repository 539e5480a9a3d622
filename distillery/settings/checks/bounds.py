"""Numbers that are out of range."""

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import date
from operator import attrgetter

from distillery.core.golden import FILE_NAME
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.recipe import Recipe
from distillery.settings.environment import LONGEST_RUN_DAYS, Settings
from distillery.settings.finding import ConfigFinding

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: CloudWatch Logs API, PutRetentionPolicy."""

DATA_DAYS_MAX = 3650
"""Ten years. Data that is needed for longer belongs under `golden/`."""

Inside = Callable[[Recipe], bool]
RECIPE_BOUNDS: tuple[tuple[str, Inside, str, str], ...] = (
    ("heldout_share", lambda r: 0 < r.heldout_share < 1, "more than 0 and less than 1", "0.2 holds out a fifth"),
    ("heldout_max", lambda r: r.heldout_max >= 1, "at least 1", "200 prompts give a stable verdict"),
    (
        "split_group",
        lambda r: re.fullmatch(r"[^\W_][^\n:：]{0,63}|", r.split_group) is not None,
        "passage, system, or the label of a line: up to 64 characters without a colon, the first a letter or digit",
        'write "Customer" for lines that begin with `Customer:`',
    ),
    ("max_answer_tokens", lambda r: r.max_answer_tokens >= 1, "at least 1", "64 is enough for a label"),
    ("max_bad_lines", lambda r: 1 <= r.max_bad_lines <= 1000, "1 to 1000", "100 are enough to find the cause"),
    ("curation.likeness", lambda r: 0 < r.curation.likeness <= 1, "more than 0, at most 1", "0.8 finds rewordings"),
    (
        "curation.most_prompts",
        lambda r: MIN_PROMPTS <= r.curation.most_prompts <= MAX_PROMPTS,
        f"{MIN_PROMPTS} to {MAX_PROMPTS}, what Bedrock takes",
        f"{MAX_PROMPTS} leaves the choice to the upload",
    ),
    ("min_score", lambda r: 0 <= r.min_score <= 1, "0 to 1", "0.5 requires half of the answers to be right"),
    ("min_teacher_score", lambda r: 0 <= r.min_teacher_score <= 1, "0 to 1", "0 sets no bound"),
    ("teacher_margin", lambda r: 0 <= r.teacher_margin <= 1, "0 to 1", "0.05 allows 5 points less than the teacher"),
    ("live_margin", lambda r: 0 <= r.live_margin <= 1, "0 to 1", "0.05 allows 5 points less than the live model"),
    (
        "golden_set",
        lambda r: not r.golden_set or FILE_NAME.fullmatch(r.golden_set) is not None,
        "the name of a file, without folders, that ends in .jsonl; letters, digits and . _ -",
        'write "exam.jsonl" for golden/<recipe>/exam.jsonl',
    ),
    (
        "golden_min_score",
        lambda r: r.golden_min_score is None or (0 <= r.golden_min_score <= 1 and bool(r.golden_set)),
        "0 to 1, and only with a golden_set",
        "0.9 requires nine of ten; remove it, or name the golden_set that it is about",
    ),
    (
        "golden_teacher_margin",
        lambda r: r.golden_teacher_margin is None or (0 <= r.golden_teacher_margin <= 1 and bool(r.golden_set)),
        "0 to 1, and only with a golden_set",
        "0.1 allows 10 points less than the teacher; remove it, or name the golden_set that it is about",
    ),
    (
        "max_latency_ms",
        lambda r: r.max_latency_ms is None or r.max_latency_ms > 0,
        "more than 0, in milliseconds",
        "remove it to set no bound",
    ),
    (
        "max_usd_per_thousand",
        lambda r: r.max_usd_per_thousand is None or r.max_usd_per_thousand > 0,
        "more than 0, in US dollars",
        "remove it to set no bound",
    ),
    (
        "min_share_of_teacher",
        lambda r: r.min_share_of_teacher is None or 0 <= r.min_share_of_teacher <= 1,
        "0 to 1",
        "remove it and write teacher_margin, such as 0.05",
    ),
    ("graders", lambda r: all(spec.weight >= 1 for spec in r.graders), "weights of at least 1", "write weight = 1"),
    ("min_gain", lambda r: 0 <= r.min_gain <= 1, "0 to 1", "0.02 requires a gain from training"),
    ("budget_usd", lambda r: r.budget_usd > 0, "more than 0, in US dollars", "write what one run may cost"),
    ("model_units", lambda r: r.model_units >= 1, "at least 1", "1 is the smallest endpoint"),
    (
        "expected_traffic",
        lambda r: r.expected_traffic is None or min(*astuple(r.expected_traffic)) >= 1,
        "whole numbers of at least 1 for requests_per_day, input_tokens and output_tokens",
        "write what you measure or expect, or remove it to compare nothing",
    ),
    (
        "training_usd_per_million_tokens",
        lambda r: r.training_usd_per_million_tokens is None or r.training_usd_per_million_tokens > 0,
        "more than 0, in US dollars",
        "write what AWS charges you for training on a million tokens",
    ),
    (
        "unit_price_usd_per_hour",
        lambda r: r.unit_price_usd_per_hour is None or r.unit_price_usd_per_hour > 0,
        "more than 0, in US dollars",
        "write what AWS charges you for one model unit and hour",
    ),
)


def check_bounds(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The recipes' numbers, and the days that data and logs are kept."""
    for name, recipe in settings.recipes.items():
        for field, inside, allowed, fix in RECIPE_BOUNDS:
            if not inside(recipe):
                wrong = f"it is {attrgetter(field)(recipe)}"
                yield ConfigFinding(where=f"recipes.{name}.{field}", wrong=wrong, allowed=allowed, fix=fix)
    if settings.log_retention_days not in RETENTION_DAYS:
        yield ConfigFinding(
            where="log_retention_days",
            wrong=f"CloudWatch Logs has no retention of {settings.log_retention_days} days",
            allowed=", ".join(map(str, RETENTION_DAYS)),
            fix=f"write {min(RETENTION_DAYS, key=lambda days: abs(days - settings.log_retention_days))}",
        )
    if not LONGEST_RUN_DAYS <= settings.data_days <= DATA_DAYS_MAX:
        yield ConfigFinding(
            where="data_days",
            wrong=f"it is {settings.data_days}",
            allowed=f"{LONGEST_RUN_DAYS} to {DATA_DAYS_MAX}: a run may take {LONGEST_RUN_DAYS} days",
            fix="write 90, or the number of days that you may keep callers' texts",
        )
