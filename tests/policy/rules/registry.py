"""A rule: a sentence about templates, how to check it, and what it must be seen to fail on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.policy.templates import EnvironmentTemplates

Facts = Iterator[tuple[str, bool]]
"""What a rule looked at, and whether the rule holds there. A rule that looked at nothing proves nothing."""

Check = Callable[[EnvironmentTemplates], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    check: Check
    fails_on: Mapping[str, EnvironmentTemplates]

    @property
    def sentence(self) -> str:
        return getattr(self.check, "__name__", "").replace("_", " ")


RULES: list[Rule] = []


def rule(**fails_on: EnvironmentTemplates) -> Callable[[Check], Check]:
    """The check's name is the rule's sentence; each keyword names a small house that breaks it."""

    def register(check: Check) -> Check:
        RULES.append(Rule(check=check, fails_on=fails_on))
        return check

    return register
