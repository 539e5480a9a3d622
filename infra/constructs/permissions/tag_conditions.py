"""Conditions on tags: what of Bedrock's is an environment's own, and what it makes is known as its own.

Several environments may stand in one account, and Bedrock gives its resources random ids: their tags alone tell whose
they are. Which action and resource type takes which key is the Service Authorization Reference's.
"""

from collections.abc import Collection

from distillery.core.names import TAG_ENVIRONMENT, Names
from infra.constructs.permissions.permission import Conditions

_RESOURCE, _REQUEST = f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}"


def owned(names: Names) -> Conditions:
    """What bears the environment's tag."""
    return {"StringEquals": {_RESOURCE: names.environment}}


def tagged(names: Names, keys: Collection[str]) -> Conditions:
    """What is tagged as the environment's own, at its making or later, with no tags but these.

    What does not exist yet bears no tag; what bears another environment's is never taken from it.
    """
    return {
        "StringEquals": {_REQUEST: names.environment},
        "StringEqualsIfExists": {_RESOURCE: names.environment},
        **_keys(keys),
    }


def tagged_over_owned(names: Names, keys: Collection[str]) -> Conditions:
    """What is made of something that is the environment's own, and is tagged so itself."""
    return {"StringEquals": {_REQUEST: names.environment, _RESOURCE: names.environment}, **_keys(keys)}


def _keys(keys: Collection[str]) -> Conditions:
    return {"ForAllValues:StringEquals": {"aws:TagKeys": sorted(keys)}}
