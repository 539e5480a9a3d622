"""One call to the control plane as an operation sees it, and what every operation does with names and ARNs.

What every List operation does: filter, sort by creation time, page.

The buckets and keys that a request names: known before any work, they are refused at once when they cannot do.

A bucket must be in the Region of the job (User Guide, model-customization-prereq and invocation logging say so; the
sentence is ours). One that does not exist is found out when it is read.

TagResource, UntagResource, ListTagsForResource for everything an account owns.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.models import storage
from bedrock_simulator.ports import Keys, Objects, Roles
from bedrock_simulator.records import RegionResources
from bedrock_simulator.settings import Quotas, Settings

Params = dict[str, Any]
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
MAX_TAGS = 200


@dataclass(frozen=True, slots=True)
class Services:
    """What every operation may ask: the account's roles, buckets and keys, and the other Regions of any account."""

    roles: Roles
    objects: Objects
    keys: Keys
    estate: Callable[[str, str], RegionResources]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation's checked parameters, the caller's estate, and the world around it."""

    params: Params
    estate: RegionResources
    now: datetime
    around: Services
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
        if len(merged) > MAX_TAGS:
            raise errors.too_many_tags(f"{arn} would have {len(merged)} tags; at most {MAX_TAGS} are allowed.")
        self.estate.tags[arn] = merged


def without_none(**members: Any) -> Params:
    """The members that have a value: an absent field is left out of an answer, never null."""
    return {name: value for name, value in members.items() if value is not None}


PAGE_SIZE = 100
_AFTER, _BEFORE = (
    tuple(f"{what}{when}" for what in ("creationTime", "created", "submitTime")) for when in ("After", "Before")
)


def paginate(params: Params, rows: Sequence[Params], result: str, *, name: str, created: str) -> Params:
    """One page of `rows` under the key `result`; `name` and `created` are the rows' keys for the filters."""
    kept = [row for row in rows if _matches_filters(row, params, name, created)]
    kept.sort(key=lambda row: row[created], reverse=params.get("sortOrder") != "Ascending")
    start, size = _page_start(params.get("nextToken")), params.get("maxResults", PAGE_SIZE)
    more = {"nextToken": f"from-{start + size}"} if start + size < len(kept) else {}
    return {result: kept[start : start + size], **more}


def _matches_filters(row: Params, params: Params, name: str, created: str) -> bool:
    after = next((params[name] for name in _AFTER if name in params), None)
    before = next((params[name] for name in _BEFORE if name in params), None)
    return (
        params.get("nameContains", "") in row[name]
        and params.get("statusEquals", row.get("status")) == row.get("status")
        and (after is None or row[created] > after)
        and (before is None or row[created] < before)
    )


def _page_start(token: str | None) -> int:
    if token is None:
        return 0
    number = token.removeprefix("from-")
    if not number.isdigit():
        raise errors.validation("1 validation error detected: the nextToken is not one of ours")
    return int(number)


def check_buckets(call: Call, **uris: str | None) -> None:
    """ValidationException for the first bucket that is in another Region; names are the request's fields."""
    for field, uri in uris.items():
        bucket = storage.split_uri(uri)[0] if uri else None
        home = call.around.objects.home(call.account, call.region, bucket) if bucket else None
        if home not in (None, call.region):
            raise errors.validation(f"The bucket {bucket} of {field} is in {home}; it must be in {call.region}.")


def resolve_key(call: Call, key: str | None) -> str | None:
    """The ARN of the KMS key that a request names; ValidationException when it is not there or not enabled."""
    if key is None:
        return None
    found = call.around.keys.find(call.account, call.region, key)
    if found is None:
        raise errors.validation(f"The KMS key {key} does not exist in {call.region}, or is not enabled.")
    return found


def check_role(call: Call, source_arn: str) -> None:
    """ValidationException when Bedrock may not assume the request's role for what is to be made."""
    refused = call.around.roles.check(call.account, call.region, call.params["roleArn"], source_arn)
    if refused is not None:
        raise errors.validation(refused)


def tag_resource(call: Call) -> Params:
    """Adds or overwrites tags."""
    call.tag(_tagged_arn(call), call.params["tags"])
    return {}


def untag_resource(call: Call) -> Params:
    """Removes tags by key."""
    tags = call.estate.tags[_tagged_arn(call)]
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(call: Call) -> Params:
    """All tags of one resource."""
    tags = call.estate.tags[_tagged_arn(call)]
    return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}


def _tagged_arn(call: Call) -> str:
    arn: str = call.params["resourceARN"]
    if arn not in call.estate.tags:
        raise errors.not_found(f"There is no resource {arn} in this account and Region.")
    return arn
