"""A canary: a second endpoint that takes a share of the calls of a student's step, until a stated time.

An alias may contain it:

    "canary": {"endpoint": {"arn": "arn:aws:bedrock:…"}, "model": "arn:aws:bedrock:…", "share": 0.1,
               "salt": "canary-support-20261130T090000Z", "end": "2026-12-01T09:00:00+00:00", "system": {…}}

Every client decides by itself, from the alias alone: the same key gets the same model for as long as the canary lasts,
whichever client asks, and another salt splits the keys anew. After `end` the canary does not exist, whether or not
somebody has removed it from the alias. A canary that cannot be read does not exist either: the live model answers.
"""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from distillery.client.route_map import IS_MODEL, IS_TIME, Check, check_fields, matches
from distillery.client.system_prompt import StudentPrompt

LIVE, CANARY = "live", "canary"
"""The variants of a step while it has a canary."""
_IS_SALT = matches(r"[A-Za-z0-9._-]{1,128}")
_MOST = 1 << 64


@dataclass(frozen=True, slots=True)
class AliasedCanary:
    """The endpoint and the model of a canary, and which calls it takes.

    Attributes:
        arn: ARN of its endpoint.
        model: ARN of its model.
        share: share of the keys, and of the calls without a key: above 0, below 1.
        salt: what the hash of a key begins with.
        end: seconds since the epoch from which on it takes no call.
        prompt: what its model was trained with as system prompt.
    """

    arn: str
    model: str
    share: float
    salt: str
    end: float
    prompt: StudentPrompt

    def takes(self, key: str | None, now: float) -> bool:
        """Returns whether a call goes to the canary; at random if it has no key.

        Args:
            key: the caller's key.
            now: seconds since the epoch.
        """
        if now >= self.end:
            return False
        return (random.random() if key is None else position(self.salt, key)) < self.share  # noqa: S311  # no secret


def position(salt: str, key: str) -> float:
    """Returns the place of a key, from 0 to below 1: the first 53 bits of the SHA-256 of salt and key."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (_MOST >> 11)


def parse_canary(alias: Mapping[str, Any], is_endpoint: Check) -> AliasedCanary | None:
    """Returns the canary of an alias; None if it has none, or none that promotion could have written.

    Args:
        alias: the alias.
        is_endpoint: checks the ARN of an endpoint, which must be in the Region of the alias.
    """
    try:
        value = _object(alias["canary"])
        endpoint = _object(value["endpoint"])
        check_fields(endpoint, {"arn": is_endpoint})
        check_fields(value, {"model": IS_MODEL, "share": _is_share, "salt": _IS_SALT, "end": IS_TIME})
        return AliasedCanary(
            arn=endpoint["arn"],
            model=value["model"],
            share=float(value["share"]),
            salt=value["salt"],
            end=datetime.fromisoformat(value["end"]).timestamp(),
            prompt=StudentPrompt.of(value),
        )
    except (ValueError, KeyError):
        return None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1
