"""Compares two JSON values leaf by leaf, by a rule for each path. A leaf is a scalar, or an empty object or array."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain, zip_longest
from typing import Any

from distillery.core.escaping import one_line, quoted
from distillery.evaluation.graders.json_rules import ITEM, OF_LEAVES, Compare, Field, Path, leaf_key, number, spelled

EXTRA = "not in the reference"
"""The part of the score that holds all fields that only the answer has."""
_ABSENT = object()


class Comparison:
    """The leaves of a reference and an answer that agree, and how many there are on either side, by their weights."""

    def __init__(self, rules: Mapping[Path, Field], expected: Any, given: Any) -> None:
        self._rules = rules
        self._below = {
            rule: rule if rule.compare in OF_LEAVES else replace(rule, compare=Compare.EXACT, key="")
            for rule in rules.values()
        }
        self._right: Counter[str] = Counter()
        self._all: Counter[str] = Counter()
        self.reason = ""
        """The first difference."""
        self._compare(expected, given, (), rules.get((), Field(path="$")))

    @property
    def score(self) -> Fraction:
        """The share of leaves that agree; 1 if there is nothing to compare."""
        return Fraction(self._right.total(), self._all.total()) if self._all.total() else Fraction(1)

    @property
    def parts(self) -> dict[str, Fraction]:
        """The share by path."""
        return {name: Fraction(self._right[name], count) for name, count in self._all.items()}

    def _rule(self, path: Path, above: Field) -> Field:
        return self._rules.get(path) or self._below.get(above, above)

    def _compare(self, expected: Any, given: Any, path: Path, rule: Field) -> None:
        if rule.compare is Compare.IGNORED:
            return
        if expected is _ABSENT or given is _ABSENT:
            self._count(path, 0, self._leaves(given if expected is _ABSENT else expected, path, rule), expected, given)
        elif isinstance(expected, dict) and isinstance(given, dict) and (expected or given):
            for name in chain(expected, (name for name in given if name not in expected)):
                below = (*path, name)
                self._compare(expected.get(name, _ABSENT), given.get(name, _ABSENT), below, self._rule(below, rule))
        elif isinstance(expected, list) and isinstance(given, list) and (expected or given):
            below = (*path, ITEM)
            item_rule = self._rule(below, rule)
            for one, other in self._pairs(expected, given, below, rule, item_rule):
                self._compare(one, other, below, item_rule)
        else:
            leaves = max(self._leaves(expected, path, rule), self._leaves(given, path, rule))
            self._count(path, leaves if self._agree(expected, given, path, rule) else 0, leaves, expected, given)

    def _pairs(
        self, expected: list[Any], given: list[Any], path: Path, rule: Field, below: Field
    ) -> Iterator[tuple[Any, Any]]:
        """The items that belong together."""
        if rule.compare is Compare.KEYED:
            left, right = ([self._identity(item, path, rule, below) for item in items] for items in (expected, given))
            return _joined(expected, given, left, right)
        left, right = ([self._key(item, path, below) for item in items] for items in (expected, given))
        if rule.compare is Compare.SET:
            some, others = dict(zip(left, expected, strict=True)), dict(zip(right, given, strict=True))
            return _joined([*some.values()], [*others.values()], [*some], [*others])
        return _aligned(expected, given, left, right)

    def _identity(self, item: Any, path: Path, rule: Field, below: Field) -> Hashable:
        if not isinstance(item, dict) or rule.key not in item:
            return ()
        where = (*path, rule.key)
        return self._key(item[rule.key], where, self._rule(where, below))

    def _leaves(self, value: Any, path: Path, rule: Field) -> int:
        """The weights of the leaves of a value."""
        if rule.compare is Compare.IGNORED:
            return 0
        if not isinstance(value, (dict, list)) or not value:
            return rule.weight
        if isinstance(value, dict):
            return sum(
                self._leaves(each, (*path, name), self._rule((*path, name), rule)) for name, each in value.items()
            )
        below = (*path, ITEM)
        return sum(self._leaves(each, below, self._rule(below, rule)) for each in value)

    def _agree(self, expected: Any, given: Any, path: Path, rule: Field) -> bool:
        if rule.is_tolerant:
            right, answer = number(expected), number(given)
            if right is not None and answer is not None:
                bound = max(Fraction(rule.tolerance), Fraction(rule.relative) * abs(Fraction(right)))
                return abs(Fraction(right) - Fraction(answer)) <= bound
        return self._key(expected, path, rule) == self._key(given, path, rule)

    def _key(self, value: Any, path: Path, rule: Field) -> Hashable:
        """What equal values share."""
        if rule.compare is Compare.IGNORED:
            return ()
        if isinstance(value, dict):
            rules = {name: self._rule((*path, name), rule) for name in value}
            return "{}", frozenset(
                (name, self._key(each, (*path, name), rules[name]))
                for name, each in value.items()
                if rules[name].compare is not Compare.IGNORED
            )
        if isinstance(value, list):
            below = (*path, ITEM)
            keys = [self._key(each, below, self._rule(below, rule)) for each in value]
            return "[]", frozenset(keys) if rule.compare in (Compare.SET, Compare.KEYED) else tuple(keys)
        return leaf_key(value, rule)

    def _count(self, path: Path, right: int, of: int, expected: Any, given: Any) -> None:
        if not of:
            return
        name = EXTRA if expected is _ABSENT else spelled(path)
        self._right[name] += right
        self._all[name] += of
        if right < of and not self.reason:
            where = one_line(spelled(path), 80)
            if given is _ABSENT:
                self.reason = f"{where} is missing"
            elif expected is _ABSENT:
                self.reason = f"{where} is {EXTRA}"
            else:
                self.reason = f"{where} is {_shown(given)}, not {_shown(expected)}"


def _joined(
    expected: list[Any], given: list[Any], left: list[Hashable], right: list[Hashable]
) -> Iterator[tuple[Any, Any]]:
    """Items with equal keys, in pairs. `left` has the keys of `expected`, and `right` those of `given`."""
    waiting: dict[Hashable, list[Any]] = defaultdict(list)
    for key, item in zip(reversed(right), reversed(given), strict=True):
        waiting[key].append(item)
    for key, item in zip(left, expected, strict=True):
        yield item, waiting[key].pop() if waiting.get(key) else _ABSENT
    for items in waiting.values():
        for item in reversed(items):
            yield _ABSENT, item


def _aligned(
    expected: list[Any], given: list[Any], left: list[Hashable], right: list[Hashable]
) -> Iterator[tuple[Any, Any]]:
    """Items in order. Equal items at the end stay together: one that is missing costs itself, not all behind it."""
    shorter = min(len(left), len(right))
    last = next((i for i in range(shorter) if left[-1 - i] != right[-1 - i]), shorter)
    ends = len(expected) - last, len(given) - last
    yield from zip_longest(expected[: ends[0]], given[: ends[1]], fillvalue=_ABSENT)
    yield from zip(expected[ends[0] :], given[ends[1] :], strict=True)


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return ("an object" if isinstance(value, dict) else "an array") if value else str(value)
    if isinstance(value, Decimal):
        return str(value)
    return quoted(value) if isinstance(value, str) else {None: "null", True: "true", False: "false"}[value]
