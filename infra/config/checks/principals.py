"""Who may use a route: patterns that name somebody."""

from collections.abc import Iterator
from datetime import date

from infra.config.finding import Finding
from infra.config.settings import Settings
from lambdas.shared.principals import wrong

_FORMS = "'assumed-role/NAME/SESSION', 'user/NAME' and 'federated-user/NAME', with * and ? between slashes"


def check_principals(settings: Settings, _on: date) -> Iterator[Finding]:
    """Each is a pattern of a caller's ARN: one that fits nobody would shut everybody out on the day of deployment."""
    for name, route in settings.routes.items():
        for index, pattern in enumerate(route.principals or ()):
            if reason := wrong(pattern):
                where = f"routes.{name}.principals[{index}]"
                yield Finding(where=where, wrong=reason, allowed=_FORMS, fix="write one of these, or remove it")
