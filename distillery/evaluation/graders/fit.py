"""Whether a grader can use the references of a data set, and which kind can if it cannot.

It needs no answer of a model, so the result is known before you pay for anything. Its sentences never quote a
reference.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median_low
from typing import TypeVar

from distillery.core.conversation import Prompt
from distillery.core.judging import GraderKind
from distillery.evaluation.graders.grade import Grader
from distillery.evaluation.graders.json_text import UnreadableJson, read_json
from distillery.evaluation.graders.judge import LONGEST_PROMPT, size
from distillery.evaluation.graders.label import Label
from distillery.evaluation.graders.text import normalised, plain, words

T = TypeVar("T")
MOST_COMPARED = 500
"""References that are examined, spread over the data set: enough for a result, in about two seconds."""
MOST_MISFITS = 0.05
"""Share of references that a grader may be unable to use."""
MOST_OF_THEM = 0.9
"""Share of references of one form at which its kind is proposed."""
FEWEST = 20
"""With fewer references, whether they repeat shows nothing."""
LABEL_WORDS, PHRASE_WORDS = 6, 20
"""If references are labels, or phrases to be contained, half of them have at most this number of words."""
_FIGURE = re.compile(r"[-+(]?\s?[^\w\s]?\s?[-+]?\d[\d.,'\s/]*\D{0,20}")
_RULE = re.compile(r"\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?)?")
LONGEST_RULE = 2000
_QUOTATION = re.compile(r'"([^"]{12,400})"')
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why a grader cannot judge by the references, and what can.

    Attributes:
        kind: The recipe's grader.
        proposed: A kind that fits the references; None if none of them does.
    """

    kind: GraderKind
    proposed: GraderKind | None
    reason: str

    def __str__(self) -> str:
        fix = f'use grader = "{self.proposed}"' if self.proposed else "correct the references"
        return f"the grader `{self.kind}` does not fit the references: {self.reason}; {fix}"


def misfit(kind: GraderKind, grader: Grader, prompts: Sequence[Prompt]) -> Misfit | None:
    """Why the grader does not fit the data set, or None if it does. Prompts without references are left out, unless
    none has any. A judge judges by prompts (`unread`)."""
    if kind is GraderKind.JUDGE:
        return None
    given = [prompt for prompt in prompts if prompt.reference is not None]
    if not given:
        if not prompts or not grader.needs_reference:
            return None
        return Misfit(kind=kind, proposed=None, reason=f"none of {len(prompts)} prompts has one")
    why = Counter(filter(None, (grader.misfit(prompt.reference or "", prompt) for prompt in given)))
    forms = _Forms(given)
    if why.total() > MOST_MISFITS * len(given):
        (most_frequent, _), *_ = why.most_common()
        reason = f"it cannot judge by {why.total()} of {len(given)}; most often, one {most_frequent}"
    else:
        reason = forms.why_not(kind) if grader.needs_reference else ""
    proposed = forms.kind if forms.kind is not kind else None
    return Misfit(kind=kind, proposed=proposed, reason=reason) if reason else None


def misfits(graders: Sequence[tuple[GraderKind, Grader]], prompts: Sequence[Prompt]) -> tuple[str, ...]:
    """Why the graders of a recipe do not fit the data set, a sentence for each reason.

    Each of several graders is tested only on the references that it can use: for each prompt, the others grade alone
    (`registry.Combined`).
    """
    if len(graders) == 1:
        ((kind, grader),) = graders
        found = misfit(kind, grader, prompts)
        return (str(found),) if found else ()
    given = [prompt for prompt in prompts if prompt.reference is not None]
    fitting = [[not grader.misfit(each.reference or "", each) for each in given] for _, grader in graders]
    told = []
    if (without := sum(not any(each) for each in zip(*fitting, strict=True))) > MOST_MISFITS * len(given):
        proposed = f'one with grader = "{fitting_kind(given)}"' if fitting_kind(given) else "one that can"
        told.append(f"none of the graders can judge by {without} of {len(given)} references; add {proposed}")
    for (kind, grader), fits in zip(graders, fitting, strict=True):
        if kind is GraderKind.JUDGE:
            continue
        own = [prompt for prompt, fit in zip(given, fits, strict=True) if fit]
        if given and len(own) <= MOST_MISFITS * len(given):
            told.append(f"the grader `{kind}` can judge by {len(own)} of {len(given)} references; remove it")
        elif own and (found := misfit(kind, grader, own)):
            told.append(str(found))
    return tuple(told)


