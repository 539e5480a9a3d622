"""Roll-backs as a person presses them, and the system prompt of a student, which moves with its model."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count, islice

from distillery.core.conversation import Prompt
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import support


def with_long_system(labels: tuple[str, ...]) -> list[Prompt]:
    """Returns the example prompts of the labels, with a system prompt of 15 KB."""
    return [replace(prompt, system=_system(labels)) for prompt in support(*labels)]


def roll_back(environment: Environment, *command: str, by: str) -> str:
    """Follows the command until the roll-back to the previous model has ended. Returns what it said."""
    before = environment.promoted()
    said = environment.command(*command, by=by)
    after = environment.promoted()
    assert str(after.current) in said
    assert "rolled-back" in said
    assert (after.version, environment.ledger.active()) == (before.version + 1, {})
    assert (after.endpoint, after.current, after.previous) == (before.endpoint, before.previous, before.current)
    assert (after.system, after.previous_system) == (before.previous_system, before.system)
    (record, *_) = Rollbacks(
        Table(str(environment.outputs["ledger"]), environment.client_as("operator", "dynamodb"))
    ).of(RECIPE)
    assert record.by.endswith(f":user/distillery-dev-{by}")
    assert record.why == command[command.index("--reason") + 1]
    assert (record.left, record.to, record.outcome) == (before.current, before.previous, Outcome.ROLLED_BACK)
    return said


def assert_not_undone_by_a_second_press(environment: Environment, *command: str) -> None:
    """A plain roll-back after another one is refused, and names the version that would undo it."""
    alias = environment.promoted()
    plain = environment.command_as(*command, by="operator")
    assert (plain.returncode, f"--to {alias.version - 1}" in plain.stderr) == (4, True), plain.stderr
    assert environment.promoted() == alias


def served_labels(environment: Environment, *sets: tuple[str, ...]) -> tuple[str, ...]:
    """Returns those of the sets that the live student knows, which are those of its training set.

    The route sends the system prompt that the model was trained with: callers give none.
    """
    answers = [environment.ask(replace(prompt, system=None)) for prompt in _one_of_each(*sets)]
    served = next(labels for labels in sets if {answer["text"] for answer in answers} <= set(labels))
    assert {answer["system"] for answer in answers} == {"student"}
    assert min(answer["usage"]["input_tokens"] for answer in answers) > 3000, "with 15 KB of system prompt"
    assert _stored(environment) == _system(served)
    return served


def _one_of_each(*sets: tuple[str, ...]) -> Iterable[Prompt]:
    return (support(label)[0] for labels in sets for label in labels)


def _system(labels: tuple[str, ...]) -> str:
    """Returns a system prompt of 15 KB, the longest that a line of prompts has room for."""
    rules = (f"\n{number}. {labels[number % len(labels)]}: see section {number} of the handbook." for number in count())
    text = "Classify the customer's message. Answer with exactly one label: " + ", ".join(labels) + "."
    return (text + "".join(islice(rules, 400)))[:15_000]


def _stored(environment: Environment) -> str:
    """Returns the text of the object that the alias names."""
    system = environment.promoted().system
    assert system is not None
    bucket, _, key = system.uri.removeprefix("s3://").partition("/")
    return str(environment.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def has_versions(alias: Alias, listed: str) -> bool:
    """Whether the list of `--list` has every version of the alias."""
    return all(f"version {version}" in listed for version in range(1, alias.version + 1))
