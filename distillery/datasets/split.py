"""Splits a data set into training and held-out prompts by digest: a prompt is on the same side in every upload.

A prompt is held out if its digest, read as a number from 0 to 1, is below the recipe's share. The order of the input
and the other prompts make no difference, so an upload that grows never trains on what was held out before. Two things
depend on other prompts: where a label would have no held-out prompt, its first prompt by digest is held out; and near
duplicates of a held-out prompt leave training, because a student that was trained on them would be graded on what it
has seen.

Cuts of one dialogue are on one side, because a longer one contains the answer that a shorter one asks for: the digest
of how the dialogue begins decides. Prompts that differ only in letter case, white space or Unicode form have the same
digest here. One of them is held out, and the others are dropped, except where the form is that of a formula: `10²` and
`102` are on one side, and both are asked or trained on.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from distillery.core import names
from distillery.core.conversation import Prompt, formula_characters

DIGITS = 13
"""Hexadecimal digits of a digest that decide its side: the 52 bits that a float represents exactly."""
MIN_PASSAGE = 40
"""Characters from which a line can be a passage that prompts share."""
TEMPLATE = 0.5
"""Share of the prompts with a line that have another passage within it, from which the line is a template."""
MIN_OPENING = 20
"""Characters from which a user's message tells a dialogue from others; "Hi" does not."""


@dataclass(frozen=True, slots=True)
class HashedPrompt:
    """A prompt with its digests, computed once.

    opening_digest: the folded digest of how its dialogue begins, which decides its side. twin_digest: equal in prompts
    of which one is dropped.
    """

    prompt: Prompt
    digest: str
    twin_digest: str
    opening_digest: str

    @classmethod
    def of(cls, prompt: Prompt) -> Self:
        opening = _opening(prompt)
        folded = opening.folded_digest
        formulas = map(formula_characters, (prompt.system or "", *(text for _, text in prompt.messages)))
        twin = prompt.twin_digest if opening is not prompt or any(formulas) else folded
        return cls(prompt, prompt.digest, twin, folded)


def _opening(prompt: Prompt) -> Prompt:
    """Returns the dialogue up to its first long message of the user, or all of it if there is none."""
    for index, (role, text) in enumerate(prompt.messages[:-1]):
        if role == "user" and len(text) >= MIN_OPENING:
            return Prompt(system=prompt.system, messages=prompt.messages[: index + 1], reference=None)
    return prompt


