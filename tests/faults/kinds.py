"""The ways in which a service call can fail, and the points of the sweep: one call and one way, in one story."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from distillery.core.promotions import Way


class FaultKind(StrEnum):
    """THROTTLED, BROKEN: the service refuses the call once, after the client's own attempts. LATE: the work is done,
    and no response arrives. REPEATED: likewise, and the client sends the same call again. DENIED: from this call on,
    until somebody mends the policy. STUCK: every call hangs until its function's time is up; a job or an endpoint stays
    as it is. KILLED: the work is done, and then the function is killed. ABORTED: the work is done, somebody stops the
    execution, and the function runs to its end.
    """

    THROTTLED = "throttled"
    BROKEN = "5xx"
    LATE = "late"
    REPEATED = "repeated"
    DENIED = "denied"
    STUCK = "stuck"
    KILLED = "killed"
    ABORTED = "aborted"


LASTING = (FaultKind.DENIED, FaultKind.STUCK)
OF_CALLS = tuple(kind for kind in FaultKind if kind is not FaultKind.ABORTED)
"""The kinds in which each call can fail. An execution that is aborted ends after its step, whichever call it was."""


class Story(StrEnum):
    """What happens in the account.

    UPLOAD: Prompts are uploaded, and their student goes live. STALLED: Likewise, and the first job is restarted.
    REDISTIL, REPOINT, COPY: A student of another environment is promoted, by that way. RENEWED: The guard renews the
    lease of the model that it is re-pointed to.
    REPLACED: A second student goes live. ACCEPTED: Likewise, as a person decides.
    CANARY: It takes a share of the calls before that. WORSE: It is worse in that, and does not go live. ABANDONED: The
    executions of its canary and of that one's withdrawal are aborted, and the guard ends it. STOPPED: A person stops
    its canary.
    SHARE: The model that is live is shared with another account.
    """

    UPLOAD = "upload"
    STALLED = "a stalled job"
    REDISTIL = "promoted"
    REPOINT = "re-pointed"
    COPY = "copied"
    RENEWED = "a renewed lease"
    REPLACED = "replaced"
    ACCEPTED = "accepted"
    CANARY = "a canary"
    WORSE = "a worse canary"
    ABANDONED = "an abandoned canary"
    STOPPED = "a stopped canary"
    SHARE = "a share"


WAYS = {Story.REDISTIL: Way.REDISTIL, Story.REPOINT: Way.REPOINT, Story.COPY: Way.COPY, Story.RENEWED: Way.REPOINT}
"""Of the stories of a promotion."""


class Site(NamedTuple):
    """A call: the function and step that make it, and which of its calls of that operation it is."""

    step: str
    service: str
    operation: str
    number: int

    def __str__(self) -> str:
        return f"{self.step} {self.service}:{self.operation} #{self.number}"


@dataclass(frozen=True, slots=True)
class Point:
    """One fault. `hosting`: the recipe's hosting mode."""

    hosting: str
    site: Site
    kind: FaultKind
    story: Story = Story.UPLOAD

    def __str__(self) -> str:
        how = "" if self.story is Story.UPLOAD else f", {self.story}"
        return f"{self.hosting}{how}, {self.site}, {self.kind}"


class Killed(BaseException):
    """The function's process has ended. No `except Exception` of the function sees it. `error`: Lambda's name of it."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


THROTTLES = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "s3": "SlowDown",
    "sns": "ThrottledException",
    "service-quotas": "TooManyRequestsException",
}
BREAKS = {
    "dynamodb": "InternalServerError",
    "s3": "InternalError",
    "sns": "InternalErrorException",
    "ssm": "InternalServerError",
    "service-quotas": "ServiceException",
    "stepfunctions": "ServiceUnavailable",
}


def code_of(kind: FaultKind, service: str) -> str:
    """The error code of a refused call."""
    if kind is FaultKind.THROTTLED:
        return THROTTLES.get(service, "ThrottlingException")
    if kind is FaultKind.BROKEN:
        return BREAKS.get(service, "InternalServerException")
    return {"s3": "AccessDenied", "sns": "AuthorizationErrorException"}.get(service, "AccessDeniedException")
