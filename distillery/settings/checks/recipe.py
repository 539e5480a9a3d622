"""Recipes that Bedrock cannot run: their pair of models, hosting, budgets and contenders."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from distillery.core import catalog
from distillery.core.catalog import (
    Eligibility,
    LifeState,
    Model,
    Pair,
    on_demand_eligible,
    throughput_eligible,
)
from distillery.core.hosting_mode import HostingMode
from distillery.core.limits import MIN_PROMPTS
from distillery.core.recipe import Recipe
from distillery.settings.checks.model_usage import check_callable, contenders, find_model, known_recipes, reference_day
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_pairs(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Bedrock offers each recipe's pair of models in the home Region on the day."""
    home = settings.home_region
    for name, _, teacher, student in known_recipes(settings):
        day = reference_day(on, home, teacher, student)
        if wrong := _wrong(teacher, student, home, day):
            yield ConfigFinding(
                where=f"recipes.{name}.student",
                wrong=wrong,
                allowed=_offered(teacher, home, on),
                fix="choose one of these pairs" + _elsewhere(catalog.pair(teacher.id, student.id), home),
            )


def _wrong(teacher: Model, student: Model, home: str, day: date) -> str | None:
    pair = catalog.pair(teacher.id, student.id)
    if pair is None:
        return f"Bedrock does not distil {teacher.id!r} into {student.id!r}"
    if home not in pair.regions:
        where = ", ".join(sorted(pair.regions))
        return f"Bedrock distils {teacher.id!r} into {student.id!r} in {where} only, and home_region is {home!r}"
    if not pair.is_available(day):
        return f"Bedrock distils {teacher.id!r} into {student.id!r} from {pair.first} to {pair.last or 'today'}"
    return None


def _offered(teacher: Model, home: str, on: date) -> str:
    """The teacher's students in the home Region on the day; without any, all pairs there; without those, all pairs."""
    offered = catalog.pairs(home, on)
    students = [pair for pair in offered if pair.teacher == teacher.id]
    if offered:
        return f"in {home} on {on}: {_listed(students or offered)}"
    others = sorted({region for pair in catalog.pairs(on=on) for region in pair.regions})
    elsewhere = "".join(f"; in {region}: {_listed(catalog.pairs(region, on))}" for region in others)
    return f"in {home} on {on}: no pair{elsewhere}"


def _listed(pairs: Iterable[Pair]) -> str:
    return "; ".join(f"{pair.teacher} into {pair.student}" for pair in pairs)


def _elsewhere(pair: Pair | None, home: str) -> str:
    regions = sorted(pair.regions) if pair and home not in pair.regions else []
    return f", or set home_region = {regions[0]!r}" if regions else ""


_ELIGIBLE = {HostingMode.ON_DEMAND: on_demand_eligible, HostingMode.PROVISIONED: throughput_eligible}


