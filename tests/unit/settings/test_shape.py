"""Keys and values of the wrong type, reported for users who edit a TOML file."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from distillery.settings import ConfigError
from distillery.settings.reading import parse

Edit = Callable[..., dict[str, Any]]

BROKEN: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    "an unknown key": (
        {"hom_region": "x"}, "hom_region", "'hom_region' is not a setting", "home_region", "near it: home_region"
    ),
    "a commitment in the words of the API": (
        {"recipes/support/commitment": "OneMonth"}, "recipes.support.commitment", "it is 'OneMonth'",
        "'one-month' or 'six-months'", "what is allowed",
    ),
    "an acknowledgement in quotes": (
        {"recipes/support/commitment_acknowledged": "2026-11-23"}, "recipes.support.commitment_acknowledged",
        "it is '2026-11-23'", "without quotes", "what the commitment bills",
    ),
    "an unknown key of a recipe": (
        {"recipes/support/techer": "x"}, "recipes.support.techer", "'techer'", "teacher", "near it: teacher"
    ),
    "an unknown key of a route": (
        {"routes/fast/latncy": "x"}, "routes.fast.latncy", "'latncy'", "latency, max_tokens, model", "near it: latency"
    ),
    "a model of a recipe's route": (
        {"routes/distilled\N{DIVISION SLASH}support": {"model": "x"}},
        "routes.distilled/support.model",
        "'model' is not a setting", "fallback, max_tokens, principals, team", "remove it",
    ),
    "a fallback that is no list": (
        {"routes/fast/fallback": "standard"}, "routes.fast.fallback", "it is 'standard'", '["standard"]', "allowed"
    ),
    "no tokens at all": (
        {"routes/fast/max_tokens": 0}, "routes.fast.max_tokens", "it is 0", "at least 1", "what is allowed"
    ),
    "a route for nobody": (
        {"routes/fast/principals": []}, "routes.fast.principals", "it is []", "principals that may", "what is allowed"
    ),
    "principals that are no list": (
        {"routes/fast/principals": "user/ana"}, "routes.fast.principals", "'user/ana'", "principals that may", "allowed"
    ),
    "an unknown key of an acknowledgement": (
        {"acknowledged": [{"modle": "x"}]}, "acknowledged[0].modle", "'modle'", "model, reason, until", "near it: model"
    ),
    "a name that the table's heading gives": (
        {"recipes/support/name": "x"}, "recipes.support.name", "'name' is not a setting", "teacher", "remove it"
    ),
    "a way that follows from the model": (
        {"routes/fast/profile": "x"}, "routes.fast.profile", "'profile' is not a setting", "model", "remove it"
    ),
    "a missing Region": (
        {"home_region": None}, "home_region", "'home_region' is missing", "us-east-1", "write home_region = …"
    ),
    "a recipe without a teacher": (
        {"recipes": {"a": {"student": "x"}}},
        "recipes.a.teacher", "'teacher' is missing", "a model id", "write teacher = …",
    ),
    "a route without a model": (
        {"routes": {"a": {"description": "x"}}}, "routes.a.model", "'model' is missing", "a model id", "write model = …"
    ),
    "an account that is a number": (
        {"account": 222222222222}, "account", "it is 222222222222", "12 digits in quotes", "what is allowed"
    ),
    "an account of eleven digits": (
        {"account": "22222222222"}, "account", "it is '22222222222'", "12 digits in quotes", "what is allowed"
    ),
    "an address without an @": (
        {"notify": ["me"]}, "notify[0]", "it is 'me'", "me@example.com", "what is allowed"
    ),
    "a reservation of nothing, which would answer nobody": (
        {"reserved_concurrency": 0}, "reserved_concurrency", "it is 0", "1: concurrent requests", "what is allowed"
    ),
    "a reservation that is a switch": (
        {"reserved_concurrency": True}, "reserved_concurrency", "it is True", "1: concurrent", "what is allowed"
    ),
    "an environment whose name cannot be one": (
        {"promotion": {"through": ["Dev"]}}, "promotion.through[0]", "it is 'Dev'", "the names", "what is allowed"
    ),
    "an unknown key of a promotion": (
        {"promotion": {"signs": True}}, "promotion.signs", "'signs' is not a setting", "sign, ", "sign"
    ),
    "a quota by the week": (
        {"quota": {"per": "week", "tokens": 1}}, "quota.per", "it is 'week'", "'hour' or 'day'", "what is allowed"
    ),
    "a quota by nothing": ({"quota": {"tokens": 1}}, "quota.per", "'per' is missing", "'hour' or 'day'", "write per"),
    "a quota below nothing": (
        {"quota": {"per": "day", "usd": -1}}, "quota.usd", "it is -1", "US dollars, more than 0", "what is allowed"
    ),
    "an unknown key of a quota": (
        {"quota": {"per": "day", "tokns": 1}}, "quota.tokns", "'tokns' is not a setting", "per, tokens, usd", "tokens"
    ),
    "a hosting mode that there is not": (
        {"recipes/support/hosting": "serverless"},
        "recipes.support.hosting", "it is 'serverless'", "'on-demand' or 'provisioned'", "what is allowed",
    ),
    "a latency that there is not": (
        {"routes/fast/latency": "quick"}, "routes.fast.latency", "'quick'", "'standard' or 'optimized'", "allowed"
    ),
    "an acknowledgement without a reason": (
        {"acknowledged": [{"model": "x", "until": "2027-01-01", "reason": "-"}]},
        "acknowledged[0].reason", "it is '-'", "at least 10 characters", "what is allowed",
    ),
    "an acknowledgement without a day": (
        {"acknowledged": [{"model": "x", "reason": "because I say so"}]},
        "acknowledged[0].until", "'until' is missing", "2027-12-31", "write until = …",
    ),
    "recipes that are no tables": ({"recipes": "x"}, "recipes", "it is 'x'", "[recipes.<name>]", "dev.toml"),
    "a recipe that is no table": ({"recipes": {"a": 5}}, "recipes.a", "it is 5", "[recipes.<name>]", "allowed"),
    "acknowledgements in one table": (
        {"acknowledged": {"model": "x"}}, "acknowledged", "it is {", "[[acknowledged]]", "dev.toml"
    ),
    "an unknown key of a recipe's logs": (
        {"recipes/support/logs": {"match": {"a": "b"}, "hwo": "read"}},
        "recipes.support.logs.hwo", "'hwo' is not a setting", "match, operator", "near it: how",
    ),
    "an unknown key of the logging": (
        {"logging": {"keep_days": 1, "keep": 2}}, "logging.keep", "'keep' is not a setting", "keep_days", "keep_days"
    ),
    "a logging without days": (
        {"logging": {"replace": True}}, "logging.keep_days", "'keep_days' is missing", "days that", "keep_days = …"
    ),
    "a logging that is no table": ({"logging": "all"}, "logging", "it is 'all'", "[logging]", "dev.toml"),
    "a trail without days": ({"trail": {}}, "trail.keep_days", "'keep_days' is missing", "1 to 3650", "keep_days = …"),
    "a trail that is switched on": ({"trail": True}, "trail", "it is True", "[trail]", "dev.toml"),
    "a trail kept for no time": (
        {"trail": {"keep_days": 0}}, "trail.keep_days", "it is 0", "a whole number of days", "what is allowed"
    ),
    "a trail kept for eleven years": (
        {"trail": {"keep_days": 4015}}, "trail.keep_days", "it is 4015", "1 to 3650", "what is allowed"
    ),
    "a trail kept for half a day": (
        {"trail": {"keep_days": 0.5}}, "trail.keep_days", "it is 0.5", "a whole number of days", "what is allowed"
    ),
    "an unknown key of a trail": (
        {"trail": {"keep_days": 1, "days": 2}}, "trail.days", "'days' is not a setting", "keep_days", "near it: keep"
    ),
    "a way to collect that there is not": (
        {"recipes/support/logs": {"match": {"a": "b"}, "how": "guess"}},
        "recipes.support.logs.how", "it is 'guess'", "'read', 'athena' or 'direct'", "what is allowed",
    ),
    **{
        f"an acknowledgement that is {what}": (
            {"recipes/support/logs": {"match": {"a": "b"}, "anybody_may_teach": since}},
            "recipes.support.logs.anybody_may_teach", "it is ", "such as 2026-11-29, without quotes", "the day",
        )
        for what, since in {
            "a text": "2026-11-29",
            "a number": 86400,
            "a truth": True,
            "an instant": datetime(2026, 11, 29, tzinfo=UTC),
        }.items()
    },
    "a principal that is no list": (
        {"recipes/support/logs": {"match": {"a": "b"}, "principals": "user/ana"}},
        "recipes.support.logs.principals", "it is 'user/ana'", "tuple", "what is allowed",
    ),
    "an endpoint in no VPC": (
        {"vpc_endpoint": {"subnet_ids": ["subnet-0a1b2c3d"], "security_group_ids": ["sg-0a1b2c3d"]}},
        "vpc_endpoint.vpc_id", "'vpc_id' is missing", "of inference_region", "vpc_id = …",
    ),
    "an endpoint in no subnet": (
        {"vpc_endpoint": {"vpc_id": "vpc-0a1b2c3d", "subnet_ids": [], "security_group_ids": ["sg-0a1b2c3d"]}},
        "vpc_endpoint.subnet_ids", "it is []", "Availability Zone", "what is allowed",
    ),
    "a security group by its name": (
        {"vpc_endpoint": {"vpc_id": "vpc-0a1b2c3d", "subnet_ids": ["subnet-0a1b2c3d"], "security_group_ids": ["web"]}},
        "vpc_endpoint.security_group_ids[0]", "it is 'web'", "port 443", "what is allowed",
    ),
    "an unknown key of an endpoint": (
        {"vpc_endpoint": {"vpc": "vpc-0a1b2c3d"}}, "vpc_endpoint.vpc", "'vpc' is not", "vpc_id", "near it: vpc_id"
    ),
    "Regions in a list": ({"inference_region": ["us-east-2"]}, "inference_region", "it is [", "us-east-2", "allowed"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "wrong", "allowed", "fix"), BROKEN.values(), ids=BROKEN.keys())
def test_refuses(changes: dict[str, Any], where: str, wrong: str, allowed: str, fix: str, said: Edit) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(said(changes), "dev")
    (finding,) = [one for one in refused.value.findings if one.where == where]
    assert wrong in finding.wrong
    assert allowed in finding.allowed
    assert fix in finding.fix


def test_every_finding_is_told_at_once(said: Edit) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(said({"home_region": None, "account": "1", "routes/fast/latency": "quick"}), "dev")
    assert {one.where for one in refused.value.findings} == {"home_region", "account", "routes.fast.latency"}
    assert str(refused.value).startswith("environment 'dev' cannot be deployed with its settings:\n  - ")


def test_a_finding_is_a_sentence_with_the_value_what_is_allowed_and_the_fix(said: Edit) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(said({"account": "1"}), "dev")
    assert str(refused.value.findings[0]) == (
        "account: it is '1'. Allowed: 12 digits in quotes, or no such key for the account that the credentials name. "
        "Fix: write one of what is allowed."
    )
