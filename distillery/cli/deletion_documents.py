"""What `models`, `retire` and `clean` print with `--json`: models and endpoints, and what was deleted of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeModels:
    """The models of a recipe, the newest first. `usd_per_month`: what their storage costs. A model whose `needed` is
    empty may be deleted."""

    recipe: str
    models: list[dict[str, Any]]
    usd_per_month: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsOutput:
    """The models before anything was deleted. `deleted`: ARNs; `left`: ARNs that stay all the same, with `why`."""

    environment: str
    recipes: list[RecipeModels]
    deleted: list[str]
    left: list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireOutput:
    """What was deleted: the ARN that the alias named, names of endpoints, ARNs of models. `left`: `what` was not,
    and `why`; then `done` is false."""

    recipe: str
    alias: str | None
    endpoints: list[str]
    models: list[str]
    left: list[dict[str, str]]
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftoverOutput:
    """Something of the environment that no stack deletes.

    Attributes:
        kind: `run`, `alias`, `job`, `endpoint`, `model`, `lease`, `model-lease` (of another environment's model) or
            `parameter`.
        arn: Its ARN; its name where it has none.
        costs: What it bills, in words. `usd_per_hour`, `usd_per_month`: null where a price is unknown, and for jobs.
        kept: Why it stays; empty where it is to be deleted.
        command: What removes the reason, or for a run stops it; empty where only time does.
    """

    kind: str
    name: str
    arn: str
    recipe: str
    costs: str
    usd_per_hour: Decimal | None
    usd_per_month: Decimal | None
    kept: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanOutput:
    """`listed`: what was there; `deleted`: names; `left`: what is there now. `done`: whether that is nothing. Without
    `--yes`, nothing is deleted."""

    environment: str
    listed: list[LeftoverOutput]
    deleted: list[str]
    left: list[LeftoverOutput]
    done: bool