@dataclass(frozen=True, slots=True)
class Split:
    """The sides of a data set.

    Attributes:
        train: in the order of the input.
        heldout: the held-out prompts that an evaluation asks, in the order of their digests.
        held_back: held-out prompts beyond the maximum, in the same order. They are never trained on.
        dropped: number of prompts that leave training because they are too similar to a held-out one.
        families: for each prompt of `heldout` a number that it shares with those that are no independent observations:
            near duplicates, prefixes of one dialogue, and groups of one source. Empty if each stands alone.
    """

    train: tuple[HashedPrompt, ...]
    heldout: tuple[HashedPrompt, ...]
    dropped: int
    held_back: tuple[HashedPrompt, ...] = ()
    families: tuple[int, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether every held-out prompt has a reference answer, so that accuracy can be measured."""
        return bool(self.heldout) and all(row.prompt.reference is not None for row in self.heldout)


def split(
    rows: Iterable[HashedPrompt],
    *,
    share: float,
    max_heldout: int,
    labels: Sequence[Hashable] | None = None,
    families: Sequence[int] | None = None,
    groups: Sequence[str | None] | None = None,
    groups_depend: bool = False,
) -> Split:
    """Holds out about `share` of the distinct prompts, and of these at most `max_heldout` for the evaluation.

    Args:
        rows: The prompts.
        share: Share of the prompts that is held out, 0 to 1.
        max_heldout: Maximum number of prompts that an evaluation asks. With labels, each label has one of them if
            possible.
        labels: A label for each prompt, or None. Each label of several prompts has a held-out prompt.
        families: For each prompt the index of its first near duplicate, or its own. No family is on both sides.
        groups: For each prompt the group that is kept together, or None for one of its own.
        groups_depend: Whether answers within a group are no independent observations. Questions about one passage are.
    """
    rows = tuple(rows)
    own = [row.twin_digest for row in rows]
    openings = [row.opening_digest for row in rows]
    kept_together = _kept_together(openings, groups)
    places = [_place(one) for one in kept_together]
    held = {index for index, place in enumerate(places) if place < share}
    if labels is not None and share > 0:
        held |= set(_first_of_labels(rows, places, labels, held))
        # the others of its group leave training in any case: they are asked rather than dropped
        groups_held = {kept_together[index] for index in held}
        held = {index for index, one in enumerate(kept_together) if one in groups_held}
    family = _families(own, kept_together, families or range(len(rows)))
    families_held = {family[index] for index in held}
    train = [index for index in range(len(rows)) if family[index] not in families_held]
    ordered = sorted(held, key=lambda at: (places[at], rows[at].digest))
    distinct = {own[index]: index for index in reversed(ordered)}
    ordered = [index for index in ordered if distinct[own[index]] == index]
    if labels is not None:
        ordered = _one_of_each_first(ordered, labels)
    heldout = [rows[index] for index in ordered]
    dependent = family if groups_depend or groups is None else _families(own, openings, families or range(len(rows)))
    return Split(
        train=tuple(rows[index] for index in train),
        heldout=tuple(heldout[:max_heldout]),
        dropped=len(rows) - len(train) - len(heldout),
        held_back=tuple(heldout[max_heldout:]),
        families=_numbered([dependent[index] for index in ordered[:max_heldout]]),
    )


def dependent_families(
    rows: Sequence[HashedPrompt], leaders: Sequence[int], groups: Sequence[str | None] | None
) -> tuple[int, ...]:
    """The families of prompts that are all held out, as `Split` has them.

    Args:
        rows: The prompts.
        leaders: For each the index of its first near duplicate, or its own.
        groups: For each the group whose answers are no independent observations, or None for one of its own.
    """
    openings = [row.opening_digest for row in rows]
    return _numbered(_families([row.twin_digest for row in rows], _kept_together(openings, groups), leaders))


def _kept_together(openings: Sequence[str], groups: Sequence[str | None] | None) -> list[str]:
    """A digest for each prompt that those on one side have in common: of its group, or else of its opening."""
    if groups is None:
        return list(openings)
    return [names.digest([group]) if group else one for one, group in zip(openings, groups, strict=True)]


def _place(digest: str) -> float:
    """Returns a number of at least 0 and below 1 from the beginning of a digest."""
    return float(int(digest[:DIGITS], 16) / 16**DIGITS)


def _first_of_labels(
    rows: Sequence[HashedPrompt], places: Sequence[float], labels: Sequence[Hashable], held: set[int]
) -> Iterator[int]:
    """Yields the first prompt by digest of each label that has several prompts and none of them held out."""
    members: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        members[label].append(index)
    for indices in members.values():
        if len({rows[index].twin_digest for index in indices}) > 1 and held.isdisjoint(indices):
            yield min(indices, key=lambda at: (places[at], rows[at].digest))


def _families(own: Sequence[str], kept_together: Sequence[str], leaders: Sequence[int]) -> list[int]:
    """Returns a number for each prompt that is the same for all prompts of a family, by union-find.

    A family has the same leader, the same digest regardless of letter case and white space, or the same group.
    """
    first: dict[str, int] = {}
    parents = list(range(len(own)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index, leader in enumerate(leaders):
        for other in (leader, first.setdefault(own[index], index), first.setdefault(kept_together[index], index)):
            parents[root(index)] = root(other)
    return [root(index) for index in range(len(own))]


def _numbered(families: Sequence[int]) -> tuple[int, ...]:
    """Returns the families with numbers from 0, in the order of their first prompts; nothing if each prompt is one."""
    first = {family: number for number, family in enumerate(dict.fromkeys(families))}
    return tuple(first[family] for family in families) if len(first) < len(families) else ()


def _one_of_each_first(ordered: Sequence[int], labels: Sequence[Hashable]) -> list[int]:
    """Moves the first prompt of each label to the front."""
    first = {labels[index]: index for index in reversed(ordered)}
    return sorted(ordered, key=lambda index: first[labels[index]] != index)


def passages(texts: Iterable[str]) -> list[str | None]:
    """Returns the passage of each text: its longest line that is no template. A text without a long line has none.

    Two prompts about one document have the same passage, whatever is asked. A template is a line that most texts have,
    or one whose texts fall into smaller groups by another long line.
    """
    lines = [sorted(_long_lines(text), key=lambda line: (-len(line), line)) for text in texts]
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(lines):
        for line in each:
            found[line].append(number)
    most = max(2, len(lines) // 2)
    templates: dict[str, bool] = {}

    def is_template(line: str) -> bool:
        if line not in templates:
            templates[line] = len(found[line]) > most or _contains_groups(line, found, lines)
        return templates[line]

    return [next((line for line in each if not is_template(line)), None) for each in lines]


def _contains_groups(line: str, found: dict[str, list[int]], lines: Sequence[list[str]]) -> bool:
    """Whether most texts with this line have another one that several of them share, and no text without this line."""
    texts = found[line]
    together: defaultdict[str, list[int]] = defaultdict(list)
    for number in texts:
        for other in lines[number]:
            if 1 < len(found[other]) < len(texts):
                together[other].append(number)
    inside = {number for other, numbers in together.items() if numbers == found[other] for number in numbers}
    return len(inside) > TEMPLATE * len(texts)


def labelled_values(texts: Iterable[str], label: str) -> list[str | None]:
    """Returns what a label names in each text: what stands after `label:` in the first line that begins with it, or the
    first field of that name in JSON. None where neither is there."""
    blank = r"[^\S\n]*"
    line = re.compile(rf"^{blank}{re.escape(label)}{blank}[:：]{blank}(\S.*)", re.IGNORECASE | re.MULTILINE)
    field = re.compile(rf'"{re.escape(label)}"\s*:\s*("(?:[^"\\\n]|\\.)*"|[\w.+-]+)', re.IGNORECASE)
    return [_value(text, line, field) for text in texts]


def _value(text: str, line: re.Pattern[str], field: re.Pattern[str]) -> str | None:
    if found := line.search(text):
        return found[1].rstrip()
    if found := field.search(text):
        try:
            return str(json.loads(found[1]))
        except ValueError:  # no JSON, but alike
            return found[1]
    return None


def _long_lines(text: str) -> set[str]:
    lines = map(str.strip, unicodedata.normalize("NFC", text).lower().split("\n"))
    return {line for line in lines if len(line) >= MIN_PASSAGE}
