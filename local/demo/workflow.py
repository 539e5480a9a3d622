"""The steps of the demo, in order: account, stacks, prompts, run, answers."""

import os
from datetime import date
from pathlib import Path

import typer

from distillery.cli.check import is_accepted, report_on
from distillery.cli.offline_check.checker import RecipeRun
from distillery.cli.offline_check.sources import sources
from distillery.cli.run import STARTED, refuse, start
from distillery.cli.target import Target
from distillery.cli.terminal import echo
from distillery.cli.watch import follow
from distillery.core import clock
from distillery.core.pipeline import Outcome
from distillery.settings import Settings, load
from distillery.settings.reading import VARIABLE
from local import people
from local.account import ACCOUNT, ROOT, LocalAccount
from local.demo.deployment import bootstrap, deploy
from local.demo.example_recipes import ENVIRONMENTS, EXAMPLES, settings_folder
from local.demo.results import show_results
from local.emulator import ports, process
from local.emulator.clock import VirtualClock
from local.emulator.discarding import approve_discard
from local.emulator.ports import CannotStart

DEFAULT_EXAMPLE = "support"
MODEL_UNITS = 4  # a quota as AWS Support raises it, enough for a candidate and a live endpoint
# The system announced in December 2024 works only before its models' end of life.
START_DATES = {"launch": "2024-12-04"}


def run_demo(
    *,
    environment: str,
    prompts: Path | None,
    again: bool,
    port: int | None,
    discard: bool = False,
    recipe: str | None = None,
) -> None:
    """Runs the demo of a recipe, the first if none is named. Exits with 1 and prints why if the run is not promoted."""
    example = None if environment in START_DATES else recipe  # examples are of models that are there today
    folder = settings_folder(environment, example)
    settings = _settings(environment, folder)
    source = prompts or _example(recipe or DEFAULT_EXAMPLE)
    recipe = _recipe(recipe, settings, environment)
    if prompts is not None:
        _check(prompts, recipe, settings, environment)
    account = _account(environment, port, discard=discard)
    regions = (settings.home_region, settings.inference_region)
    bootstrap(account, regions)
    if folder != ENVIRONMENTS:
        os.environ[VARIABLE] = str(folder)
        echo("  [dim]the recipe is that of examples/{}/recipe.toml[/dim]", recipe)
    deploy(account, environment, on=clock.now().date(), settings=folder)
    os.environ.update(people.credentials(account, environment, home=regions[0], inference=regions[1]))
    on = Target(environment=environment, region=settings.home_region, local=True)
    run = _start(on, recipe, source, again=again)
    outcome = follow(on, run)
    show_results(on, recipe, run)
    if outcome is not Outcome.PROMOTED:
        raise typer.Exit(1)


def _settings(environment: str, folder: Path) -> Settings:
    """Loads the settings before anything starts. Raises ConfigError, or CannotStart for an environment elsewhere."""
    settings = load(environment, on=start_date(environment) or clock.now().date(), folder=folder)
    if settings.account not in (None, ACCOUNT):
        raise CannotStart(
            f"environment {environment!r} is for account {settings.account}, and the local account is {ACCOUNT}: "
            "choose an environment that names none, such as `make demo ENV=dev` or `make demo ENV=launch`."
        )
    return settings


def _recipe(named: str | None, settings: Settings, environment: str) -> str:
    """Returns the recipe to run. Raises CannotStart for one that the environment does not have."""
    recipe = next(iter(settings.recipes)) if named is None else named
    if recipe not in settings.recipes:
        raise CannotStart(
            f"environment {environment!r} has no recipe {recipe!r}; it has {', '.join(settings.recipes)}: add the "
            f"table [recipes.{recipe}] to environments/{environment}.toml (docs/tutorials has those of the examples)."
        )
    return recipe


def _example(recipe: str) -> Path:
    """Returns the example's prompts of a recipe. Raises CannotStart if it has none."""
    found = EXAMPLES / recipe / "prompts.jsonl"
    if not found.is_file():
        known = sorted(each.parent.name for each in EXAMPLES.glob("*/prompts.jsonl"))
        raise CannotStart(
            f"recipe {recipe!r} has no example prompts; {', '.join(known)} have: give your own with "
            f"`make demo RECIPE={recipe} PROMPTS=FILE`."
        )
    return found


def _check(prompts: Path, recipe: str, settings: Settings, environment: str) -> None:
    """Checks a person's own prompts before anything starts. Exits with 1 and prints the report if a run would refuse
    them."""
    run = RecipeRun(settings.recipes[recipe], settings.home_region, start_date(environment) or clock.now().date())
    (source,) = sources([str(prompts)])
    if not is_accepted(report_on(source, run, quiet=False), strict=False):
        echo("nothing was started; correct the file, or run `make demo` with the example's prompts")
        raise typer.Exit(1)


def _account(environment: str, port: int | None, *, discard: bool) -> LocalAccount:
    """Returns the running account; a new one if none runs, or if its date is not valid for the environment.

    Raises CannotStart if the running account is on another port, or if it would have to be discarded and nobody agrees.
    """
    date = START_DATES.get(environment)
    wanted = LocalAccount(state=ROOT / ".local", port=port or ports.DEFAULT, date=date, model_units=MODEL_UNITS)
    found = process.running(wanted.state)
    if found and not has_valid_date(found, environment):
        echo("{} needs a new local account: the running one has another date", repr(environment))
        approve_discard(found, command=f"make demo ENV={environment} DISCARD=1", discard=discard)
        process.stop(wanted.state)
        found = None
    if found:
        ports.check_port(found, port)
    account = process.start(found or wanted)
    os.environ.update(account.env())  # every client and the clock now use the local account
    how = "already runs" if found else "runs"
    echo("[green]✓[/green] local AWS account {} {} on {}", account.account, how, account.endpoint)
    echo(
        "  [dim]its clock: {}, {} times as fast\n"
        "  its models are stand-ins: a small text model as the student, a teacher that errs on {} of what it knows "
        "(seeded)\n"
        "  it knows the references of training prompts, and infers the answers to others from these[/dim]",
        *(f"{clock.now():%d %B %Y %H:%M}", f"{account.speed:g}", f"{account.teacher_error:.0%}"),
    )
    return account


def _start(on: Target, recipe: str, prompts: Path, *, again: bool) -> str:
    answer = start(on, recipe, prompts, again=again)
    if answer["status"] not in STARTED:
        refuse(on, answer)
    name = prompts.relative_to(ROOT) if prompts.is_relative_to(ROOT) else prompts
    if answer["status"] == "same":
        before = f"distilled before as run {answer['run']} (AGAIN=1 distils them again)"
        echo("[green]✓[/green] {}: {}", name, before)
    else:
        echo("[green]✓[/green] {} uploaded and validated", name)
    return str(answer["run"])


def start_date(environment: str) -> date | None:
    """Returns the day on which the environment's local account starts; None for today."""
    day = START_DATES.get(environment)
    return date.fromisoformat(day) if day else None


def has_valid_date(account: LocalAccount, environment: str) -> bool:
    """Whether a running account has the environment's start date and, for a date in the past, is still in its month."""
    if account.date != START_DATES.get(environment):
        return False
    day = start_date(environment)
    now = VirtualClock(account.clock_file).now()
    return day is None or (now.year, now.month) == (day.year, day.month)
