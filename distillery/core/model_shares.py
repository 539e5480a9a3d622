"""Shares single models with single accounts by AWS RAM, each until an end that the money guard enforces.

A share's tags are the whole record of it: its environment, its run, who asked for it, and its end. Only accounts of the
same AWS Organization, in which sharing by RAM is enabled, can receive a model (UG share-model-prereq).
UNVERIFIED: that RAM shares a custom model within seconds; a copy that comes before is refused, and started again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from distillery.core import clock
from distillery.core.attempts import attempt_each
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.errors import BadRequest
from distillery.core.names import TAG_ENVIRONMENT, TAG_RUN, Names, token

log = get_logger(__name__)
LENGTH = timedelta(hours=24)
"""How long a share lasts. The target begins to copy within minutes, unless its run waits for an approval; then it is
shared again."""
TAG_UNTIL, TAG_OWNER = "distillery:until", "distillery:owner"
SHARED = (TAG_ENVIRONMENT, TAG_OWNER, TAG_RUN, TAG_UNTIL)
"""The keys of a share's tags."""
REFUSALS = (
    "InvalidParameterException",
    "MalformedArnException",
    "OperationNotPermittedException",
    "UnknownResourceException",
)
"""The codes of what AWS does not share. UNVERIFIED: what it answers for a model whose base cannot be shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShare:
    """A share. `until`: its end; None where somebody has changed its tag, and then it has ended."""

    arn: str
    name: str
    run: str
    owner: str
    until: datetime | None

    def has_ended(self, now: datetime) -> bool:
        return self.until is None or self.until <= now


@dataclass(frozen=True, slots=True)
class ModelShares:
    """The shares of an environment. `ram`: a boto3 client. Each call may be repeated."""

    names: Names
    ram: Any

    def share(self, model: str, run: str, account: str, *, by: str) -> ModelShare:
        """Shares the model of a run with an account. One that is shared already stays so until its end.

        Raises:
            BadRequest: AWS does not share the model with the account.
        """
        name, now = self._name(run, account), clock.now()
        if (found := self._named(name)) and not found.has_ended(now):
            return found
        if found:
            self.end(found)
        until = (now + LENGTH).isoformat(timespec="seconds")
        tags = {TAG_ENVIRONMENT: self.names.environment, TAG_OWNER: by, TAG_RUN: run, TAG_UNTIL: until}
        try:
            made = self.ram.create_resource_share(
                name=name,
                resourceArns=[model],
                principals=[account],
                allowExternalPrincipals=False,
                tags=[{"key": key, "value": value} for key, value in sorted(tags.items())],
                clientToken=token(run, account, until),
            )
        except ClientError as error:
            if code(error) not in REFUSALS:
                raise
            raise BadRequest(
                f"AWS does not share {model} with account {account} ({code(error)}); both accounts must belong to one "
                "AWS Organization in which sharing by AWS RAM is enabled: see docs/promotion-ways.md"
            ) from error
        return _share(made["resourceShare"] | {"tags": [{"key": k, "value": v} for k, v in tags.items()]})

    def all(self) -> tuple[ModelShare, ...]:
        """The environment's shares, those that have ended and were not deleted too."""
        return tuple(_share(each) for each in self._list(tagFilters=[self._ours]))

    def end(self, share: ModelShare) -> None:
        """Deletes a share, also one that does not exist any more. Copies stay; one that is being made may fail."""
        try:
            self.ram.delete_resource_share(resourceShareArn=share.arn)
        except ClientError as error:
            if code(error) != "UnknownResourceException":
                raise
        log.info("ended share %s of %s", share.name, share.owner)

    def end_expired(self) -> list[str]:
        """Deletes the shares whose end has come. Returns their names. Raises ExceptionGroup after the last one."""
        now = clock.now()
        ended = [share for share in self.all() if share.has_ended(now)]
        attempt_each("shares of models", ended, self.end)
        return [share.name for share in ended]

    def unshare(self, run: str, account: str) -> bool:
        """Ends the share of a run's model with an account; False where there is none."""
        share = self._named(self._name(run, account))
        if share:
            self.end(share)
        return share is not None

    @property
    def _ours(self) -> dict[str, Any]:
        return {"tagKey": TAG_ENVIRONMENT, "tagValues": [self.names.environment]}

    def _name(self, run: str, account: str) -> str:
        return f"{self.names.prefix}{run}-{account}"

    def _named(self, name: str) -> ModelShare | None:
        return next((_share(each) for each in self._list(name=name, tagFilters=[self._ours])), None)

    def _list(self, **filters: Any) -> list[dict[str, Any]]:
        pages = self.ram.get_paginator("get_resource_shares").paginate(
            resourceOwner="SELF", resourceShareStatus="ACTIVE", **filters
        )
        return [share for page in pages for share in page["resourceShares"]]


def _share(found: dict[str, Any]) -> ModelShare:
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    return ModelShare(
        arn=found["resourceShareArn"],
        name=found["name"],
        run=tags.get(TAG_RUN, ""),
        owner=tags.get(TAG_OWNER, ""),
        until=_time(tags.get(TAG_UNTIL, "")),
    )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
