"""What each field of a route's map may hold.

A map is a parameter that somebody may have written by hand, and its texts go into requests, terminals and generated
programs: so each is one line, and what has a form has that form and no other. So are aliases, which say what is called.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

TEXT_MAX, TAGS_MAX, STEPS_MAX, TOKENS_MAX = 1024, 50, 50, 1_000_000
DOCUMENT_MAX = 32_768
"""Characters: four times what a parameter of SSM holds, since JSON may have been written again with more escapes."""
LATENCIES = ("standard", "optimized")
TIERS = ("default", "priority", "flex", "reserved")
"""All that Converse takes: botocore 1.44.5, `PerformanceConfigLatency` and `ServiceTierType`."""


def _form(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX and value.isprintable()


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= TOKENS_MAX


def _one_of(words: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def _pairs(named: Callable[[Any], bool], of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, dict)
        and len(value) <= TAGS_MAX
        and all(named(key) and of(each) for key, each in value.items())
    )


def _or_none(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or of(value)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_NAME = _form(r"[a-z0-9][a-z0-9/-]{0,62}")
_MODEL = _form(r"[A-Za-z0-9][A-Za-z0-9:/._-]{0,2047}")
_PARAMETER = _form(r"/[A-Za-z0-9/._-]{1,1010}")
_REGION = _form(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_CENTRE = _form(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG_KEY, _TAG = _form(r"[A-Za-z0-9 ._:/=+@-]{1,128}"), _form(r"[A-Za-z0-9 ._:/=+@-]{0,256}")
"""As Bedrock takes tags (API, `TagKey` and `TagValue`), on one line."""
_ENDPOINT = _form(
    r"arn:aws(-[a-z]+)*:bedrock:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:(custom-model-deployment|provisioned-model)/[a-z0-9]{12}"
)
"""`CustomModelDeploymentArn` and `ProvisionedModelArn` of the API: what promotion makes."""
_USD = _form(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_DAY = _form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

PRICES = {"input": _USD, "output": _USD, "as_of": _DAY, "long_above": _or_none(_count), "long_factor": _USD}
STEP = {
    "model": _MODEL,
    "region": _REGION,
    "identifier": _or_none(_MODEL),
    "alias": _or_none(_PARAMETER),
    "latency": _one_of(LATENCIES),
    "tier": _one_of(TIERS),
    "application": _or_none(_MODEL),
    "probed": _or_none(lambda value: isinstance(value, bool)),
    "cost_centres": _pairs(_CENTRE, _MODEL),
    "prices": _or_none(_is_object),
}
MAP = {
    "environment": _NAME,
    "route": _NAME,
    "description": _line,
    "max_tokens": _count,
    "tags": _pairs(_TAG_KEY, _TAG),
    "steps": lambda value: isinstance(value, list) and 1 <= len(value) <= STEPS_MAX and all(map(_is_object, value)),
}

ALIAS = {"endpoint": _is_object, "current": _MODEL}
ENDPOINT = {"arn": _ENDPOINT}


def parsed(text: str) -> dict[str, Any]:
    """The object that a parameter holds. Raises ValueError for what is none, too long, or too deep to be read."""
    if len(text) > DOCUMENT_MAX:
        raise ValueError(f"it has {len(text)} characters, at most {DOCUMENT_MAX} are read")
    try:
        said = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError("it is no object")
    return said


def check(said: Mapping[str, Any], allowed: Mapping[str, Callable[[Any], bool]]) -> None:
    """Raises ValueError naming the fields that hold what they may not. Those that nobody here knows are left alone."""
    if wrong := [name for name, fits in allowed.items() if name in said and not fits(said[name])]:
        raise ValueError(f"{', '.join(wrong)} may not hold what it holds")
