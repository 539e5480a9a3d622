"""The settings reference, generated from the types that read an environment's file."""

import ast
import enum
import inspect
import itertools
import json
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, StringConstraints

from distillery.core.business_hours import BusinessHours
from distillery.core.canary import CanaryOptions
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.logs import LogSource
from distillery.core.promotion_window import PromotionWindow
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, ExpectedTraffic
from distillery.evaluation.graders.registry import grader_class
from distillery.settings import (
    LONGEST_RUN_DAYS,
    LifecycleAcknowledgement,
    Logging,
    RouteSettings,
    Settings,
    VpcEndpoint,
)
from distillery.settings.checks import bounds
from distillery.settings.checks.canary import CANARY_BOUNDS
from distillery.settings.deployment import GitHubDeployment
from distillery.settings.environment import Quota, Trail
from distillery.settings.promotion import Promotion
from distillery.settings.reading import DATA_DAYS, DATA_DAYS_WHERE_KEPT

HEAD = """# Settings reference

<!-- Generated from the code: `UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes this page. -->

Every key of `environments/<name>.toml`. [`dev.toml`](../../environments/dev.toml) is an annotated example. A key that
is not listed here is an error. `cdk synth` checks the file before anything is deployed, also against what Bedrock
offers in each Region; an error names the key, its value, what is allowed and the fix.
"""
TABLES: tuple[tuple[str, str, type], ...] = (
    ("The environment", "Keys above the first table.", Settings),
    ("`[recipes.<name>]`", "One task to distil. Prompts arrive under `prompts/<name>/` in the prompts bucket.", Recipe),
    ("`[recipes.<name>.curation]`", "How prompts are curated before they are split.", Curation),
    (
        "`[recipes.<name>.business_hours]`",
        'When the live endpoint serves. Needs `hosting = "provisioned"`.',
        BusinessHours,
    ),
    (
        "`[recipes.<name>.canary]`",
        "How a student that passed, or that somebody accepted, takes a share of the traffic before it goes live "
        "([canaries](../canary.md)).",
        CanaryOptions,
    ),
    (
        "`[recipes.<name>.expected_traffic]`",
        "The expected traffic of the live endpoint, by which its hosting modes are compared.",
        ExpectedTraffic,
    ),
    ("`[recipes.<name>.logs]`", "Prompts collected from invocation logs. Needs `[logging]`.", LogSource),
    (
        "`[routes.<name>]`",
        "A name that callers use in place of a model id. Each recipe has the route `distilled/<recipe>`. "
        'Its optional table, `[routes."distilled/<recipe>"]`, may not set `model`, `latency` or `cost_centres`.',
        RouteSettings,
    ),
    (
        "`[[acknowledged]]`",
        "A model that stays in use although its end of life is announced.",
        LifecycleAcknowledgement,
    ),
    (
        "`[logging]`",
        "Model-invocation logging of the account in `inference_region`, owned by this environment.",
        Logging,
    ),
    (
        "`[quota]`",
        "What each principal may use through the invoke function, over all routes. Set `tokens`, `usd` or both.",
        Quota,
    ),
    (
        "`[promotion]`",
        "What this environment signs for the next one, and which students of others it admits. Admitting needs "
        "`through` and `public_keys`.",
        Promotion,
    ),
    (
        "`[promotion.window]`",
        "When students may go live, by a verdict or because a person accepts one. A roll-back is never limited.",
        PromotionWindow,
    ),
    (
        "`[deployment]`",
        "The GitHub repository whose workflows deploy this environment, by roles that are a stack of their own.",
        GitHubDeployment,
    ),
    ("`[trail]`", "CloudTrail data events of this environment's buckets and functions.", Trail),
    ("`[vpc_endpoint]`", "An interface endpoint for bedrock-runtime in `inference_region`.", VpcEndpoint),
)
GRADERS = (
    "Several graders of a recipe, or one with options: the score of an answer is their weighted mean. Options of the "
    "kind are keys of the same table. [Graders](../graders.md) says how each kind grades."
)
DERIVED = {"environment", "name", "recipe", "options"}
"""Fields that are set from the file's name or a table's heading."""
DEFAULTS: Mapping[tuple[type, str], str] = {
    (Settings, "data_days"): f"`{DATA_DAYS}`; `{DATA_DAYS_WHERE_KEPT}` with `keep_data = true`",
    (Curation, "personal_data"): '`"report"`; `"mask"` with a table `logs`',
}
"""Defaults that `normalize` sets."""
ALLOWED: Mapping[tuple[type, str], str] = {
    (Settings, "data_days"): f"{LONGEST_RUN_DAYS} to {bounds.DATA_DAYS_MAX}",
    (Settings, "log_retention_days"): ", ".join(map(str, bounds.RETENTION_DAYS)),
}
BOUNDS = {
    Recipe: {field: allowed for field, _, allowed, _ in bounds.RECIPE_BOUNDS},
    Curation: {field.removeprefix("curation."): allowed for field, _, allowed, _ in bounds.RECIPE_BOUNDS},
    CanaryOptions: {field: allowed for field, _, allowed, _ in CANARY_BOUNDS},
}
TYPES = {str: "string", int: "integer", float: "number", Decimal: "number", bool: "boolean", date: "date"}
WORDS = {
    "gt": "more than",
    "ge": "at least",
    "le": "at most",
    "lt": "less than",
    "min_length": "length at least",
    "max_length": "length at most",
}


