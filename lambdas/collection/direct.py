"""Counts the calls that a job finds when it reads the logs itself, by Bedrock's rules.

The counts are checked first, because a refused job cannot be repeated. A job selects calls by metadata only. The
invoke function marks each call as training or held out: the job reads the calls marked `train`, and the student is
evaluated on the held-out prompts.

Source: Bedrock user guide, distillation-data-prep-option-2 (100 to 15,000 prompts; pairs of the teacher only). It is
not documented whether a call through an application profile counts as one of its model, so with responses it is not
counted. What else is counted follows AWS's own validation of logs (amazon-bedrock-samples,
model_distillation/dataset-validation): one user message of a single block of text, or a text in a model's template
(`prompt`); "Multi-turn prompts are not supported for invocation logs". A job cannot leave out what a guardrail stopped;
such calls are not counted here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import UnusableLogs
from distillery.core.holdout import Side, least_held_out, of_side, side_of
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import DirectLogs, InvocationLogs
from distillery.core.names import METADATA_SIDE
from distillery.core.recipe import Recipe
from lambdas.collection.log_files import LogFile, LogFiles
from lambdas.collection.models import LoggedModels
from lambdas.collection.reasons import Reason
from lambdas.collection.requests import RequestFormat
from lambdas.collection.selection import Selection


@dataclass(frozen=True, slots=True)
class Counted:
    """calls: number that match the job's filter. left_out: number of these without a usable prompt, by reason."""

    direct: DirectLogs
    calls: int
    left_out: dict[str, int]


def count(recipe: Recipe, logs: LogFiles, files: list[LogFile], models: LoggedModels) -> Counted:
    """Count the calls and choose held-out prompts.

    Raises:
        UnusableLogs: the job would be refused, or its student could not be evaluated.
    """
    train = _side(recipe, logs, models, Side.TRAIN).read(logs.lines(files))
    _check(recipe, train)
    seen = {prompt.twin_digest for prompt in train.prompts}
    aside = _side(recipe, logs, models, Side.HELDOUT).read(logs.lines(files))
    heldout = _held_out(aside.prompts, seen)[: recipe.heldout_max]
    least = least_held_out(len(seen) + len(heldout), share=recipe.heldout_share, most=recipe.heldout_max)
    if len(heldout) < least:
        raise UnusableLogs(
            f"{len(heldout)} held-out prompts of recipe {recipe.name!r} are in the logs, beside {len(seen)} that a job "
            f"would see, and {least} are needed to evaluate the student; make the calls through the invoke function, "
            f"which sets {METADATA_SIDE} = {Side.HELDOUT.value!r} for one prompt in five"
        )
    return Counted(
        DirectLogs(
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
    """The distinct held-out prompts, ignoring letter case and white space, without those that the job sees.

    The mark is computed again, because a caller that sets the metadata itself may set another value.
    """
    different = {
        prompt.twin_digest: prompt
        for prompt in prompts
        if prompt.twin_digest not in seen and side_of(prompt) is Side.HELDOUT
    }
    return list(different.values())


def _side(recipe: Recipe, logs: LogFiles, models: LoggedModels, side: Side) -> Selection:
    assert recipe.logs is not None
    return Selection(
        source=of_side(recipe.logs, side),
        account=logs.account,
        multi_turn=False,
        fetch=logs.body,
        is_teacher=lambda logged: models.is_bedrocks(logged, recipe.teacher),
        other_model=models.direct_reason,
        # The student is asked held-out prompts itself, so their text must be known.
        form=RequestFormat(single_block=True, any_template=side is Side.TRAIN),
        several_turns=Reason.SEVERAL_TURNS_DIRECT,
        limit=MAX_PROMPTS,
    )


def _check(recipe: Recipe, train: Selection) -> None:
    """Checks the minimum without the calls left out here and the maximum with them: the job may count either way."""
    if train.usable < MIN_PROMPTS or train.calls > MAX_PROMPTS:
        pairs = "pairs of the teacher" if train.source.use_responses else "prompts"
        raise UnusableLogs(
            f"the logs contain {train.usable} {pairs} for recipe {recipe.name!r} in {train.calls} calls (left out: "
            f"{dict(train.left_out) or 'none'}), and a job that reads logs takes {MIN_PROMPTS} to {MAX_PROMPTS}; "
            "nothing was sent. Match other calls, or set how = 'read' or 'athena', which select among them"
        )


def _tokens(train: Selection, heldout: Iterable[Prompt]) -> int:
    """Estimated tokens of all calls. A repeated call counts as the mean of the distinct prompts."""
    prompts = train.prompts
    once = sum(prompt.tokens for prompt in prompts)
    return once * train.usable // max(1, len(prompts)) + sum(prompt.tokens for prompt in heldout)
