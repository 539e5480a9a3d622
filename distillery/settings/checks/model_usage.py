"""Which models an environment uses, where and for what, and on which day a use of them is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from distillery.core import catalog
from distillery.core.catalog import Certainty, Latency, Life, Model
from distillery.core.judging import GraderKind
from distillery.core.model_dates import NamedModel
from distillery.core.recipe import Recipe
from distillery.settings.environment import OWN_MODEL, Settings
from distillery.settings.finding import ConfigFinding


class Role(StrEnum):
    """What a model is used as."""

    TEACHER = "teacher"
    STUDENT = "student"
    CONTENDER = "contenders"
    JUDGE = "judge"
    ROUTE = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a model. `where` is the key in the file; the model is called, or customized, in `region`."""

    where: str
    model: str
    region: str
    role: Role


def model_uses(settings: Settings) -> Iterator[Use]:
    """Every place in the settings that names a model."""
    for name, recipe in settings.recipes.items():
        for role, model in ((Role.TEACHER, recipe.teacher), (Role.STUDENT, recipe.student)):
            yield Use(where=f"recipes.{name}.{role}", model=model, region=settings.home_region, role=role)
    yield from (use for use, _ in contenders(settings))
    yield from (use for _, use in judges(settings))
    for name, route in settings.routes.items():
        if route.model is not None:
            where = f"routes.{name}.model"
            yield Use(where=where, model=route.model, region=settings.inference_region, role=Role.ROUTE)
        for index, model in fallback_models(settings, name):
            where = f"routes.{name}.fallback[{index}]"
            yield Use(where=where, model=model, region=settings.inference_region, role=Role.ROUTE)


def named_models(settings: Settings) -> list[NamedModel]:
    """The same for the life-cycle watch, without models that the catalog does not know."""
    return [
        NamedModel(where=use.where, model=use.model, region=use.region)
        for use in model_uses(settings)
        if find_model(use.model)
    ]


def fallback_models(settings: Settings, route: str) -> Iterator[tuple[int, str]]:
    """The words of a fallback policy that are models of the catalog. Models behind other words are named elsewhere."""
    for index, word in enumerate(settings.routes[route].fallback):
        if word not in (*OWN_MODEL, *settings.routes) and find_model(word):
            yield index, word


def contenders(settings: Settings) -> Iterator[tuple[Use, bool]]:
    """The models that recipes compare their students with, and whether the recipe named the model before."""
    for name, recipe in settings.recipes.items():
        for index, model in enumerate(recipe.contenders):
            where = f"recipes.{name}.{Role.CONTENDER}[{index}]"
            use = Use(where=where, model=model, region=settings.home_region, role=Role.CONTENDER)
            yield use, model in recipe.contenders[:index]


def judges(settings: Settings) -> Iterator[tuple[Recipe, Use]]:
    """The models that rate answers, each with its recipe."""
    for name, recipe in settings.recipes.items():
        for index, spec in enumerate(recipe.graders):
            model = spec.options.get("model")
            if spec.kind is GraderKind.JUDGE and isinstance(model, str):
                where = f"recipes.{name}.graders[{index}].model"
                yield recipe, Use(where=where, model=model, region=settings.home_region, role=Role.JUDGE)


def find_model(model: str) -> Model | None:
    """The catalog's entry, or None: `life_cycle` reports models that the catalog does not know."""
    try:
        return catalog.model(model)
    except catalog.UnknownModel:
        return None


def known_recipes(settings: Settings) -> Iterator[tuple[str, Recipe, Model, Model]]:
    """(name, recipe, teacher, student) of each recipe whose models the catalog knows."""
    for name, recipe in settings.recipes.items():
        teacher, student = find_model(recipe.teacher), find_model(recipe.student)
        if teacher and student:
            yield name, recipe, teacher, student


def reference_day(on: date, region: str, *models: Model) -> date:
    """The day nearest to `on` on which all these models were active in the Region."""
    lives = [model.life.within(region) for model in models]
    first = max((life.first for life in lives if life.first), default=on)
    last = min((day for life in lives if (day := last_active(life))), default=on)
    return max(first, min(on, last))


def last_active(life: Life) -> date | None:
    """The last day before the model became Legacy or ended, as far as it is certain; else None."""
    announced = life.end if life.certainty is Certainty.ANNOUNCED else None
    sure = [day for day in (life.legacy, life.legacy_by, life.ended_by, announced) if day]
    return min(sure) - timedelta(days=1) if sure else None


def check_callable(use: Use, model: Model, on: date) -> Iterator[ConfigFinding]:
    """The model can be called with standard latency from the Region of its use, and has a price."""
    profile = catalog.profile_for(model.id, use.region)
    through = None if use.region in model.in_region or profile is None else profile.id
    if not catalog.latency_offered(model.id, Latency.STANDARD, use.region, reference_day(on, use.region, model)):
        wrong = f"{model.id!r} cannot be called from {use.region}"
        yield ConfigFinding(use.where, wrong, "models that are called from home_region", "choose another model")
    elif catalog.price(model.id, profile=through, on=on) is None:
        fix = "add the price with its date and source in distillery/core/catalog"
        yield ConfigFinding(use.where, f"no source gives a price of {model.id!r}", "models with a price", fix)
