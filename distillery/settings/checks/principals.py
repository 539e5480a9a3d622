"""Patterns of the principals that may use a route, or decide about a recipe."""

from collections.abc import Iterable, Iterator
from datetime import date

from distillery.core.principals import invalid_reason
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding

_FORMS = "'assumed-role/NAME/SESSION', 'user/NAME' and 'federated-user/NAME', with * and ? between slashes"


def check_principals(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each is a valid pattern of a caller's ARN: one that matches nobody would lock everybody out at deployment."""
    for name, route in settings.routes.items():
        where = f"routes.{name}.principals"
        yield from pattern_findings(
            where, route.principals or (), allowed=_FORMS, fix="write one of these, or remove it"
        )


def check_deciders(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each is a valid pattern of a signer's ARN: with one that matches nobody, no one could roll a recipe back."""
    for name, recipe in settings.recipes.items():
        where = f"recipes.{name}.deciders"
        fix = "write one of these; without any, everyone with the policy decides"
        yield from pattern_findings(where, recipe.deciders, allowed=_FORMS, fix=fix)


def pattern_findings(where: str, said: Iterable[str], *, allowed: str, fix: str) -> Iterator[ConfigFinding]:
    """A finding for each text that is no valid pattern."""
    for index, pattern in enumerate(said):
        if reason := invalid_reason(pattern):
            yield ConfigFinding(where=f"{where}[{index}]", wrong=reason, allowed=allowed, fix=fix)
