"""Graders that cannot grade: wrong options, judges that judge themselves, and functions of another account."""

from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Model
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire
from distillery.evaluation.graders.function import TeamFunction
from distillery.evaluation.graders.registry import build_one
from distillery.settings.checks.model_usage import check_callable, find_model, judges
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_graders(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each grader's options are those of its kind."""
    for name, recipe in settings.recipes.items():
        for index, spec in enumerate(recipe.graders):
            try:
                build_one(spec)
            except BadRequest as error:
                yield ConfigFinding(
                    f"recipes.{name}.graders[{index}]",
                    str(error),
                    f"the options of the kind {spec.kind.value!r} in docs/graders.md",
                    "correct or remove the option",
                )
        if not recipe.graders:
            try:
                build_one(*recipe.grader_specs)
            except BadRequest as error:
                fix = f"write a table [[recipes.{name}.graders]] with kind = {recipe.grader.value!r} and its options"
                yield ConfigFinding(f"recipes.{name}.grader", str(error), "a kind that needs no options", fix)


def check_judges(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Each judge is a model that Bedrock lets judge, that can be called from the home Region, and that has a price. It
    is none of the models that it judges, since models prefer their own answers. `life_cycle` reports its end."""
    for recipe, use in judges(settings):
        model = find_model(use.model)
        if model is None:  # `life_cycle` reports it
            continue
        if same := _same_model(model, recipe):
            wrong = f"{model.id!r} would judge its own answers: it is {same}"
            yield ConfigFinding(use.where, wrong, "a model that the recipe does not ask", "choose another judge")
        elif model.judge is None:
            allowed = ", ".join(sorted(known.id for known in catalog.models() if known.judge))
            wrong = f"Bedrock does not let {model.id!r} judge in evaluation jobs"
            yield ConfigFinding(use.where, wrong, allowed, "choose one of these")
        else:
            yield from check_callable(use, model, on)


def _same_model(judge: Model, recipe: Recipe) -> str:
    """As what the recipe asks the judge's model, in this version or another; empty if it does not."""
    asked = {"the teacher": recipe.teacher, "the student": recipe.student}
    asked |= {f"the contender {model}": model for model in recipe.contenders}
    for role, ident in asked.items():
        if (model := find_model(ident)) and _line(model) == _line(judge):
            return role if model.id == judge.id else f"another version of {role}"
    return ""


def _line(model: Model) -> tuple[str, str]:
    """What versions of one model share: `Claude 3.5 Sonnet v2` is a version of `Claude 3.5 Sonnet`."""
    name, _, version = model.name.rpartition(" ")
    return model.provider, name if version[:1].casefold() == "v" and version[1:].isdigit() else model.name


def check_functions(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each function that scores is in the environment's account and home Region, where the pipeline invokes it."""
    for name, recipe in settings.recipes.items():
        for index, spec in enumerate(recipe.graders):
            if spec.kind is not GraderKind.FUNCTION:
                continue
            try:
                function = from_wire(TeamFunction, spec.options)
            except BadRequest:  # `check_graders` reports it
                continue
            where, fix = f"recipes.{name}.graders[{index}].arn", "deploy the function there, and write its ARN"
            if function.region != settings.home_region:
                wrong = f"the function is in {function.region}"
                yield ConfigFinding(where, wrong, f"functions in {settings.home_region}, the home_region", fix)
            elif settings.account and function.account != settings.account:
                wrong = f"the function is in the account {function.account}"
                yield ConfigFinding(where, wrong, f"functions in {settings.account}, the environment's account", fix)