def unread(prompts: Sequence[Prompt]) -> str:
    """Which prompts a judge cannot read, with references or without; empty if it can read all."""
    sizes = [size(prompt) for prompt in prompts]
    count = sum(each > LONGEST_PROMPT for each in sizes)
    if not count:
        return ""
    return (
        f"the grader `{GraderKind.JUDGE}` cannot read {count} of {len(sizes)} prompts: a judge reads at most "
        f"{LONGEST_PROMPT} bytes with the system prompt, and the longest has {max(sizes)}; it scores no answer to "
        "them: shorten them, or use a grader of another kind"
    )


def spread(items: Sequence[T]) -> Sequence[T]:
    """At most `MOST_COMPARED` of the items, spread over all of them."""
    return items[:: max(1, -(-len(items) // MOST_COMPARED))]


def fitting_kind(prompts: Sequence[Prompt]) -> GraderKind | None:
    """The kind of grader that fits the references; None if they are too few to tell."""
    given = [prompt for prompt in prompts if prompt.reference is not None]
    return _Forms(given).kind if len(given) >= FEWEST else None


class _Forms:
    """What the references of a data set look like."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = prompts
        self._texts = [prompt.reference or "" for prompt in prompts]
        self._count = len(self._texts)
        self.distinct = len(set(map(Label().name, self._texts)))
        self.words = median_low(len(words(text)) for text in self._texts)

    @property
    def repeats(self) -> bool:
        """Whether they are mostly repeated. A few references do not show it."""
        return self._count < FEWEST or 2 * self.distinct <= self._count

    @property
    def are_labels(self) -> bool:
        return self._count >= FEWEST and self.repeats and self.words <= LABEL_WORDS

    @cached_property
    def kind(self) -> GraderKind:
        """The kind that fits them."""
        if self._mostly(_is_json):
            return GraderKind.JSON
        if self._mostly(_is_table):
            return GraderKind.TABLE
        if self.are_labels:
            return GraderKind.LABEL
        if self._mostly(_is_figure):
            return GraderKind.NUMBER
        if 2 * sum(map(_quotes, self._prompts)) >= self._count:
            return GraderKind.QUOTES
        return GraderKind.CONTAINS if self.words <= LABEL_WORDS else GraderKind.OVERLAP

    def why_not(self, kind: GraderKind) -> str:
        """Why a kind that can read each reference does not fit all of them."""
        if kind is GraderKind.LABEL and not self.repeats and self.words > LABEL_WORDS:
            return (
                f"{self.distinct} of {self._count} are different, and half have {self.words} words or more; labels are "
                "short and repeat"
            )
        if kind is GraderKind.CONTAINS and self.words > PHRASE_WORDS:
            return f"half have {self.words} words or more; hardly an answer contains as many in the same order"
        if kind is GraderKind.OVERLAP and self.kind in (GraderKind.JSON, GraderKind.TABLE, GraderKind.NUMBER):
            return f"they are of the kind `{self.kind}`, where one wrong word or digit makes an answer wrong"
        if kind is GraderKind.OVERLAP and self.are_labels:
            return f"they are {self.distinct} labels, and a wrong label may share words with the right one"
        return ""

    def _mostly(self, form: Callable[[str], bool]) -> bool:
        return sum(map(form, self._texts)) >= MOST_OF_THEM * self._count


def _is_json(text: str) -> bool:
    try:
        return isinstance(read_json(text), (dict, list))
    except UnreadableJson:
        return False


def _is_table(text: str) -> bool:
    """A Markdown table, or lines with the same number of the same separator."""
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return False
    if any(len(line) <= LONGEST_RULE and _RULE.fullmatch(line.strip()) for line in lines[1:3]):
        return True
    return any({line.count(mark) for line in lines} == {lines[0].count(mark)} != {0} for mark in _SEPARATORS)


def _is_figure(text: str) -> bool:
    return len(text) <= 60 and _FIGURE.fullmatch(plain(text)) is not None


def _quotes(prompt: Prompt) -> bool:
    """Whether the reference quotes the prompt."""
    found = _QUOTATION.findall(normalised(prompt.reference or ""))
    asked = normalised(" ".join(text for _, text in prompt.messages)) if found else ""
    return any(quotation in asked for quotation in found)
