"""Conditions on the tags that show which environment a Bedrock resource belongs to.

An account may have several environments, and Bedrock gives its resources random ids, so only tags show their owner. The
Service Authorization Reference lists which action and resource type supports which condition key.
"""

from collections.abc import Collection

from distillery.core.names import TAG_ENVIRONMENT, Names
from infra.constructs.permissions.permission import Conditions

_RESOURCE, _REQUEST = f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}"


def owned(names: Names) -> Conditions:
    """Resources with the environment's tag."""
    return {"StringEquals": {_RESOURCE: names.environment}}


def tagged(names: Names, keys: Collection[str]) -> Conditions:
    """Requests that tag a resource as the environment's, at its creation or later, with no other tag keys.

    A resource that does not exist yet has no tag. One with another environment's tag cannot be changed.
    """
    return {
        "StringEquals": {_REQUEST: names.environment},
        "StringEqualsIfExists": {_RESOURCE: names.environment},
        **_keys(keys),
    }


def tagged_over_owned(names: Names, keys: Collection[str]) -> Conditions:
    """Requests that create a tagged resource from one of the environment's own."""
    return {"StringEquals": {_REQUEST: names.environment, _RESOURCE: names.environment}, **_keys(keys)}


def _keys(keys: Collection[str]) -> Conditions:
    return {"ForAllValues:StringEquals": {"aws:TagKeys": sorted(keys)}}
