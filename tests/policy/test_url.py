"""Where the caller matters, the alias can be invoked only through its URL, which identifies the caller."""

import functools

import pytest

from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.policy.callers import ACCOUNT, Callers
from tests.policy.engine import Ask, Keys, decide
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import TODAY, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Resource

INVOKE, BY_URL = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"
VIA, AUTH = "lambda:InvokedViaFunctionUrl", "lambda:FunctionUrlAuthType"


def for_some() -> Settings:
    """Returns dev with a route that only the shop may use."""
    said = read("dev")
    said["routes"]["fast"]["principals"] = ["assumed-role/shop/*"]
    return parse(said, "dev")


@functools.cache
def restricted() -> EnvironmentTemplates:
    return synthesized(for_some())


def test_it_is_an_environment_that_nothing_is_wrong_with() -> None:
    assert [str(one) for one in findings(for_some(), TODAY)] == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds(rule: Rule) -> None:
    assert [where for where, holds in rule.check(restricted()) if not holds] == []


def _urls(of: EnvironmentTemplates) -> list[Resource]:
    """Returns the URLs of serving. Decisions have URLs too (`test_decisions.py`)."""
    return [url for url in of.resources("AWS::Lambda::Url") if url.stack.part == "serving"]


def test_the_url_stands_at_the_alias_and_elsewhere_at_the_function() -> None:
    (url,) = _urls(restricted())
    (alias,) = restricted().resources("AWS::Lambda::Alias")
    assert (url.properties["Qualifier"], alias.properties["Name"]) == ("url", "url")
    assert alias.properties["FunctionVersion"] == "$LATEST"
    (plain,) = _urls(templates("dev"))
    assert "Qualifier" not in plain.properties
    assert not list(templates("dev").resources("AWS::Lambda::Alias"))


ASKS: list[tuple[str, str, Keys, bool]] = [
    (INVOKE, "", {VIA: "false"}, True),
    (INVOKE, "", {}, True),
    (INVOKE, ":url", {VIA: "true"}, True),
    (BY_URL, ":url", {AUTH: "AWS_IAM"}, True),
    (INVOKE, ":url", {VIA: "false"}, False),
    (INVOKE, ":url", {}, False),
    (INVOKE, ":$LATEST", {VIA: "false"}, False),
    (INVOKE, ":1", {}, False),
    (INVOKE, ":*", {}, False),
    (BY_URL, ":url", {AUTH: "NONE"}, False),
    (BY_URL, "", {AUTH: "NONE"}, False),
]


def test_who_holds_the_callers_policy_reaches_the_alias_by_the_url_alone() -> None:
    """A direct invocation can forge its caller, so no policy may allow one."""
    of = restricted()
    callers = Callers(of, home="us-east-1")
    (function,) = [one for one in of.resources("AWS::Lambda::Function") if one.stack.part == "serving"]
    arn = f"arn:aws:lambda:us-east-2:{ACCOUNT}:function:F"
    (policy,) = [
        one
        for one in of.resources("AWS::IAM::ManagedPolicy")
        if str(one.properties["Description"]).startswith("Ask the models")
    ]
    document = callers.concrete(policy.properties["PolicyDocument"])
    for statement in document["Statement"]:
        held = statement["Resource"]
        named = [held] if isinstance(held, str) else held
        statement["Resource"] = [each.replace(f"<{function.id}.Arn>", arn) for each in named]
    (decided,) = decide([(document, [Ask(action, arn + suffix, keys) for action, suffix, keys, _ in ASKS])])
    assert decided == [allowed for *_, allowed in ASKS]


def test_nobody_else_s_policy_names_the_function() -> None:
    """A role that could invoke the alias could claim any identity."""
    (function,) = [one for one in restricted().resources("AWS::Lambda::Function") if one.stack.part == "serving"]
    naming = {
        str(one.properties.get("Description", one.id))[:14]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Permission")
        for one in restricted().resources(kind)
        if function.id in str(one.properties.get("PolicyDocument", one.properties))
        and "lambda:Invoke" in str(one.properties)
    }
    assert naming == {"Ask the models"}
