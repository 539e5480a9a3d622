"""Every rule holds in every template of every environment, and each rule fails on a template that breaks it."""

import pytest

from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import ENVIRONMENTS, templates
from tests.policy.templates import EnvironmentTemplates

_RULES = [pytest.param(rule, id=rule.sentence) for rule in RULES]
_BROKEN = [
    pytest.param(rule, name, small, id=f"{rule.sentence}: {name.replace('_', ' ')}")
    for rule in RULES
    for name, small in rule.fails_on.items()
]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("rule", _RULES)
def test_every_template_keeps_the_rule(rule: Rule, environment: str) -> None:
    facts = list(rule.check(templates(environment)))
    assert facts, f"the rule applies to nothing in {environment}, so it proves nothing"
    assert [where for where, holds in facts if not holds] == []


@pytest.mark.parametrize(("rule", "name", "small"), _BROKEN)
def test_the_rule_fails_on_what_breaks_it(rule: Rule, name: str, small: EnvironmentTemplates) -> None:
    assert not all(holds for _, holds in rule.check(small)), name


def test_no_rule_is_without_something_that_breaks_it() -> None:
    assert [rule.sentence for rule in RULES if not rule.fails_on] == []
