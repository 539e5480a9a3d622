"""Deletes all versions of old data sets and system prompts, except those of active runs and of the current and
previous models.

S3 lifecycle rules work by prefix and tag, and cannot know what an alias names. A tag that is set at writing and removed
at promotion would be wrong after a failed request, would be missing on older objects, and would let anyone who may tag
objects decide what is kept. So the function decides every day from the ledger and the alias.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from distillery.core.aliases import Aliases
from distillery.core.boundary import get_logger
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.dataset_uses import datasets_in_use
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import DATASETS_PREFIX, SYSTEM_PROMPTS_PREFIX, Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome
from distillery.core.system_prompt import object_key
from distillery.core.versions import Version, delete, versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = get_logger(__name__)
OldSets = dict[str, dict[str, list[Version]]]
"""recipe → digest → expired versions"""


@dataclass(slots=True, kw_only=True)
class DatasetExpiry:
    """Deletes expired data sets. `days`: how long a data set is kept.

    A failure for one recipe does not stop the others; failures are raised together, so that an alarm sees them.
    """

    names: Names
    s3: "S3Client"
    bucket: str
    days: int
    ledger: Ledger
    approvals: Approvals
    acceptances: Acceptances
    aliases: Aliases
    notices: Notices
    now: Callable[[], datetime]
    errors: list[Exception] = field(default_factory=list)

    def expire(self) -> dict[str, Any]:
        """Deletes the expired versions, and declines waiting runs whose prompts are deleted. Returns what was done.

        Raises ExceptionGroup.
        """
        ended, declined, deleted = list[str](), list[str](), 0
        for recipe, old in self._old().items():
            try:
                unused = self._unused(recipe, old)
                for digest, found in unused.items():
                    declined += self._decline(recipe, digest, found)
                every = (version for found in unused.values() for version in found)
                deleted += delete(self.s3, self.bucket, every)
                ended += [f"{recipe}/{digest}" for digest in unused]
            except Exception as error:
                log.exception("data sets of %s", recipe)
                self.errors.append(error)
        texts = self._delete_system_prompts()
        if self.errors:
            raise ExceptionGroup("some data could not be deleted; the function tries again the next day", self.errors)
        return {"deleted": deleted, "data_sets": ended, "declined": declined, "system_prompts": texts}

    def _delete_system_prompts(self) -> list[str]:
        """Deletes the expired versions of system prompts that nothing uses, in the same order as data sets."""
        limit, ended = self.now() - timedelta(days=self.days), list[str]()
        found: dict[str, list[Version]] = defaultdict(list)
        for version in versions(self.s3, self.bucket, SYSTEM_PROMPTS_PREFIX):
            if version.written <= limit:
                found[version.key.removeprefix(SYSTEM_PROMPTS_PREFIX).partition("/")[0]].append(version)
        for recipe, old in found.items():
            try:
                used = self._system_prompts_in_use(recipe)
                unused = [version for version in old if version.key not in used]
                delete(self.s3, self.bucket, unused)
                ended += dict.fromkeys(version.key for version in unused)
            except Exception as error:
                log.exception("system prompts of %s", recipe)
                self.errors.append(error)
        return ended

    def _system_prompts_in_use(self, recipe: str) -> set[str]:
        """The keys that the alias names, as the current or the previous one, and those that an active run may write."""
        records = self.ledger.runs(recipe)
        active = [record.run.dataset.system for record in records if record.needs_data]
        alias = self.aliases.read(self.names.alias(recipe))
        named = [alias.system, alias.previous_system] if alias else []
        named += [alias.canary.system] if alias and alias.canary else []
        return {object_key(recipe, system.sha256) for system in (*active, *named) if system and system.is_stored}

    def _old(self) -> OldSets:
        found: OldSets = defaultdict(lambda: defaultdict(list))
        limit = self.now() - timedelta(days=self.days)
        for version in versions(self.s3, self.bucket, DATASETS_PREFIX):
            if version.written <= limit:
                recipe, _, rest = version.key.removeprefix(DATASETS_PREFIX).partition("/")
                found[recipe][rest.partition("/")[0]].append(version)
        return found

    def _unused(self, recipe: str, old: dict[str, list[Version]]) -> dict[str, list[Version]]:
        """The expired data sets that nothing uses.

        The order matters: objects are listed first, then runs, then the alias. Objects that are written meanwhile are
        not in the list, and a run that ends meanwhile has written its alias by then.

        Raises LookupError where no run made a model that the alias names, so that its data set is unknown.
        """
        records = self.ledger.runs(recipe)
        alias = self.aliases.read(self.names.alias(recipe))
        used = set[str]()
        current, previous = (alias.current, alias.previous) if alias else (None, None)
        for need in datasets_in_use(records, current=current, previous=previous):
            if not need.digests:
                raise LookupError(
                    f"no run in the ledger made {need.model} of {recipe!r}; none of the recipe's data sets is deleted"
                )
            used |= need.digests
        return {digest: found for digest, found in old.items() if digest not in used}

    def _decline(self, recipe: str, digest: str, found: list[Version]) -> list[str]:
        """Declines runs that wait for a person and whose prompts are about to be deleted: promotion needs their system
        prompt."""
        if not any(version.latest and not version.marker for version in found):
            return []
        waiting = [record for record in self.ledger.runs(recipe) if _waits_for(record, digest)]
        gone = f"its prompts were kept for {self.days} days (data_days) and are gone"
        for record in waiting:
            if record.outcome is Outcome.AWAITING:
                reason = f"{gone}; upload them again"
                self.approvals.decline(record.run.id, reason, by=None)
            else:
                reason = f"{gone}; upload them again with --again"
                self.acceptances.decline(record.run.id, reason, by=None)
            self.notices.publish(f"Distillery: {recipe} {Outcome.DECLINED}", f"{record.run.id} is declined: {reason}.")
        return [record.run.id for record in waiting]


def _waits_for(record: RunRecord, digest: str) -> bool:
    return not record.needs_data and record.outcome in WAITING_OUTCOMES and record.run.dataset.digest == digest
