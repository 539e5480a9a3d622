"""Grades answers from a given text (RAG): the text has what they quote and count, and they have what the reference
requires."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders import candidates
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.quantity import QUANTITIES_MAX, DecimalMark, Quantity
from distillery.evaluation.graders.signs import plain_signs
from distillery.evaluation.graders.support import (
    QUOTATIONS_MAX,
    SAME,
    GroundingContext,
    QuotedText,
    computed,
    context_of,
    counted,
    parts_of,
    results,
)
from distillery.evaluation.graders.text import normalised, words

WORDS_MIN = 100
EVASIVE = (
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i cannot answer",
    "i can't answer",
    "i am unable to",
    "i'm unable to",
    "cannot be answered",
    "cannot be determined",
    "not enough information",
    "does not contain",
    "doesn't contain",
    "does not mention",
    "doesn't mention",
    "does not say",
    "is not stated",
    "not specified in",
    "no information",
    "weiß ich nicht",
    "keine information",
    "steht nicht im",
    "je ne sais pas",
    "no lo sé",
    "não sei",
    "non lo so",
    "не знаю",
    "нет информации",
    "不知道",
    "无法回答",
    "没有提到",
    "分かりません",
    "わかりません",
    "모르겠습니다",
    "لا أعرف",
    "لا أعلم",
    "मुझे नहीं पता",
)
_NOT = re.compile(r"\b(?:not|cannot|never|nicht|niemals|kein\w*|pas|jamais|не|никогда)\b|n't\b|لا |ليس|नहीं|ない|ません")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """Grades answers from a text in the prompt. What is quoted or counted without support is wrong.

    Every quotation and every figure must stand in the prompt. A figure may also be the reference's, or be computed in
    the answer from figures that stand there: `26 + 12 = 38 days`. Then the score is the share of what the reference
    needs: its figures and quotations, or its words where it has neither. Without a reference it is the support alone.
    """

    measure: ClassVar[str] = "supported and complete"
    binary: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = False

    evasive: tuple[str, ...] = EVASIVE
    """Phrases of answers that evade, in any letter case. Such an answer is right only if the reference evades too."""
    longest: int = 5
    """How many times the words of the reference an answer may have, at least 100, so that copying it all is wrong."""
    decimal_mark: DecimalMark = DecimalMark.AUTO
    """How `1.234` and `1,234` are read: `point`, `comma`, or `auto` for the usual English reading."""

    def __post_init__(self) -> None:
        if self.longest < 1:
            raise BadRequest(
                f"longest of the grader quotes is {self.longest}; it must be 1 or more; set 5 as by default"
            )
        if any(not normalised(phrase) for phrase in self.evasive):
            raise BadRequest(
                "evasive of the grader quotes has a blank phrase; each must have a visible character; remove it"
            )

    def misfit(self, reference: str, prompt: Prompt) -> str:
        if not reference.strip() or self._evades(reference):
            return ""
        quotations, figures = _unsupported(
            parts_of(plain_signs(reference), self.decimal_mark), _context(prompt, self.decimal_mark)
        )
        if quotations:
            return "quotes what the prompt does not contain"
        return "has figures that the prompt does not contain" if figures else ""

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        if reference.strip() and normalised(answer) == normalised(reference):
            return Grade(score=RIGHT)
        if not words(answer):
            return _wrong("the answer is empty")
        if self._evades(answer) or self._evades(reference):
            return self._of_evasion(answer, reference)
        most = max(WORDS_MIN, self.longest * len(words(reference)))
        if (count := len(words(answer))) > most:
            return _wrong(f"the answer has {count:,} words, and at most {most:,} are an answer here")
        given, needed = (parts_of(plain_signs(text), self.decimal_mark) for text in (answer, reference))
        if len(given.quotations) > QUOTATIONS_MAX or len(given.figures) >= QUANTITIES_MAX:
            return _wrong(f"the answer has more than {QUOTATIONS_MAX} quotations or {QUANTITIES_MAX:,} figures")
        quotations, figures = _unsupported(given, _context(prompt, self.decimal_mark), needed.figures)
        parts = {"quotations": _share(quotations, given.quotations), "figures": _share(figures, given.figures)}
        if quotations or figures:
            return _wrong(
                f"the context does not contain {', '.join(quoted(each) for each in (*quotations, *figures)[:10])}",
                parts,
            )
        if not reference.strip():
            kept = bool(given.quotations)
            return Grade(score=RIGHT, parts=parts) if kept else _wrong("the answer quotes nothing", parts)
        if bool(_NOT.search(normalised(given.own))) != bool(_NOT.search(normalised(needed.own))):
            return _wrong("the answer negates what the reference says, or the reverse", parts)
        recall, reason = self._recall(given, needed, answer, reference)
        return Grade(score=recall, reason=reason, parts={**parts, "recall": recall})

    def _evades(self, text: str) -> bool:
        own = normalised(parts_of(text, self.decimal_mark).own)
        return any(normalised(phrase) in own for phrase in self.evasive)

    def _of_evasion(self, answer: str, reference: str) -> Grade:
        if not reference.strip() or not self._evades(reference):
            return _wrong("the answer evades the question")
        if not self._evades(answer):
            return _wrong("the answer says what the reference says is not known")
        return Grade(score=RIGHT)

    def _recall(self, given: QuotedText, needed: QuotedText, answer: str, reference: str) -> tuple[Fraction, str]:
        """The share of what the reference needs, and what is missing."""
        due = results(counted(needed.own, self.decimal_mark), needed.own)
        own = counted(given.own, self.decimal_mark)
        offered = own or given.figures
        said = set(words(answer))
        if not due and not needed.quotations:
            return _found(reference, said)
        missing = [figure for figure in due if not any(SAME.holds(each, figure) for each in offered)]
        others = [each for each in own if not any(SAME.holds(each, figure) for figure in due) and _rivals(each, due)]
        if due and len(missing) == len(due):
            return WRONG, f"the figure {_figure(missing[0], needed.own)} is missing"
        shares = [Fraction(len(due) - len(missing), len(due) + len(others))] if due else []
        if len({each.value for each in candidates.choices(own, plain_signs(given.own), first=False)}) > len(due) > 0:
            return WRONG, "the answer offers several figures"
        found = [_found(quotation, said) for quotation in needed.quotations]
        shares += [share for share, _ in found]
        reasons = [f"the figure {_figure(each, needed.own)} is missing" for each in missing[:3]]
        reasons += [f"the reference does not have {_figure(each, given.own)}" for each in others[:3]]
        reasons += [reason for _, reason in found if reason][:3]
        return sum(shares, Fraction(0)) / len(shares), "; ".join(reasons)


def _context(prompt: Prompt, mark: DecimalMark) -> GroundingContext:
    asked = (text for role, text in prompt.messages if role == "user")
    return context_of((prompt.system or "", *asked), mark)


def _unsupported(
    parts: QuotedText, context: GroundingContext, granted: Sequence[Quantity] = ()
) -> tuple[list[str], list[str]]:
    """The quotations and the figures that neither the context has nor a computation explains."""
    quotations = [quotation for quotation in parts.quotations if not context.quotes(quotation)]
    known = [
        context.counts(figure) or any(SAME.holds(figure, each) for each in granted[:50]) for figure in parts.figures
    ]
    for at in range(len(known)):
        known[at] = known[at] or computed(parts.figures, at, parts.text, known)
    return quotations, [
        _figure(figure, parts.text) for figure, fine in zip(parts.figures, known, strict=True) if not fine
    ]


def _rivals(figure: Quantity, due: Sequence[Quantity]) -> bool:
    """Whether the figure measures what a figure of the reference measures, and so stands against it."""
    return any(
        (figure.dimension and figure.dimension == each.dimension)
        or (figure.currency and figure.currency == each.currency)
        or (figure.percent and each.percent)
        for each in due
    )


def _found(text: str, said: set[str]) -> tuple[Fraction, str]:
    """The share of the distinct words of a text that are said, and the first that is not."""
    needed = list(dict.fromkeys(words(text)))
    missing = [word for word in needed if word not in said]
    if not needed:
        return RIGHT, ""
    reason = f"{len(missing)} of {len(needed)} words are missing, such as {quoted(missing[0])}" if missing else ""
    return Fraction(len(needed) - len(missing), len(needed)), reason


def _share(bad: Sequence[object], every: Sequence[object]) -> Fraction:
    return 1 - Fraction(len(bad), len(every)) if every else RIGHT


def _figure(figure: Quantity, text: str) -> str:
    return text[figure.begin : figure.end].strip()


def _wrong(reason: str, parts: dict[str, Fraction] | None = None) -> Grade:
    return Grade(score=WRONG, reason=reason, parts=parts or {})
