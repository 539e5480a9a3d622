"""Warnings about valid settings: models whose end is near or unknown, and failures that nobody would notice."""

from collections.abc import Iterator
from datetime import date, timedelta

from distillery.core.catalog import Certainty, LifeState, Model
from distillery.core.commitment import ACKNOWLEDGED_DAYS
from distillery.core.hosting_cost import compare_hosting
from distillery.core.hosting_mode import HostingMode
from distillery.core.limits import CONCURRENCY, MAX_DEPLOYMENTS, UNRESERVED_CONCURRENCY
from distillery.settings.checks.life_cycle import active_successor
from distillery.settings.checks.model_usage import find_model, model_uses
from distillery.settings.environment import Settings

_NOTICE = timedelta(days=180)
"""Bedrock's Legacy period: an end is announced at least half a year ahead. Source: UG model-lifecycle."""


def warnings(settings: Settings, on: date) -> list[str]:
    """Sentences to show at a deployment of these settings on that day."""
    places: dict[str, list[str]] = {}
    for use in model_uses(settings):
        model = find_model(use.model)
        if model and (text := _of_life(settings, model, use.region, on)):
            places.setdefault(text, []).append(use.where)
    lives = [f"{', '.join(where)}: {text}" for text, where in places.items()]
    return [
        *lives,
        *_of_deployments(settings),
        *_of_dearer_hosting(settings, on),
        *_of_commitments(settings, on),
        *_of_concurrency(settings),
        *_of_silence(settings),
        *_of_old_keys(settings),
    ]


def _of_life(settings: Settings, model: Model, region: str, on: date) -> str | None:
    life, state = model.life.within(region), model.life.state(on, region)
    acknowledged = settings.acknowledgement(model.id)
    if acknowledged and state in (LifeState.LEGACY, LifeState.ENDED):
        reason = acknowledged.reason.rstrip(".")
        return f"{model.name} is {state}, acknowledged until {acknowledged.until}: {reason}."
    successor = active_successor(model, on, region)
    instead = f" Use {successor.id} in time." if successor else ""
    if life.certainty is Certainty.UNKNOWN:
        return f"{model.name} is {state}, and no source says when it ends.{instead}"
    if life.certainty is Certainty.NO_SOONER_THAN and life.end and life.end - _NOTICE <= on:
        return f"{model.name} ends no sooner than {life.end}, and no later date is announced.{instead}"
    if life.certainty is Certainty.ANNOUNCED and life.end and life.end - _NOTICE <= on:
        return f"{model.name} is {state} and ends on {life.end}.{instead}"
    return None


def _of_deployments(settings: Settings) -> Iterator[str]:
    hosted = [name for name, recipe in settings.recipes.items() if recipe.hosting is HostingMode.ON_DEMAND]
    if len(hosted) + 1 > MAX_DEPLOYMENTS:
        yield (
            f"recipes: {len(hosted)} are hosted on demand and a candidate needs a deployment too, but an account has "
            f"{MAX_DEPLOYMENTS} deployments unless quota L-1EF80F3E is raised."
        )


def _of_dearer_hosting(settings: Settings, on: date) -> Iterator[str]:
    for name, recipe in settings.recipes.items():
        if find_model(recipe.student) is None:
            continue
        compared = compare_hosting(recipe, region=settings.home_region, on=on)
        if compared and compared.cheaper and (saved := compared.saved_usd(recipe.hosting)) is not None:
            yield (
                f"recipes.{name}.hosting: {recipe.hosting.value!r} costs ${saved:,.2f} a month more than "
                f"{compared.cheaper.value!r} {compared.sentence}."
            )


def _of_commitments(settings: Settings, on: date) -> Iterator[str]:
    for name, recipe in settings.recipes.items():
        day = recipe.commitment_acknowledged
        if recipe.commitment and day and on - day > timedelta(days=ACKNOWLEDGED_DAYS):
            yield (
                f"recipes.{name}.commitment_acknowledged: {day} is more than {ACKNOWLEDGED_DAYS} days ago, so it "
                "starts no commitment. A live endpoint that exists is not affected. Runs without one are refused; "
                "write the day of a new acknowledgement then."
            )


def _of_concurrency(settings: Settings) -> Iterator[str]:
    reserved = settings.reserved_concurrency
    if reserved is not None and reserved + UNRESERVED_CONCURRENCY > CONCURRENCY:
        yield (
            f"reserved_concurrency: Lambda keeps {UNRESERVED_CONCURRENCY} of an account's concurrency unreserved, and "
            f"an account has {CONCURRENCY:,} in a Region unless quota L-B99A9384 is raised; until then Lambda refuses "
            f"to reserve {reserved:,}."
        )


def _of_silence(settings: Settings) -> Iterator[str]:
    if settings.keep_data and not settings.notify:
        yield "notify: it is empty, so nobody is notified when a run fails."


def _of_old_keys(settings: Settings) -> Iterator[str]:
    for name, recipe in settings.recipes.items():
        if recipe.min_share_of_teacher is not None:
            yield (
                f"recipes.{name}.min_share_of_teacher: it is replaced by teacher_margin, which a test of significance "
                f"compares. Write teacher_margin = {recipe.margin_to_teacher:g} in its place: it means that now."
            )