def check_hosting(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Each recipe's student, customized on the day, can be hosted in the home Region in the recipe's mode."""
    home = settings.home_region
    for name, recipe, teacher, student in known_recipes(settings):
        day = reference_day(on, home, teacher, student)
        modes: dict[HostingMode, Eligibility] = {mode: ask(student.id, home, day) for mode, ask in _ELIGIBLE.items()}
        if not modes[recipe.hosting].ok:
            possible = [f"{mode.value!r}" for mode, eligible in modes.items() if eligible.ok]
            yield ConfigFinding(
                where=f"recipes.{name}.hosting",
                wrong=f"{recipe.hosting.value!r} is not possible: {modes[recipe.hosting].reason}",
                allowed=" or ".join(possible) or f"none in {home} on {day}",
                fix=f"write hosting = {possible[0]}" if possible else "choose another student or home_region",
            )


def check_unit_prices(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Provisioned Throughput is billed by the hour at a price that the catalog does not know: the settings state it."""
    for name, recipe in settings.recipes.items():
        if recipe.hosting is HostingMode.PROVISIONED and recipe.unit_price_usd_per_hour is None:
            yield ConfigFinding(
                where=f"recipes.{name}.unit_price_usd_per_hour",
                wrong="it is missing, while hosting is 'provisioned'",
                allowed="US dollars for one model unit and hour, more than 0",
                fix="write the price that the AWS pricing page, or your contract, gives for this student",
            )


def check_model_units(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The ceiling of model units leaves room for every live endpoint, and beside them for one candidate and one
    canary."""
    hourly = [recipe for recipe in settings.recipes.values() if recipe.hosting is HostingMode.PROVISIONED]
    units = [recipe.model_units for recipe in hourly]
    canary = max((recipe.model_units for recipe in hourly if recipe.canary), default=0)
    needed, ceiling = sum(units) + max(units, default=0) + canary, settings.max_model_units
    if ceiling is not None and needed > ceiling:
        yield ConfigFinding(
            where="max_model_units",
            wrong=f"it is {ceiling}, and the recipes need {sum(units)} for their live endpoints, {max(units)} for a "
            "candidate" + (f" and {canary} for a canary" if canary else ""),
            allowed=f"{needed} or more",
            fix="raise it, lower a recipe's model_units, or host a recipe on demand",
        )


def check_training_prices(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Training has a price: the catalog's, or the recipe's own. Without one no upload can be held to its budget."""
    for name, recipe, teacher, student in known_recipes(settings):
        is_dead = student.life.state(on, settings.home_region) is LifeState.ENDED
        if catalog.pair(teacher.id, student.id) is None or (is_dead and not settings.acknowledgement(student.id)):
            continue  # `check_pairs` or `life_cycle` reports it
        if recipe.training_usd_per_million_tokens is None and catalog.training_price(student.id) is None:
            yield ConfigFinding(
                where=f"recipes.{name}.training_usd_per_million_tokens",
                wrong=f"it is missing, and no source gives a price of training {student.id!r}",
                allowed="US dollars for a million tokens, more than 0",
                fix="write the price that the AWS pricing page, or your contract, gives for this student",
            )


def check_budgets(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """The budget covers the smallest possible run. The cost of a real run is estimated once its prompts are known."""
    for name, recipe, teacher, _ in known_recipes(settings):
        least = least_cost(recipe, teacher, settings.home_region, on)
        if 0 < recipe.budget_usd < least:
            yield ConfigFinding(
                where=f"recipes.{name}.budget_usd",
                wrong=f"{recipe.budget_usd} does not cover the smallest run, which costs at least {least:.2f}",
                allowed=f"{least:.2f} US dollars or more",
                fix="raise it, lower max_answer_tokens or model_units, or choose a cheaper teacher",
            )


def check_monthly_budgets(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The monthly budget covers one run at its budget."""
    for name, recipe in settings.recipes.items():
        if recipe.monthly_budget_usd is not None and recipe.monthly_budget_usd < recipe.budget_usd:
            yield ConfigFinding(
                where=f"recipes.{name}.monthly_budget_usd",
                wrong=f"it is {recipe.monthly_budget_usd}, and one run may cost {recipe.budget_usd}",
                allowed=f"{recipe.budget_usd} US dollars or more, as budget_usd says",
                fix="raise it, lower budget_usd, or remove it: the default is five times budget_usd",
            )


def least_cost(recipe: Recipe, teacher: Model, region: str, on: date) -> Decimal:
    """The least that a run can cost, in US dollars.

    The teacher's answers to the fewest prompts that a job accepts, and one hour of the candidate endpoint if hosting is
    billed by the hour. Training and input tokens are not included.
    """
    profile = catalog.profile_for(teacher.id, region)
    price = catalog.price(teacher.id, profile=profile.id if profile else None, on=on)
    tokens = MIN_PROMPTS * recipe.max_answer_tokens
    answers = price.cost(input_tokens=0, output_tokens=tokens) if price else Decimal(0)
    hourly = recipe.unit_price_usd_per_hour if recipe.hosting is HostingMode.PROVISIONED else None
    return answers + (hourly or 0) * recipe.model_units


def check_contenders(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Each contender can be called from the home Region, is named once, and has a price."""
    for use, named_before in contenders(settings):
        model = find_model(use.model)
        if model is None:  # `life_cycle` reports it
            continue
        if named_before:
            yield ConfigFinding(use.where, f"{model.id!r} is named twice", "each model once", "remove one")
        else:
            yield from check_callable(use, model, on)
