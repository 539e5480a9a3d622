"""Logs that a job reads itself: what it will find is counted first, by the service's rules, for it has no second try.

The job chooses by metadata alone. The invoke function says with each call on which side of the verdict its prompt
stands, so the job is told to take the side `train`, and the student is judged by prompts of the other.

Sources: UG distillation-data-prep-option-2 (100 to 15,000 prompts; pairs only of the teacher). That a call through an
application profile counts as its model's is said nowhere, so with responses it is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import LogsUnfit
from distillery.core.holdout import Side, least_held_out, of_side, side_of
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import Direct, InvocationLogs
from distillery.core.names import METADATA_SIDE
from distillery.core.recipe import Recipe
from distillery.core.tokens import tokens
from lambdas.collection.choice import Choice, multi_turn
from lambdas.collection.logged import File, Logs
from lambdas.collection.models import Models


@dataclass(frozen=True, slots=True)
class Counted:
    """calls: that the job's filter takes; left_out: reason → calls of these that nothing can be learnt from."""

    direct: Direct
    calls: int
    left_out: dict[str, int]


def count(recipe: Recipe, logs: Logs, files: list[File], models: Models) -> Counted:
    """Raises LogsUnfit where the job would be refused, or its student could not be judged."""
    train = _side(recipe, logs, models, Side.TRAIN).read(logs.lines(files))
    _check(recipe, train)
    seen = {prompt.folded_digest for prompt in train.prompts}
    aside = _side(recipe, logs, models, Side.HELDOUT).read(logs.lines(files))
    heldout = _held_out(aside.prompts, seen)[: recipe.heldout_max]
    least = least_held_out(len(seen) + len(heldout), share=recipe.heldout_share, most=recipe.heldout_max)
    if len(heldout) < least:
        raise LogsUnfit(
            f"{len(heldout)} prompts of recipe {recipe.name!r} are left to judge the student by, beside {len(seen)} "
            f"that a job would see, and {least} are needed: those whose calls say {METADATA_SIDE} = "
            f"{Side.HELDOUT.value!r}, and rightly; call by the invoke function, which says it of one prompt in five"
        )
    return Counted(
        Direct(
            logs=InvocationLogs(uri=logs.uri, match=train.source.match, use_responses=train.source.use_responses),
            calls=train.usable,
            different=len(seen),
            tokens=_tokens(train, heldout),
            heldout=tuple(to_line(prompt) for prompt in heldout),
        ),
        train.calls,
        dict(train.left_out),
    )


def _held_out(prompts: Iterable[Prompt], seen: set[str]) -> list[Prompt]:
    """One of those that differ in letter case and white space alone, of the right side, and none that the job sees: a
    caller who marks calls by hand may mark them otherwise than the invoke function would."""
    different = {
        prompt.folded_digest: prompt
        for prompt in prompts
        if prompt.folded_digest not in seen and side_of(prompt) is Side.HELDOUT
    }
    return list(different.values())


def _side(recipe: Recipe, logs: Logs, models: Models, side: Side) -> Choice:
    assert recipe.logs is not None
    return Choice(
        source=of_side(recipe.logs, side),
        account=logs.account,
        multi_turn=multi_turn(recipe.student),
        fetch=logs.body,
        is_teacher=lambda logged: models.is_surely(logged, recipe.teacher),
        most=MAX_PROMPTS,
    )


def _check(recipe: Recipe, train: Choice) -> None:
    """The job may count what we would leave out, or leave it out: so the least is of ours, the most of all."""
    if train.usable < MIN_PROMPTS or train.calls > MAX_PROMPTS:
        pairs = "pairs of the teacher" if train.source.use_responses else "prompts"
        raise LogsUnfit(
            f"the logs hold {train.usable} {pairs} for recipe {recipe.name!r} in {train.calls} calls (left out: "
            f"{dict(train.left_out) or 'none'}), and a job that reads logs takes {MIN_PROMPTS} to {MAX_PROMPTS}; "
            "nothing was sent. Match other calls, or write how = 'read' or 'athena', which choose among them"
        )


def _tokens(train: Choice, heldout: Iterable[Prompt]) -> int:
    """Repeated calls count again, at the mean of the others."""
    prompts = train.prompts
    once = sum(tokens(prompt.characters) for prompt in prompts)
    return once * train.usable // max(1, len(prompts)) + sum(tokens(prompt.characters) for prompt in heldout)
