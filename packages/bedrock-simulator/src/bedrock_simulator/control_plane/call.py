"""A call to the control plane, and what operations share: ARNs, tags, pages, checks of buckets, keys and roles.

A bucket must be in the Region of the job (User Guide, model-customization-prereq and invocation logging; the message is
the simulator's). A bucket that does not exist is noticed when it is read.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.models import storage
from bedrock_simulator.ports import Keys, Objects, Roles, Shares
from bedrock_simulator.records import RegionResources
from bedrock_simulator.settings import Quotas, Settings

Params = dict[str, Any]
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
MAX_TAGS = 50
"""Of a resource (User Guide, "Tagging Amazon Bedrock resources"); a single request may have 200 by its shape."""
RESERVED = "aws:"


@dataclass(frozen=True, slots=True)
class Services:
    """The account's roles, buckets and keys, what is shared with it, and `resources` to get those of any account and
    Region."""

    roles: Roles
    objects: Objects
    keys: Keys
    shares: Shares
    resources: Callable[[str, str], RegionResources]


@dataclass(frozen=True, slots=True)
class ControlPlaneCall:
    """An operation's checked parameters, the caller's resources in the Region, and the services around Bedrock."""

    params: Params
    resources: RegionResources
    now: datetime
    services: Services
    settings: Settings

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.resources.account

    @property
    def region(self) -> str:
        """The Region that was called."""
        return self.resources.region

    @property
    def quotas(self) -> Quotas:
        """The account's quotas."""
        return self.settings.quotas

    def arn(self, resource: str) -> str:
        """Returns an ARN in the caller's account and Region."""
        return f"arn:aws:bedrock:{self.region}:{self.account}:{resource}"

    def is_foreign(self, identifier: str) -> bool:
        """Whether it is an ARN of another Region or account; IDs and names are always the caller's own."""
        if not identifier.startswith("arn:"):
            return False
        region, account = identifier.split(":")[3:5]
        return region != self.region or account not in ("", self.account)

    def new_id(self, kind: str) -> str:
        """Returns a new ID of 12 characters. The same sequence of calls gives the same IDs."""
        self.resources.minted += 1
        seed = f"{self.account}/{self.region}/{kind}/{self.resources.minted}"
        return "".join(_ALPHABET[byte % 36] for byte in hashlib.sha256(seed.encode()).digest()[:12])

    def tag(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Adds tags to a resource."""
        self.resources.tags[arn] = checked_tags(arn, tags, self.resources.tags.get(arn, {}))


def checked_tags(
    arn: str, tags: list[dict[str, str]] | None, before: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Returns the tags of a resource with new ones. Raises the service's error for too many, or a reserved key."""
    merged = {**(before or {}), **{tag["key"]: tag["value"] for tag in tags or []}}
    for tag in tags or []:
        if tag["key"].lower().startswith(RESERVED):
            raise errors.validation(f"The tag key {tag['key']} begins with {RESERVED}, which is reserved for AWS.")
    if len(merged) > MAX_TAGS:
        raise errors.too_many_tags(f"{arn} would have {len(merged)} tags; at most {MAX_TAGS} are allowed.")
    return merged


def without_none(**members: Any) -> Params:
    """Returns the members that have a value: a response omits absent fields instead of null."""
    return {name: value for name, value in members.items() if value is not None}


PAGE_SIZE = 100
_AFTER, _BEFORE = (
    tuple(f"{what}{when}" for what in ("creationTime", "created", "submitTime")) for when in ("After", "Before")
)


def paginate(params: Params, rows: Sequence[Params], result: str, *, name: str, created: str) -> Params:
    """Filters and sorts rows, and returns a page of them.

    Args:
        params: The parameters of a List operation.
        rows: All rows.
        result: The member of the output that holds the page.
        name: The rows' key that name filters apply to.
        created: The rows' key that time filters and sorting apply to.
    """
    matching = [row for row in rows if _matches_filters(row, params, name, created)]
    matching.sort(key=lambda row: row[created], reverse=params.get("sortOrder") != "Ascending")
    start, size = _page_start(params.get("nextToken")), params.get("maxResults", PAGE_SIZE)
    more = {"nextToken": f"from-{start + size}"} if start + size < len(matching) else {}
    return {result: matching[start : start + size], **more}


def _matches_filters(row: Params, params: Params, name: str, created: str) -> bool:
    after = next((params[name] for name in _AFTER if name in params), None)
    before = next((params[name] for name in _BEFORE if name in params), None)
    return (
        params.get("nameContains", "") in row[name]
        and params.get("statusEquals", row.get("status")) == row.get("status")
        and (after is None or row[created] > after)
        and (before is None or row[created] < before)
    )


_TOKEN = re.compile(r"from-([0-9]{1,9})")


def _page_start(token: str | None) -> int:
    if token is None:
        return 0
    if not (found := _TOKEN.fullmatch(token)):
        what = f"Value '{token}' at 'nextToken' is not a token that a List operation returned"
        raise errors.validation(f"1 validation error detected: {what}")
    return int(found[1])


def check_buckets(call: ControlPlaneCall, **uris: str | None) -> None:
    """Raises a ValidationException for the first bucket in another Region; names are the request's fields."""
    for field, uri in uris.items():
        bucket = storage.split_uri(uri)[0] if uri else None
        bucket_region = call.services.objects.bucket_region(call.account, call.region, bucket) if bucket else None
        if bucket_region not in (None, call.region):
            raise errors.validation(
                f"The bucket {bucket} of {field} is in {bucket_region}; it must be in {call.region}."
            )


def resolve_key(call: ControlPlaneCall, key: str | None) -> str | None:
    """Returns the ARN of a KMS key. Raises a ValidationException if it does not exist or is not enabled."""
    if key is None:
        return None
    found = call.services.keys.find(call.account, call.region, key)
    if found is None:
        raise errors.validation(f"The KMS key {key} does not exist in {call.region}, or is not enabled.")
    return found


def check_role(call: ControlPlaneCall, source_arn: str) -> None:
    """Raises a ValidationException if Bedrock may not assume the request's role for the new resource."""
    refused = call.services.roles.check_trust(call.account, call.region, call.params["roleArn"], source_arn)
    if refused is not None:
        raise errors.validation(refused)


KEY_OF_MODELS = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


def check_role_uses_key(call: ControlPlaneCall, key: str | None) -> None:
    """Raises a ValidationException if the request's role may not use the customer managed key of its model.

    Source: User Guide, custom-model-job-access-security, and Nova guide, customize-fine-tune-encrypt. UNVERIFIED: that
    the role is checked at once, and the message; User Guide, encryption-custom-job speaks of the caller.
    """
    role, keys = call.params["roleArn"], {"kms:ViaService": f"bedrock.{call.region}.amazonaws.com"}
    for action in KEY_OF_MODELS if key else ():
        more = {"kms:GrantIsForAWSResource": "true"} if action == "kms:CreateGrant" else {}
        if not call.services.roles.is_allowed(call.account, call.region, role, action, str(key), {**keys, **more}):
            raise errors.validation(f"The role {role} is not authorized to perform {action} on {key}.")


def tag_resource(call: ControlPlaneCall) -> Params:
    """TagResource: adds or overwrites tags."""
    call.tag(_tagged_arn(call), call.params["tags"])
    return {}


def untag_resource(call: ControlPlaneCall) -> Params:
    """UntagResource: removes tags by key."""
    tags = call.resources.tags[_tagged_arn(call)]
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(call: ControlPlaneCall) -> Params:
    """ListTagsForResource: returns all tags of a resource."""
    tags = call.resources.tags[_tagged_arn(call)]
    return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}


def _tagged_arn(call: ControlPlaneCall) -> str:
    arn: str = call.params["resourceARN"]
    if arn not in call.resources.tags:
        raise errors.not_found(f"There is no resource {arn} in this account and Region.")
    return arn
