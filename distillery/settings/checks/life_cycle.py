"""Models that are not available yet, or no longer."""

from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import LifeState, Model
from distillery.settings.checks.model_usage import Role, Use, find_model, model_uses
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding, closest_matches


def check_lives(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Every model is available on the day, and every student accepts customization jobs, or its end is acknowledged."""
    for use in model_uses(settings):
        model = find_model(use.model)
        if model is None:
            yield _unknown(use)
        elif model.life.state(on, use.region) is LifeState.NOT_YET:
            yield _too_early(use, model, on)
        elif wrong := _over(use, model, on):
            acknowledged = settings.acknowledgement(model.id)
            if acknowledged is None:
                yield _too_late(use, model, wrong, on)
            elif not acknowledged.holds(on):
                lapsed = f"{wrong}; its acknowledgement expired on {acknowledged.until}"
                yield _too_late(use, model, lapsed, on)


def _unknown(use: Use) -> ConfigFinding:
    known = [model.id for model in catalog.models()]
    return ConfigFinding(
        where=use.where,
        wrong=f"the catalog has no model {use.model!r}",
        allowed="model ids of the catalog, without a profile's prefix or a context-length suffix",
        fix=f"write one of these (near it: {closest_matches(use.model, known)}), or add it to distillery/core/catalog",
    )


def _over(use: Use, model: Model, on: date) -> str | None:
    """Why the model can no longer be used like this on that day, if so."""
    life, state = model.life.within(use.region), model.life.state(on, use.region)
    if state is LifeState.ENDED:
        ended = f"had ended by {life.ended_by}" if life.ended_by else f"reached its end of life on {life.end}"
        return f"{model.id!r} {ended}, and the day is {on}"
    if state is LifeState.LEGACY and use.role is Role.STUDENT:
        since = f"on {life.legacy}" if life.legacy else f"by {life.legacy_by}"
        return f"{model.id!r} became Legacy {since}, and a Legacy model takes no new customization job"
    return None


def _too_early(use: Use, model: Model, on: date) -> ConfigFinding:
    return ConfigFinding(
        where=use.where,
        wrong=f"{model.id!r} is not offered before {model.life.within(use.region).first}, and the day is {on}",
        allowed=f"models that are offered on {on}",
        fix=f"choose another model, or deploy on {model.life.within(use.region).first} or later",
    )


def _too_late(use: Use, model: Model, wrong: str, on: date) -> ConfigFinding:
    successor = active_successor(model, on, use.region)
    instead = f"use its successor {successor.id!r}" if successor else "choose another model"
    return ConfigFinding(
        where=use.where,
        wrong=wrong,
        allowed=f"models that are available on {on}, or whose end is acknowledged until then",
        fix=f"{instead}, or acknowledge it under [[acknowledged]] with model, until (a later day) and reason",
    )


def active_successor(model: Model, on: date, region: str) -> Model | None:
    """The first successor that is available on the day; None if the catalog has none."""
    while model.successor is not None:
        model = catalog.model(model.successor)
        if model.life.state(on, region) in (LifeState.ACTIVE, LifeState.LEGACY):
            return model
    return None


def check_acknowledgements(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each acknowledgement is about a model in use, and there is one for each model."""
    used = {use.model for use in model_uses(settings)}
    listed = [known.model for known in settings.acknowledged]
    for index, model in enumerate(listed):
        if model not in used or model in listed[:index]:
            wrong = f"{model!r} is acknowledged twice" if model in used else f"no recipe or route uses {model!r}"
            yield ConfigFinding(
                where=f"acknowledged[{index}].model",
                wrong=wrong,
                allowed="each model that is in use, once: " + ", ".join(sorted(used)),
                fix="remove the table",
            )
