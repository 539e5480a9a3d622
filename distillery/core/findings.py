"""Findings of functions that watch something by a schedule: each is notified once.

A watch keeps the keys of what it has notified, and hands them over in its next run. It stores them after the
notification: one that is sent twice is better than one that is lost.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from distillery.core.notices import Notices


class KeyedFinding(Protocol):
    """What a watch found. `key` is equal for what was notified already; `text` is the finding in one sentence."""

    @property
    def key(self) -> str: ...

    @property
    def text(self) -> str: ...


def notify_new(
    notices: Notices, found: Iterable[KeyedFinding], known: Collection[str], subject: Callable[[int], str]
) -> None:
    """Notifies people of the findings whose keys are not `known`, in one message, if there are any.

    Args:
        notices: Publishes it.
        found: The findings of this run.
        known: The keys of those of the last run.
        subject: Makes the subject of the number of new findings.
    """
    if fresh := [each for each in found if each.key not in known]:
        notices.publish(subject(len(fresh)), *(each.text for each in fresh))
