"""Who may use a route, and who decides about a recipe: patterns that name somebody."""

from collections.abc import Iterable, Iterator
from datetime import date

from distillery.core.principals import wrong
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding

_FORMS = "'assumed-role/NAME/SESSION', 'user/NAME' and 'federated-user/NAME', with * and ? between slashes"


def check_principals(settings: Settings, _on: date) -> Iterator[Finding]:
    """Each is a pattern of a caller's ARN: one that fits nobody would shut everybody out on the day of deployment."""
    for name, route in settings.routes.items():
        where = f"routes.{name}.principals"
        yield from no_patterns(where, route.principals or (), allowed=_FORMS, fix="write one of these, or remove it")


def check_deciders(settings: Settings, _on: date) -> Iterator[Finding]:
    """Each is a pattern of a signer's ARN: one that fits nobody would leave a recipe without a way back."""
    for name, recipe in settings.recipes.items():
        where = f"recipes.{name}.deciders"
        fix = "write one of these; without any, whoever holds the policy decides"
        yield from no_patterns(where, recipe.deciders, allowed=_FORMS, fix=fix)


def no_patterns(where: str, said: Iterable[str], *, allowed: str, fix: str) -> Iterator[Finding]:
    """Each of what was said that is no pattern."""
    for index, pattern in enumerate(said):
        if reason := wrong(pattern):
            yield Finding(where=f"{where}[{index}]", wrong=reason, allowed=allowed, fix=fix)
