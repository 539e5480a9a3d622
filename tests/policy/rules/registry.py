"""A rule: a sentence about templates, its check, and templates that must fail it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.policy.templates import EnvironmentTemplates

Facts = Iterator[tuple[str, bool]]
"""What a rule checked, and whether the rule holds there. A rule that checked nothing proves nothing."""

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
    """Registers a check, whose name is the rule's sentence. Each keyword names templates that break the rule."""

    def register(check: Check) -> Check:
        RULES.append(Rule(check=check, fails_on=fails_on))
        return check

    return register
