"""One call to the control plane as an operation sees it, and what every operation does with names and ARNs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.ports import Keys, Objects, Roles
from bedrock_simulator.records import Estate
from bedrock_simulator.settings import Quotas, Settings

Params = dict[str, Any]
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every operation may ask: the account's roles, buckets and keys, and the other Regions of any account."""

    roles: Roles
    objects: Objects
    keys: Keys
    estate: Callable[[str, str], Estate]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation's checked parameters, the caller's estate, and the world around it."""

    params: Params
    estate: Estate
    now: datetime
    around: Surroundings
    settings: Settings

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.estate.account

    @property
    def region(self) -> str:
        """The Region that was called."""
        return self.estate.region

    @property
    def quotas(self) -> Quotas:
        """What the account was granted."""
        return self.settings.quotas

    def arn(self, resource: str) -> str:
        """An ARN in the caller's account and Region."""
        return f"arn:aws:bedrock:{self.region}:{self.account}:{resource}"

    def elsewhere(self, identifier: str) -> bool:
        """Whether it is an ARN of another Region or account; ids and names are the caller's own."""
        if not identifier.startswith("arn:"):
            return False
        region, account = identifier.split(":")[3:5]
        return region != self.region or account not in ("", self.account)

    def mint(self, kind: str) -> str:
        """The next 12-character id: the same sequence of calls mints the same ids."""
        self.estate.minted += 1
        seed = f"{self.account}/{self.region}/{kind}/{self.estate.minted}"
        return "".join(_ALPHABET[byte % 36] for byte in hashlib.sha256(seed.encode()).digest()[:12])

    def tag(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Adds tags to a resource."""
        merged = {**self.estate.tags.get(arn, {}), **{tag["key"]: tag["value"] for tag in tags or []}}
        if len(merged) > MOST_TAGS:
            raise errors.too_many_tags(f"{arn} would have {len(merged)} tags; at most {MOST_TAGS} are allowed.")
        self.estate.tags[arn] = merged


def present(**members: Any) -> Params:
    """The members that have a value: an absent field is left out of an answer, never null."""
    return {name: value for name, value in members.items() if value is not None}
