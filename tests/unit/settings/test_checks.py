"""Each check, with settings that it refuses: the value, what is allowed, and the fix."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from enum import Enum
from operator import contains
from typing import Any

import pytest

from distillery.core.business_hours import Weekday
from distillery.core.logs import LogReadMode
from distillery.core.recipe_options import Curation, PersonalData
from distillery.settings import ConfigFinding, Settings
from distillery.settings.checks import CHECKS, findings
from tests.fakes.records import Signer

TODAY = date(2026, 11, 23)
PRO, PREMIER, MICRO, LITE = (f"amazon.nova-{size}-v1:0" for size in ("pro", "premier", "micro", "lite"))
HAIKU_3, SONNET = "anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-5-sonnet-20241022-v2:0"
HAIKU_3_5, HAIKU_5_5 = "anthropic.claude-3-5-haiku-20241022-v1:0", "anthropic.claude-haiku-5-5"
LLAMA_8B, LLAMA_70B = "meta.llama3-1-8b-instruct-v1:0", "meta.llama3-1-70b-instruct-v1:0"
LLAMA_3_3 = "meta.llama3-3-70b-instruct-v1:0"
TEACHER, STUDENT = "recipes/support/teacher", "recipes/support/student"
HOSTING, PRICE = "recipes/support/hosting", "recipes/support/unit_price_usd_per_hour"
HOURS, HOURS_KEY = "recipes/support/business_hours", "recipes.support.business_hours"
OPEN = {"opens": "08:00", "closes": "18:00", "timezone": "Europe/Berlin"}
COMMITMENT, COMMITMENT_KEY = "recipes/support/commitment", "recipes.support.commitment"
ACKNOWLEDGED = f"{COMMITMENT}_acknowledged"
COMMITTED = {HOSTING: "provisioned", PRICE: 20, COMMITMENT: "one-month", ACKNOWLEDGED: TODAY}
ALL_DAYS = [day.value for day in Weekday]
FALLBACK = "routes/fast/fallback"
LOGS, LOGGING = "recipes/support/logs", "logging"
SOURCE, KEPT = {"match": {"distillery:route": "teacher"}}, {"keep_days": 30}
DIRECT = {**SOURCE, "how": "direct", "anybody_may_teach": TODAY}
LLAMA = {TEACHER: LLAMA_3_3, STUDENT: LLAMA_8B, "home_region": "us-west-2", HOSTING: "provisioned", PRICE: 20}

PERSONAL = "recipes/support/curation/personal_data"
UNREAD = {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: DIRECT, PERSONAL: "report"}
"""A job that reads the logs itself."""

Build = Callable[..., Settings]

PEM = Signer().public.pem
HAIKU_4_5, SONNET_1 = "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-3-5-sonnet-20240620-v1:0"
JUDGE, FUNCTION = "recipes.support.graders[0].model", "recipes.support.graders[0].arn"


def judged_by(model: str, **options: Any) -> list[dict[str, Any]]:
    return [{"kind": "judge", "options": {"model": model, **options}}]


def scored_by(arn: str) -> list[dict[str, Any]]:
    return [{"kind": "function", "options": {"arn": arn}}]


def acknowledged(model: str, until: date) -> list[dict[str, Any]]:
    return [{"model": model, "until": until, "reason": "kept as a record"}]


def test_sound_settings_have_no_finding(settings: Build) -> None:
    assert list(findings(settings(), TODAY)) == []


PRINCIPALS = "routes/fast/principals"
REFUSED: dict[str, tuple[dict[str, Any], date, tuple[str, str, str, str]]] = {
    "a canary of all callers": (
        {"recipes/support/canary": {"share": 1.0}},
        TODAY,
        ("recipes.support.canary.share", "it is 1.0", "0.01 to 0.5", "every tenth caller"),
    ),
    "a canary that business hours always end": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: OPEN, "recipes/support/canary": {"minutes": 566}},
        TODAY,
        ("recipes.support.canary.minutes", "from 08:00 to 18:00 end it before", "at most 565", "longer hours"),
    ),
    "a ceiling without room for a canary": (
        {HOSTING: "provisioned", PRICE: 4, "recipes/support/canary": {"share": 0.1}, "max_model_units": 2},
        TODAY,
        ("max_model_units", "1 for a canary", "3 or more", "raise it"),
    ),
    "a traffic of nothing": (
        {"recipes/support/expected_traffic": {"requests_per_day": 0, "input_tokens": 800, "output_tokens": 60}},
        TODAY,
        ("recipes.support.expected_traffic", "requests_per_day=0", "at least 1", "remove it to compare nothing"),
    ),
    "business hours of a deployment": (
        {HOURS: OPEN},
        TODAY,
        (HOURS_KEY, "costs nothing while nobody calls it", "where hosting is 'provisioned'", "remove them"),
    ),
    "business hours at no time": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "opens": "8"}},
        TODAY,
        (f"{HOURS_KEY}.opens", "'8' is no time", "from 00:00 to 24:00", '"08:00"'),
    ),
    "business hours over midnight": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "opens": "20:00"}},
        TODAY,
        (f"{HOURS_KEY}.closes", "it is 18:00, and opens is 20:00", "on the same day", "write a later time"),
    ),
    "business hours without an end": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "opens": "00:00", "closes": "24:00", "days": ALL_DAYS}},
        TODAY,
        (HOURS_KEY, "every hour of the week", "some are left out", "remove them"),
    ),
    "business hours on no day": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "days": []}},
        TODAY,
        (f"{HOURS_KEY}.days", "it is []", "one or more days", "remove the key for monday to friday"),
    ),
    "business hours on a day twice": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "days": ["monday", "monday"]}},
        TODAY,
        (f"{HOURS_KEY}.days", "['monday', 'monday']", "each once", "write the days"),
    ),
    "business hours nowhere": (
        {HOSTING: "provisioned", PRICE: 20, HOURS: {**OPEN, "timezone": "Europe/Atlantis"}},
        TODAY,
        (f"{HOURS_KEY}.timezone", "'Europe/Atlantis' is no time zone", "IANA", "Europe/Berlin"),
    ),
    "a commitment that nobody acknowledged": (
        {**COMMITTED, ACKNOWLEDGED: None},
        TODAY,
        (f"{COMMITMENT_KEY}_acknowledged", "it is missing", "such as 2026-11-23", "acknowledged what the commitment"),
    ),
    "an acknowledgement of nothing": (
        {**COMMITTED, COMMITMENT: None},
        TODAY,
        (f"{COMMITMENT_KEY}_acknowledged", "there is no commitment", "where there is", "remove it"),
    ),
    "a commitment that is acknowledged tomorrow": (
        {**COMMITTED, ACKNOWLEDGED: date(2026, 11, 24)},
        TODAY,
        (f"{COMMITMENT_KEY}_acknowledged", "2026-11-24, in the future", "until 2026-11-23", "write the day"),
    ),
    "a commitment of a deployment": (
        {**COMMITTED, HOSTING: "on-demand"},
        TODAY,
        (COMMITMENT_KEY, "'on-demand', which has no commitments", "where hosting is 'provisioned'", "remove"),
    ),
    "a commitment with business hours": (
        {**COMMITTED, HOURS: OPEN},
        TODAY,
        (COMMITMENT_KEY, "cannot be deleted when they close", "or business hours", "remove one of them"),
    ),
    "principals that are everybody": (
        {PRINCIPALS: ["user/ana", "*"]},
        TODAY,
        ("routes.fast.principals[1]", "'*' is not the pattern of a principal", "'user/NAME'", "or remove it"),
    ),
    "a principal that is a role, which nobody calls as": (
        {PRINCIPALS: ["role/shop"]},
        TODAY,
        (
            "routes.fast.principals[0]",
            "a caller's ARN is that of a session of the role",
            "'assumed-role/NAME/SESSION'",
            "write one",
        ),
    ),
    "every role of the account": (
        {"routes/distilled\N{DIVISION SLASH}support": {"principals": ["assumed-role/*/*"]}},
        TODAY,
        ("routes.distilled/support.principals[0]", "matches every role", "with * and ?", "write one"),
    ),
    "a decider that is a role, which nobody signs as": (
        {"recipes/support/deciders": ["user/ana", "role/leads"]},
        TODAY,
        (
            "recipes.support.deciders[1]",
            "a caller's ARN is that of a session of the role",
            "'assumed-role/NAME/SESSION'",
            "write one",
        ),
    ),
    "deciders that are everybody": (
        {"recipes/support/deciders": ["assumed-role/*/*"]},
        TODAY,
        ("recipes.support.deciders[0]", "matches every role", "'user/NAME'", "without any, everyone with the policy"),
    ),
    "a promotion window over midnight": (
        {"promotion": {"window": {**OPEN, "opens": "20:00"}}},
        TODAY,
        ("promotion.window.closes", "it is 18:00, and opens is 20:00", "on the same day", "write a later time"),
    ),
    "a promotion window at all times": (
        {"promotion": {"window": {**OPEN, "opens": "00:00", "closes": "24:00", "days": ALL_DAYS}}},
        TODAY,
        ("promotion.window", "every hour of the week", "some are left out", "remove them"),
    ),
    "a promotion window nowhere": (
        {"promotion": {"window": {**OPEN, "timezone": "Europe/Atlantis"}}},
        TODAY,
        ("promotion.window.timezone", "'Europe/Atlantis' is no time zone", "IANA", "Europe/Berlin"),
    ),
    "a promotion of nothing": (
        {"promotion": {"valid_days": 7}},
        TODAY,
        ("promotion", "it neither signs nor admits anything", "sign = true", "remove the table"),
    ),
    "an environment that is before itself": (
        {"promotion": {"through": ["test", "dev"], "public_keys": [PEM]}},
        TODAY,
        ("promotion.through", "would pass an environment twice", "each once", "come before dev"),
    ),
    "an environment without the key of the one before": (
        {"promotion": {"through": ["test"]}},
        TODAY,
        ("promotion.public_keys", "it is missing", "through and public_keys together", "key export"),
    ),
    "a key of no environment": (
        {"promotion": {"public_keys": [PEM]}},
        TODAY,
        ("promotion.through", "it is missing", "through and public_keys together", "key export"),
    ),
    "a key that is none": (
        {"promotion": {"through": ["test"], "public_keys": [PEM, PEM.replace("A", "B")]}},
        TODAY,
        ("promotion.public_keys[1]", "it cannot be read", "on the curve P-256 in PEM", "from BEGIN to END"),
    ),
    "models for other accounts without a record": (
        {"promotion": {"through": ["test"], "public_keys": [PEM], "share_with": ["222222222222"]}},
        TODAY,
        ("promotion.share_with", "there is no sign = true", "together with sign = true", "remove share_with"),
    ),
    "models of a base that Bedrock does not share": (
        {"promotion": {"through": ["test"], "public_keys": [PEM], "copy_from": ["222222222222"]}},
        TODAY,
        (
            "promotion.copy_from",
            f"between accounts: {MICRO}",
            "a student's base can be shared",
            "trains its own student",
        ),
    ),
    "models for the own account": (
        {"account": "222222222222", "promotion": {"sign": True, "share_with": ["222222222222"]}},
        TODAY,
        ("promotion.share_with", "is the account of this environment", "other accounts", "remove it"),
    ),
    "a quota of nothing": ({"quota": {"per": "day"}}, TODAY, ("quota", "it limits nothing", "tokens, usd", "remove")),
    "a quota that the longest answer does not fit into": (
        {"quota": {"per": "day", "tokens": 1024}},
        TODAY,
        ("quota.tokens", "1024 tokens are too few for a request to 'fast'", "more than the max_tokens", "raise it"),
    ),
    "a quota that the dearest answer does not fit into": (
        {"quota": {"per": "hour", "usd": 0.004096}},
        TODAY,
        ("quota.usd", "0.004096 is too little for any request to 'fast', whose", "more than the longest", "raise it"),
    ),
    "an ended model, naming the successor": (
        {"routes/haiku/model": HAIKU_3_5},
        TODAY,
        ("routes.haiku.model", "reached its end of life on 2026-06-19", "available on 2026-11-23", HAIKU_5_5),
    ),
    "a model on the very day of its end": (
        {"routes/haiku/model": HAIKU_3_5},
        date(2026, 6, 19),
        (
            "routes.haiku.model",
            "reached its end of life on 2026-06-19",
            "available on 2026-06-19",
            "choose another model",
        ),
    ),
    "a model whose end is sure and its day is not": (
        {
            "routes/haiku/model": SONNET,
            "inference_region": "us-west-2",
            "routes/fast": {"description": "x", "model": PRO},
        },
        TODAY,
        ("routes.haiku.model", "had ended by 2026-07-30", "available on", PRO),
    ),
    "an ended teacher": (
        {TEACHER: PREMIER},
        TODAY,
        ("recipes.support.teacher", "reached its end of life on 2026-09-14", "available on", PRO),
    ),
    "an ended model whose acknowledgement ran out": (
        {"routes/haiku/model": HAIKU_3_5, "acknowledged": acknowledged(HAIKU_3_5, date(2026, 11, 22))},
        TODAY,
        ("routes.haiku.model", "its acknowledgement expired on 2026-11-22", "acknowledged until then", "a later day"),
    ),
    "a Legacy student": (
        {TEACHER: SONNET, STUDENT: HAIKU_3, "home_region": "us-west-2", HOSTING: "provisioned", PRICE: 20},
        date(2026, 4, 1),
        ("recipes.support.student", "became Legacy on 2026-03-10", "available on 2026-04-01", MICRO),
    ),
    "a model before its first day": (
        {},
        date(2026, 10, 6),
        ("routes.haiku.model", "not offered before 2026-10-07", "offered on 2026-10-06", "2026-10-07 or later"),
    ),
    "a first day that no acknowledgement brings forward": (
        {"acknowledged": acknowledged(HAIKU_5_5, TODAY)},
        date(2026, 10, 6),
        ("routes.haiku.model", "not offered before 2026-10-07", "offered on 2026-10-06", "2026-10-07 or later"),
    ),
    "a model that the catalog does not know": (
        {TEACHER: "amazon.nova-por-v1:0"},
        TODAY,
        ("recipes.support.teacher", "'amazon.nova-por-v1:0'", "model ids of the catalog", PRO),
    ),
    "an acknowledgement of a model that is not in use": (
        {"acknowledged": acknowledged(HAIKU_3, date(2027, 1, 1))},
        TODAY,
        ("acknowledged[0].model", f"no recipe or route uses '{HAIKU_3}'", PRO, "remove"),
    ),
    "a model that is acknowledged twice": (
        {"acknowledged": 2 * acknowledged(PRO, date(2027, 1, 1))},
        TODAY,
        ("acknowledged[1].model", f"'{PRO}' is acknowledged twice", "once", "remove"),
    ),
    "a student that the teacher is not offered with": (
        {STUDENT: HAIKU_5_5, HOSTING: "on-demand"},
        TODAY,
        ("recipes.support.student", f"does not distil '{PRO}' into '{HAIKU_5_5}'", f"{PRO} into {MICRO}", "choose"),
    ),
    "a teacher that is none": (
        {TEACHER: MICRO, STUDENT: LITE},
        TODAY,
        ("recipes.support.student", f"'{MICRO}' into '{LITE}'", f"{PRO} into {LITE}; {PRO} into {MICRO}", "choose"),
    ),
    "a pair that is offered in another Region": (
        {"home_region": "us-west-2"},
        TODAY,
        (
            "recipes.support.student",
            "in us-east-1 only",
            f"in us-east-1: {PRO} into {LITE}",
            "home_region = 'us-east-1'",
        ),
    ),
    "a pair before its first day": (
        {**LLAMA, TEACHER: LLAMA_70B},
        date(2025, 4, 29),
        ("recipes.support.student", "from 2025-04-30", "in us-west-2 on 2025-04-29", "choose"),
    ),
    "on-demand hosting of a student that has none": (
        {**LLAMA, HOSTING: "on-demand"},
        TODAY,
        ("recipes.support.hosting", "Llama 3.1 8B", "'provisioned'", "hosting = 'provisioned'"),
    ),
    "on-demand hosting before it existed": (
        {},
        date(2025, 7, 15),
        ("recipes.support.hosting", "2025-07-16", "'provisioned'", "hosting = 'provisioned'"),
    ),
    "Provisioned Throughput without its price": (
        {HOSTING: "provisioned"},
        TODAY,
        ("recipes.support.unit_price_usd_per_hour", "missing", "more than 0", "write the price"),
    ),
    "a student whose training has no known price": (
        {STUDENT: "amazon.nova-lite-v1:0"},
        TODAY,
        (
            "recipes.support.training_usd_per_million_tokens",
            "no source gives a price",
            "more than 0",
            "write the price",
        ),
    ),
    "optimized latency in a Region without": (
        {"inference_region": "us-west-2"},
        TODAY,
        ("routes.fast.latency", f"for '{PRO}' to callers in us-west-2", "us-east-1 from", "'standard'"),
    ),
    "optimized latency of a model without": (
        {"routes/haiku/latency": "optimized"},
        TODAY,
        ("routes.haiku.latency", HAIKU_5_5, "in us-east-2 on 2026-11-23: Amazon Nova Pro", "'standard'"),
    ),
    "optimized latency before it was offered": (
        {},
        date(2025, 1, 1),
        ("routes.fast.latency", "not offered", "us-east-2 from 2025-07-20", "'standard'"),
    ),
    "a model that is not served to the inference Region": (
        {"inference_region": "sa-east-1", "routes/haiku": {"description": "x", "model": MICRO}},
        TODAY,
        ("routes.haiku.model", f"'{MICRO}' cannot be called from sa-east-1", "us-east-2", "inference_region"),
    ),
    "a home Region that Bedrock distils nothing in": (
        {"home_region": "us-east-3"},
        TODAY,
        ("home_region", "'us-east-3'", "us-east-1, us-west-2", "us-east-1"),
    ),
    "an inference Region that there is not": (
        {"inference_region": "us-eat-2"},
        TODAY,
        ("inference_region", "'us-eat-2'", "ca-central-1", "us-east-2"),
    ),
    "kept data in an account that is not named": (
        {"keep_data": True},
        TODAY,
        ("account", "missing", "12 digits", 'account = "'),
    ),
    "a tag in AWS's own name": (
        {"cost_tags": {"aws:owner": "me"}},
        TODAY,
        ("cost_tags.aws:owner", "'aws:owner'", "no key that begins with aws: or distillery:", "rename"),
    ),
    "a tag value that Bedrock does not take": (
        {"recipes/support/tags": {"owner": "me & you"}},
        TODAY,
        ("recipes.support.tags.owner", "'me & you'", "that match", "remove the other"),
    ),
    "a retention that CloudWatch does not offer": (
        {"log_retention_days": 100},
        TODAY,
        ("log_retention_days", "100 days", "90, 120", "write 90"),
    ),
    "data that ends before a run that reads it": (
        {"data_days": 9},
        TODAY,
        ("data_days", "it is 9", "10 to 3650: a run may take 10 days", "write 90"),
    ),
    "data without an end": (
        {"data_days": 1_000_000},
        TODAY,
        ("data_days", "it is 1000000", "10 to 3650", "write 90"),
    ),
    "a ceiling of model units without room for a candidate": (
        {HOSTING: "provisioned", PRICE: 4, "recipes/support/model_units": 2, "max_model_units": 3},
        TODAY,
        ("max_model_units", "it is 3, and the recipes need 2", "4 or more", "raise it"),
    ),
    "a budget below the smallest run": (
        {HOSTING: "provisioned", PRICE: 40, "recipes/support/budget_usd": 39},
        TODAY,
        ("recipes.support.budget_usd", "39 does not cover", "40.02 US dollars", "raise it"),
    ),
    "a month that does not pay for one run": (
        {"recipes/support/budget_usd": 30, "recipes/support/monthly_budget_usd": "29.99"},
        TODAY,
        ("recipes.support.monthly_budget_usd", "29.99, and one run may cost 30", "30 US dollars or more", "raise it"),
    ),
    "a month that does not pay for one run, as budget_usd is of itself": (
        {"recipes/support/monthly_budget_usd": 20},
        TODAY,
        ("recipes.support.monthly_budget_usd", "20, and one run may cost 25", "25 US dollars or more", "or remove it"),
    ),
    "a name with an underscore": (
        {"recipes": {"sup_port": {"teacher": PRO, "student": MICRO}}},
        TODAY,
        ("recipes.sup_port", "'sup_port'", "lower-case letters", "rename the table"),
    ),
    "a recipe's name that is too long": (
        {"recipes": {"a" * 21: {"teacher": PRO, "student": MICRO}}},
        TODAY,
        (f"recipes.{'a' * 21}", "21 characters", "at most 20", "rename the table"),
    ),
    "a route in a recipe's place": (
        {"routes/other\N{DIVISION SLASH}x": {"description": "x", "model": PRO}},
        TODAY,
        ("routes.other/x", "cannot be part of", "lower-case letters", "rename the table"),
    ),
    "a route of no recipe": (
        {"routes/distilled\N{DIVISION SLASH}suport": {"team": "x"}},
        TODAY,
        ("routes.distilled/suport", "no recipe 'suport'", "support", "near it: support"),
    ),
    "a route that is called as a word of policies": (
        {"routes/standard": {"description": "x", "model": PRO}},
        TODAY,
        ("routes.standard", "a word of fallback policies", "other names", "rename it"),
    ),
    "a route that is called as a recipe's": (
        {"routes/distilled-support": {"description": "x", "model": PRO}},
        TODAY,
        ("routes.distilled-support", "routes of recipes", "other names", "rename it"),
    ),
    "a fallback to nothing": (
        {FALLBACK: ["haku"]},
        TODAY,
        ("routes.fast.fallback[0]", "'haku' is neither", '"priority", "standard"', "near it: haiku"),
    ),
    "a priority tier of a model without": (
        {"routes/haiku/fallback": ["priority"]},
        TODAY,
        ("routes.haiku.fallback[0]", f"'{HAIKU_5_5}' has no priority tier", PRO, '"standard"'),
    ),
    "a fallback to what a step before it was": (
        {FALLBACK: ["haiku", HAIKU_5_5]},
        TODAY,
        ("routes.fast.fallback[1]", f"'{HAIKU_5_5}' is the same as an earlier step", "once", "remove it"),
    ),
    "a fallback of a standard route to standard": (
        {"routes/haiku/fallback": ["standard"]},
        TODAY,
        ("routes.haiku.fallback[0]", "'standard' is the same as an earlier step", "once", "remove it"),
    ),
    "a fallback to itself": (
        {FALLBACK: ["fast"]},
        TODAY,
        ("routes.fast.fallback[0]", "'fast' is the same as an earlier step", "once", "remove it"),
    ),
    "a tier of a distilled model": (
        {"routes/distilled\N{DIVISION SLASH}support": {"fallback": ["priority"]}},
        TODAY,
        ("routes.distilled/support.fallback[0]", "no tiers or latency modes", "other routes", "the teacher's"),
    ),
    "an ended model to fall back to": (
        {FALLBACK: ["standard", HAIKU_3_5]},
        TODAY,
        ("routes.fast.fallback[1]", "reached its end of life on 2026-06-19", "available on", HAIKU_5_5),
    ),
    "a model to fall back to that is not served there": (
        {"inference_region": "eu-west-2", FALLBACK: [MICRO, LLAMA_3_3]},
        TODAY,
        ("routes.fast.fallback[1]", f"'{LLAMA_3_3}' cannot be called from eu-west-2", "us-east-2", "another"),
    ),
    "a team that Bedrock does not take as a tag": (
        {"routes/fast/team": "me & you"},
        TODAY,
        ("routes.fast.team", "'me & you'", "that match", "remove the other"),
    ),
    "a cost centre with a space": (
        {"routes/haiku/cost_centres": ["the shop"]},
        TODAY,
        ("routes.haiku.cost_centres[0]", "'the shop'", "lower-case letters", "rename it"),
    ),
    "a cost centre that is named twice": (
        {"routes/haiku/cost_centres": ["shop", "shop"]},
        TODAY,
        ("routes.haiku.cost_centres", "named twice", "once", "remove one"),
    ),
    "cost centres of optimized latency alone": (
        {"routes/fast/cost_centres": ["shop"]},
        TODAY,
        ("routes.fast.cost_centres", "optimized latency has none", "standard latency", 'fallback = ["standard"]'),
    ),
    "more cost centres than a role's policies can name": (
        {f"routes/r{n}": {"description": "x", "model": PRO, "cost_centres": ["a", "b", "c"]} for n in range(10)},
        TODAY,
        ("routes", "42 application inference profiles", "at most 40", "leave out"),
    ),
    "more cost centres than a parameter holds": (
        {FALLBACK: ["priority", "standard", "haiku"], "routes/fast/cost_centres": [f"centre-{n}" for n in range(14)]},
        TODAY,
        ("routes.fast", "its map would have 5", "at most 4000", "leave out cost centres"),
    ),
    "logs to collect where nobody logs": (
        {LOGS: SOURCE},
        TODAY,
        ("recipes.support.logs", "owns no invocation logs", "[logging]", "add [logging] with keep_days"),
    ),
    "logs kept for no time": (
        {LOGGING: {"keep_days": 0}},
        TODAY,
        ("logging.keep_days", "it is 0", "at least 1", "write 30"),
    ),
    "logs from further back than they are kept": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "days": 31}},
        TODAY,
        ("recipes.support.logs.days", "it is 31, and logs are kept for 30", "1 to 30", "raise logging.keep_days"),
    ),
    "a schedule that is none": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "schedule": "weekly"}},
        TODAY,
        ("recipes.support.logs.schedule", "it is 'weekly'", "rate(7 days)", "collect by hand"),
    ),
    "logs of everything": (
        {LOGGING: KEPT, LOGS: {"match": {}}},
        TODAY,
        ("recipes.support.logs.match", "it has 0 pairs", "1 to 16 pairs", "distillery:route"),
    ),
    "metadata that Bedrock would refuse": (
        {LOGGING: KEPT, LOGS: {"match": {"who?": "me"}}},
        TODAY,
        ("recipes.support.logs.match.who?", "'who?' = 'me'", "1 to 256 characters", "remove the other characters"),
    ),
    "more metadata than a query takes": (
        {LOGGING: KEPT, LOGS: {"match": {f"k{i}": "v" * 200 for i in range(5)}, "how": "athena"}},
        TODAY,
        ("recipes.support.logs.match", "its pairs have", "about 924 characters", "match fewer"),
    ),
    "a job that reads logs of another Region": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "how": "direct"}},
        TODAY,
        ("recipes.support.logs.how", "calls are logged in us-east-2", "'read' or 'athena'", "how = 'athena'"),
    ),
    "a direct job with an operator that takes no further pair": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: {**SOURCE, "how": "direct", "operator": "not"}},
        TODAY,
        ("recipes.support.logs.operator", "it is 'not' over 1 pairs", "'and' over at most 15", "operator = 'and'"),
    ),
    "a direct job that is told a side": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: {**DIRECT, "match": {"distillery:side": "heldout"}}},
        TODAY,
        ("recipes.support.logs.match", "it has distillery:side", "other pairs", "remove it"),
    ),
    "calls of whoever made them, by schedule": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "schedule": "rate(7 days)"}},
        TODAY,
        ("recipes.support.logs.principals", "names no principals", "at least one pattern", "or remove schedule"),
    ),
    "calls of whoever made them, queried by schedule": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "how": "athena", "schedule": "rate(7 days)", "principals": []}},
        TODAY,
        ("recipes.support.logs.principals", "names no principals", "at least one pattern", "or remove schedule"),
    ),
    "principals that admit everybody": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "principals": ["user/ana", "assumed-role/*/*"]}},
        TODAY,
        ("recipes.support.logs.principals[1]", "every role of the account", "'assumed-role/support-app/*'", "name"),
    ),
    "a role where its sessions are meant": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "principals": ["arn:aws:iam::111122223333:role/app"]}},
        TODAY,
        (
            "recipes.support.logs.principals[0]",
            "is a role, but a caller's ARN is that of a session",
            "patterns",
            "in this form",
        ),
    ),
    "more principals than a query takes": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "how": "athena", "principals": [f"user/{n}{'a' * 60}" for n in range(10)]}},
        TODAY,
        ("recipes.support.logs.principals", "they have 1", "1024 characters in total", "name fewer"),
    ),
    "personal data that a job would learn unasked": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: DIRECT, "recipes/support/curation": {}},
        TODAY,
        ("recipes.support.curation.personal_data", "it is 'mask'", "'ignore', stated explicitly", "how = 'athena'"),
    ),
    "a refusal of personal data in prompts that nobody here reads": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: DIRECT, PERSONAL: "reject"},
        TODAY,
        ("recipes.support.curation.personal_data", "it is 'reject'", "if how = 'direct'", "trained on personal data"),
    ),
    "a selection among calls that the job takes all of": (
        {**UNREAD, "recipes/support/curation/too_many": "select"},
        TODAY,
        (
            "recipes.support.curation.too_many",
            "it is 'select'",
            "'reject', its default, if how = 'direct'",
            "remove it",
        ),
    ),
    "fewer prompts than the job takes": (
        {**UNREAD, "recipes/support/curation/most_prompts": 500},
        TODAY,
        ("recipes.support.curation.most_prompts", "it is '500'", "its default, if how = 'direct'", "how = 'read' or"),
    ),
    "principals that a job does not see": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: {**DIRECT, "principals": ["user/ana"]}},
        TODAY,
        ("recipes.support.logs.principals", "cannot filter by principal", "if how = 'direct'", "remove principals"),
    ),
    "a job that learns from whoever called, which nobody acknowledged": (
        {LOGGING: KEPT, "inference_region": "us-east-1", LOGS: {**SOURCE, "how": "direct"}},
        TODAY,
        ("recipes.support.logs.anybody_may_teach", "trains on everyone", "the day", f"anybody_may_teach = {TODAY}"),
    ),
    "an acknowledgement of tomorrow": (
        {
            LOGGING: KEPT,
            "inference_region": "us-east-1",
            LOGS: {**DIRECT, "anybody_may_teach": TODAY + timedelta(days=1)},
        },
        TODAY,
        (
            "recipes.support.logs.anybody_may_teach",
            "which is in the future",
            f"{TODAY} or an earlier day",
            "somebody checked that every caller may teach",
        ),
    ),
    "an acknowledgement in place of principals": (
        {LOGGING: KEPT, LOGS: {**SOURCE, "schedule": "rate(7 days)", "anybody_may_teach": TODAY}},
        TODAY,
        ("recipes.support.logs.anybody_may_teach", "which filters callers", "no such key", "name principals"),
    ),
    "a contender that the catalog does not know": (
        {"recipes/support/contenders": ["anthropic.haiku"]},
        TODAY,
        ("recipes.support.contenders[0]", "'anthropic.haiku'", "model ids of the catalog", HAIKU_5_5),
    ),
    "an ended contender": (
        {"recipes/support/contenders": [HAIKU_5_5, HAIKU_3_5]},
        TODAY,
        ("recipes.support.contenders[1]", "reached its end of life", "available on", HAIKU_5_5),
    ),
    "a contender that is named twice": (
        {"recipes/support/contenders": [HAIKU_5_5, HAIKU_5_5]},
        TODAY,
        ("recipes.support.contenders[1]", "named twice", "once", "remove"),
    ),
    "answers longer than the student gives": (
        {"recipes/support/max_answer_tokens": 10_001},
        TODAY,
        ("recipes.support.max_answer_tokens", "of student refuses 10001 max tokens", "up to 10000", "lower"),
    ),
    "answers that leave a contender no room to think": (
        {"recipes/support/max_answer_tokens": 127_000, "recipes/support/contenders": [HAIKU_5_5]},
        TODAY,
        ("recipes.support.max_answer_tokens", "of contenders refuses 129000 max tokens", "up to 128000", "lower"),
    ),
    "a contender that is not called from home": (
        {"recipes/support/contenders": ["meta.llama3-1-405b-instruct-v1:0"]},
        date(2025, 6, 1),
        ("recipes.support.contenders[0]", "cannot be called from us-east-1", "home_region", "another model"),
    ),
    "an option that a grader does not have": (
        {"recipes/support/graders": [{"kind": "label"}, {"kind": "overlap", "language": "de"}]},
        TODAY,
        ("recipes.support.graders[1]", "language", "the kind 'overlap'", "remove"),
    ),
    "a pattern that is none": (
        {"recipes/support/graders": [{"kind": "pattern", "options": {"pattern": "("}}]},
        TODAY,
        ("recipes.support.graders[0]", "RE2 refuses", "docs/graders.md", "correct"),
    ),
    "a grader without the option that it needs": (
        {"recipes/support/grader": "pattern"},
        TODAY,
        ("recipes.support.grader", "lacks ['pattern']", "no options", "[[recipes.support.graders]]"),
    ),
    "a judge that is the teacher": (
        {TEACHER: PRO, "recipes/support/graders": judged_by(PRO)},
        TODAY,
        (JUDGE, "would judge its own answers: it is the teacher", "does not ask", "another judge"),
    ),
    "a judge that is another version of a contender": (
        {"recipes/support/contenders": [SONNET], "recipes/support/graders": judged_by(SONNET_1)},
        date(2025, 6, 1),
        (JUDGE, f"it is another version of the contender {SONNET}", "does not ask", "another judge"),
    ),
    "a judge that Bedrock does not let judge": (
        {"recipes/support/graders": judged_by(HAIKU_5_5)},
        TODAY,
        (JUDGE, f"does not let {HAIKU_5_5!r} judge", HAIKU_4_5, "choose one"),
    ),
    "a judge that its model card excludes": (
        {"recipes/support/graders": judged_by("amazon.nova-2-lite-v1:0")},
        TODAY,
        (JUDGE, "does not let 'amazon.nova-2-lite-v1:0' judge", HAIKU_4_5, "choose one"),
    ),
    "a judge that has ended": (
        {"recipes/support/graders": judged_by(SONNET_1)},
        TODAY,
        (JUDGE, "had ended by", "available on", "acknowledge"),
    ),
    "a judge that the catalog does not know": (
        {"recipes/support/graders": judged_by("amazon.nova-pro")},
        TODAY,
        (JUDGE, "has no model 'amazon.nova-pro'", "of the catalog", PRO),
    ),
    "a judge that is not called from home": (
        {"home_region": "us-east-1", "recipes/support/graders": judged_by(SONNET)},
        date(2025, 6, 1),
        (JUDGE, "cannot be called from us-east-1", "home_region", "another model"),
    ),
    "a judge whose criteria have a variable": (
        {"recipes/support/graders": judged_by(HAIKU_4_5, criteria="{{prediction}} is good")},
        TODAY,
        ("recipes.support.graders[0]", "reads as a variable", "docs/graders.md", "correct"),
    ),
    "a function of another Region": (
        {"recipes/support/graders": scored_by("arn:aws:lambda:eu-west-1:111122223333:function:score")},
        TODAY,
        (FUNCTION, "is in eu-west-1", "us-east-1, the home_region", "deploy"),
    ),
    "a function of another account": (
        {
            "account": "222222222222",
            "recipes/support/graders": scored_by("arn:aws:lambda:us-east-1:111122223333:function:score:live"),
        },
        TODAY,
        (FUNCTION, "in the account 111122223333", "222222222222, the environment's", "deploy"),
    ),
    "a function without an ARN": (
        {"recipes/support/graders": scored_by("score")},
        TODAY,
        ("recipes.support.graders[0]", "arn is 'score'", "docs/graders.md", "correct"),
    ),
}


@pytest.mark.parametrize(("changes", "on", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(changes: dict[str, Any], on: date, words: tuple[str, str, str, str], settings: Build) -> None:
    where, *clauses = words
    found = list(findings(settings(changes), on))
    said = [(one.wrong, one.allowed, one.fix) for one in found if one.where == where]
    assert any(all(map(contains, one, clauses)) for one in said), "\n".join(map(str, found))


@pytest.mark.parametrize(
    "graders", [judged_by(HAIKU_4_5), scored_by("arn:aws:lambda:us-east-1:111122223333:function:score:live")]
)
def test_judges_and_functions_that_can_score_have_no_finding(graders: list[dict[str, Any]], settings: Build) -> None:
    changes = {"account": "111122223333", "recipes/support/graders": graders}
    assert list(findings(settings(changes), TODAY)) == []


@pytest.mark.parametrize("acknowledged", [TODAY, date(2025, 1, 1)], ids=["today", "long ago, beside a live endpoint"])
@pytest.mark.parametrize("term", ["one-month", "six-months"])
def test_an_acknowledged_commitment_has_no_finding(term: str, acknowledged: date, settings: Build) -> None:
    changes = {**COMMITTED, COMMITMENT: term, ACKNOWLEDGED: acknowledged}
    assert list(findings(settings(changes), TODAY)) == []


BOUNDS = {
    "heldout_share": (0.0, 1.0, -0.1, float("nan")),
    "heldout_max": (0, -1),
    "split_group": (":", "Customer:", "a\nb", "x" * 65),
    "max_answer_tokens": (0,),
    "min_score": (-0.01, 1.01, float("inf")),
    "teacher_margin": (-0.01, 1.01),
    "min_gain": (-0.01, 1.01),
    "budget_usd": (0, -5),
    "max_bad_lines": (0, 1001),
    "model_units": (0,),
    "unit_price_usd_per_hour": (0, -1),
    "training_usd_per_million_tokens": (0, -4),
}


CANARY_BOUNDS = {
    "share": (0.0, 0.009, 0.51, 1.0, float("nan")),
    "minutes": (0, 9, 10_081),
    "min_calls": (0, -1),
    "max_error_increase": (-0.01, 1.0),
    "max_refusal_increase": (-0.01, 1.0),
    "max_fallback_increase": (-0.01, 1.0),
    "max_latency_ratio": (1.0, 0.5, float("nan")),
    "max_cost_ratio": (1.0, 0.5),
}


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [(OPEN, 565), ({**OPEN, "opens": "00:00", "closes": "24:00", "days": ALL_DAYS[:5]}, 1440)],
)
def test_a_canary_that_ends_within_business_hours_has_no_finding(
    hours: dict[str, Any], minutes: int, settings: Build
) -> None:
    said = {HOSTING: "provisioned", PRICE: 4, HOURS: hours, "recipes/support/canary": {"minutes": minutes}}
    assert [each for each in findings(settings(said), TODAY) if "canary" in each.where] == []


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in CANARY_BOUNDS.items() for value in values]
)
def test_a_number_of_a_canary_out_of_its_range_is_the_only_finding(field: str, value: float, settings: Build) -> None:
    (finding,) = findings(settings({"recipes/support/canary": {field: value}}), TODAY)
    assert (finding.where, finding.wrong) == (f"recipes.support.canary.{field}", f"it is {value}")


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BOUNDS.items() for value in values])
def test_a_number_out_of_its_range_is_the_only_finding(field: str, value: float, settings: Build) -> None:
    (finding,) = findings(settings({f"recipes/support/{field}": value}), TODAY)
    assert finding.where == f"recipes.support.{field}"
    assert finding.wrong == f"it is {value}"


TAUGHT_BY: dict[str, dict[str, Any]] = {
    "read": {"principals": ["assumed-role/support-app/*", "user/ana"]},
    "athena": {"principals": [f"user/{n}" for n in range(12)]},
    "direct": {"anybody_may_teach": TODAY},
}


@pytest.mark.parametrize("how", TAUGHT_BY)
@pytest.mark.parametrize("schedule", [None, "rate(7 days)", "cron(0 6 ? * MON *)"])
def test_logs_as_a_source_have_no_finding(how: str, schedule: str | None, settings: Build) -> None:
    source = {**SOURCE, "how": how, **({"schedule": schedule} if schedule else {}), **TAUGHT_BY[how]}
    changes: dict[str, Any] = {LOGGING: KEPT, LOGS: source, "inference_region": "us-east-1"}
    if how == "direct":
        changes[PERSONAL] = "report"
    assert list(findings(settings(changes), TODAY)) == []


@pytest.mark.parametrize("how", ["read", "athena"])
def test_what_callers_wrote_is_masked_unless_the_recipe_says_otherwise(how: str, settings: Build) -> None:
    """Otherwise enabling collection would train a student on card numbers that callers sent to another model."""
    collected = {LOGGING: KEPT, LOGS: {**SOURCE, "how": how}, "recipes/support/curation": {"likeness": 0.9}}
    curation = settings(collected).recipes["support"].curation
    assert (curation.personal_data, curation.likeness) == (PersonalData.MASK, 0.9)
    for said in PersonalData:
        assert settings({**collected, PERSONAL: said.value}).recipes["support"].curation.personal_data is said


@pytest.mark.parametrize("wanted", PersonalData)
def test_a_job_that_reads_logs_itself_promises_nothing_about_personal_data(
    wanted: PersonalData, settings: Build
) -> None:
    """Whoever writes that it is masked or rejected would train a student on it: nobody here reads those calls."""
    refused = {finding.where for finding in findings(settings({**UNREAD, PERSONAL: wanted.value}), TODAY)}
    promise = {PersonalData.MASK, PersonalData.REJECT}
    assert refused == ({"recipes.support.curation.personal_data"} if wanted in promise else set())


@pytest.mark.parametrize("how", LogReadMode)
@pytest.mark.parametrize("key", [field.name for field in fields(Curation) if field.name != "personal_data"])
def test_a_job_that_reads_logs_itself_promises_no_curation(key: str, how: LogReadMode, settings: Build) -> None:
    """Also of keys to come: each of them with another value than its default, whatever it says."""
    default = getattr(Curation(), key)
    others = {float: 0.5, int: 200}
    other = (
        next(one.value for one in type(default) if one != default)
        if isinstance(default, Enum)
        else others.get(type(default), "passage")
    )
    made = settings(
        {**UNREAD, LOGS: {**SOURCE, "how": how.value, **TAUGHT_BY[how]}, f"recipes/support/curation/{key}": other}
    )
    refused = {finding.where for finding in findings(made, TODAY)}
    assert refused == ({f"recipes.support.curation.{key}"} if how is LogReadMode.DIRECT else set())


def test_prompts_that_somebody_uploads_are_reported_on_as_before(settings: Build) -> None:
    assert settings({"recipes/support/curation": {}}).recipes["support"].curation.personal_data is PersonalData.REPORT


def one_each(settings: Settings, on: date) -> list[ConfigFinding]:
    return list(findings(settings, on))


def test_a_dead_model_gives_one_finding_and_not_one_per_check(settings: Build) -> None:
    launch = {TEACHER: SONNET, STUDENT: HAIKU_3, "home_region": "us-west-2", HOSTING: "provisioned", PRICE: 20}
    found = one_each(settings({**launch, "routes/fast/model": HAIKU_3_5}), TODAY)
    assert [finding.where for finding in found] == [
        "recipes.support.teacher",
        "recipes.support.student",
        "routes.fast.model",
    ]


def test_an_acknowledgement_excuses_a_model_s_end_and_nothing_else(settings: Build) -> None:
    known = acknowledged(HAIKU_3_5, date(2027, 1, 1))
    changes = {"routes/fast/model": HAIKU_3_5, "acknowledged": known}
    assert one_each(settings(changes), TODAY) == []
    (finding,) = findings(settings({**changes, "inference_region": "us-east-1"}), TODAY)
    assert finding.where == "routes.fast.latency"


def test_an_acknowledgement_holds_on_its_last_day(settings: Build) -> None:
    changes = {"routes/haiku/model": HAIKU_3_5, "acknowledged": acknowledged(HAIKU_3_5, TODAY)}
    assert one_each(settings(changes), TODAY) == []


def test_every_check_refuses_something_in_the_table_above(settings: Build) -> None:
    idle = set(CHECKS)
    for changes, on, _ in REFUSED.values():
        idle -= {check for check in idle if list(check(settings(changes), on))}
    for field, values in BOUNDS.items():
        broken = settings({f"recipes/support/{field}": values[0]})
        idle -= {check for check in idle if list(check(broken, TODAY))}
    assert idle == set()
