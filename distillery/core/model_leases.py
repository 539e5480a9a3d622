"""Leases of models that another environment uses: who has one, and until when.

An environment that hosts the model of another tags it: `distillery:lease/staging` = `2026-12-07T10:00:00+00:00`. The
model's owner deletes it only without an unexpired lease. The tag is the whole record: neither environment can read the
other's ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from distillery.core.names import TAG_LEASE_PREFIX

LENGTH = timedelta(days=7)
"""How long a lease lasts after it was taken or renewed. The money guard renews it once a day; an environment that has
not run its guard for a week is gone, and keeps nothing of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLease:
    """A lease of a model.

    Attributes:
        environment: The environment that has it.
        until: When it ends; None where the tag's value is not a valid time. Such a lease does not expire: only a person
            wrote it, and a model that is deleted by mistake cannot be restored.
    """

    environment: str
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.until is None or self.until > now

    @property
    def sentence(self) -> str:
        """Who keeps the model and until when, for people."""
        if self.until is None:
            return (
                f"environment {self.environment} has a lease on it whose end is not a valid time: write an ISO 8601 "
                f"time as the value of the tag {lease_tag(self.environment)}, or remove the tag"
            )
        return f"environment {self.environment} has a lease on it until {self.until.isoformat(timespec='seconds')}"


def lease_tag(environment: str) -> str:
    """The key of the tag with the environment's lease."""
    return f"{TAG_LEASE_PREFIX}{environment}"


def lease_end(now: datetime) -> str:
    """The value of the tag of a lease that is taken or renewed now."""
    return (now + LENGTH).isoformat(timespec="seconds")


def model_leases(tags: Mapping[str, str]) -> tuple[ModelLease, ...]:
    """Every lease in a model's tags, expired ones too, in the order of the environments."""
    keys = sorted(key for key in tags if key.startswith(TAG_LEASE_PREFIX))
    return tuple(ModelLease(environment=key.removeprefix(TAG_LEASE_PREFIX), until=_time(tags[key])) for key in keys)


def lease_on(tags: Mapping[str, str], now: datetime) -> ModelLease | None:
    """The lease that keeps the model the longest; None where none does."""
    held = [lease for lease in model_leases(tags) if lease.holds(now)]
    return max(held, key=lambda each: each.until or datetime.max.replace(tzinfo=UTC), default=None)


def _time(text: str) -> datetime | None:
    """A time; one without an offset is in UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
