"""A report against that of an earlier run."""

from collections import Counter
from collections.abc import Mapping, Sequence

from distillery.evaluation.contestants import STUDENT
from distillery.evaluation.report.document import Change, Difference, Document
from distillery.evaluation.report.rows import PromptRow


def compare_runs(now: Document, before: Document) -> Difference:
    """What changed since an earlier run: scores by role, and the prompts on which the student does better or worse.

    Prompts are joined by their texts and references, since another split has other numbers. Prompts that a run holds
    out twice cannot be told apart and are left out.
    """
    roles = dict.fromkeys(one.role for one in (*now.contestants, *before.contestants))
    ours, theirs = _by_text(now.prompts), _by_text(before.prompts)
    gaps = {ours[text].index: gap for text in ours.keys() & theirs.keys() if (gap := _gap(ours[text], theirs[text]))}
    return Difference(
        run=before.run,
        outcome=before.outcome,
        changes=tuple(_change(role, now, before) for role in roles),
        shared=len(ours.keys() & theirs.keys()),
        better=tuple(sorted(index for index, gap in gaps.items() if gap > 0)),
        worse=tuple(sorted(index for index, gap in gaps.items() if gap < 0)),
        same_grading=(now.measure, now.method.graders) == (before.measure, before.method.graders),
    )


def _change(role: str, now: Document, before: Document) -> Change:
    ours, theirs = now.contestant(role), before.contestant(role)
    return Change(
        role=role,
        before=theirs.value if theirs else None,
        now=ours.value if ours else None,
        model_before=theirs.model if theirs else "",
        model_now=ours.model if ours else "",
    )


_Key = tuple[object, ...]


def _by_text(prompts: Sequence[PromptRow]) -> Mapping[_Key, PromptRow]:
    keys = [(row.system, row.messages, row.reference) for row in prompts]
    often = Counter(keys)
    return {key: row for key, row in zip(keys, prompts, strict=True) if often[key] == 1}


def _gap(ours: PromptRow, theirs: PromptRow) -> float:
    now, before = ours.answers.get(STUDENT), theirs.answers.get(STUDENT)
    if now is None or before is None or now.score is None or before.score is None:
        return 0.0
    return now.score - before.score