def page() -> str:
    tables = (f"\n## {title}\n\n{text}\n\n{_table(shape)}" for title, text, shape in TABLES)
    return HEAD + "".join(tables) + _graders()


def _graders() -> str:
    """Returns the section on graders: the keys that all have, then each kind's options and what is within them."""
    parts = [f"\n## `[[recipes.<name>.graders]]`\n\n{GRADERS}\n\n{_table(GraderSpec)}"]
    for kind in GraderKind:
        shape = grader_class(kind)
        options = _table(shape) if any(_rows(shape)) else "It has no options.\n"
        parts.append(f"\n### `{kind}`\n\n{sentence(inspect.getdoc(shape) or '')}\n\n{options}")
        for name, hint in get_type_hints(shape).items():
            inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
            if is_dataclass(inner) and isinstance(inner, type) and not name.startswith("_"):
                parts.append(f"\nKeys of each of `{name}`:\n\n{_table(inner)}")
    return "".join(parts)


def sentence(text: str) -> str:
    """Returns the text on one line, with a capital and a full stop, and no HTML outside code."""
    text = " ".join(text.split()).removesuffix(".") + "."
    parts = (text[:1].upper() + text[1:]).split("`")
    return "`".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts))


def keys(shape: type) -> set[str]:
    """Returns the keys of a table, without those that are tables themselves."""
    hints = get_type_hints(shape, include_extras=True)
    names = {field[0] for field in _fields(shape)} - DERIVED
    return {name for name in names if name == "match" or name == "tags" or "table" not in _type(hints[name])}


def _table(shape: type) -> str:
    rows = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in _rows(shape))
    return f"| key | type | default | description | allowed |\n|---|---|---|---|---|\n{rows}"


def _rows(shape: type) -> Iterator[tuple[str, ...]]:
    hints = get_type_hints(shape, include_extras=True)
    described = documented(shape)
    for field in _fields(shape):
        name, hint = field[0], hints[field[0]]
        if name not in DERIVED:
            default = DEFAULTS.get((shape, name)) or field[1]
            allowed = ALLOWED.get((shape, name)) or "; ".join(field[2]) or _allowed(hint)
            yield f"`{name}`", _type(hint), default, sentence(field[3] or described[name]), allowed


def _fields(shape: type) -> Iterator[tuple[str, str, list[str], str]]:
    """Yields name, default, limits and description."""
    if issubclass(shape, BaseModel):
        for name, info in shape.model_fields.items():
            default = "required" if info.is_required() else _value(info.get_default(call_default_factory=True))
            yield name, default, list(_limits(info.metadata)), info.description or ""
    elif is_dataclass(shape):
        for own in fields(shape):
            yield own.name, _default(own), [BOUNDS[shape][own.name]] if own.name in BOUNDS.get(shape, {}) else [], ""


def _default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return _value(field.default)
    return "–" if field.default_factory is not MISSING else "required"


def _value(value: object) -> str:
    if value is None or value == () or value == {}:
        return "–"
    if isinstance(value, tuple):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return f'`"{text}"`' if isinstance(value, str) else f"`{text}`"


def _inner(hint: Any) -> Any:
    """Returns the type without `None` and annotations."""
    if get_origin(hint) is Annotated:
        return _inner(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        (only,) = (one for one in get_args(hint) if one is not type(None))
        return _inner(only)
    return getattr(hint, "__supertype__", hint)


def _type(hint: Any) -> str:
    kind = _inner(hint)
    if get_origin(kind) is tuple:
        inside = _type(get_args(kind)[0])
        return f"array of {inside}s"
    if get_origin(kind) in (dict, Mapping):
        if get_args(kind)[1] is Any:
            return "table"
        kind_of_value = _type(get_args(kind)[1])
        return "table of tables" if kind_of_value == "table" else f"table of {kind_of_value}s"
    if issubclass(kind, enum.Enum):
        return "string"
    return TYPES.get(kind) or "table"


def _allowed(hint: Any) -> str:
    kind = _inner(hint)
    if get_origin(kind) is tuple:
        return _allowed(get_args(kind)[0])
    if not inspect.isclass(kind) or not issubclass(kind, enum.Enum):
        patterns = [one.pattern for one in _annotations(hint) if isinstance(one, StringConstraints) and one.pattern]
        return ", ".join(f"`{one}`" for one in patterns)
    said = documented(kind)
    return "<br>".join(f'`"{one.value}"`' + (f": {said[one.name]}" if one.name in said else "") for one in kind)


def _annotations(hint: Any) -> Iterable[Any]:
    for one in get_args(hint):
        yield from _annotations(one) if get_origin(one) else [one]


def _limits(metadata: Iterable[Any]) -> Iterator[str]:
    """Returns the limits that annotated-types and pydantic declare."""
    for one in metadata:
        for name, words in WORDS.items():
            if getattr(one, name, None) is not None:
                yield f"{words} {getattr(one, name)}"


def documented(shape: type) -> dict[str, str]:
    """Returns the docstrings of a class's attributes."""
    body = ast.parse(textwrap.dedent(inspect.getsource(shape))).body[0]
    assert isinstance(body, ast.ClassDef)
    told: dict[str, str] = {}
    for before, node in itertools.pairwise(body.body):
        target = (
            before.target
            if isinstance(before, ast.AnnAssign)
            else before.targets[0]
            if isinstance(before, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told[target.id] = str(node.value.value)
    return told
