"""Why a record is refused."""

from enum import StrEnum

from distillery.core.errors import RecordRefused


class Refusal(StrEnum):
    """The reasons, in the order in which they are found."""

    UNREADABLE = "unreadable"
    """The file is no envelope, or its payload no record of this version."""
    UNLISTED_KEY = "unlisted-key"
    """It names a key that the target does not list."""
    BAD_SIGNATURE = "bad-signature"
    """It names a listed key, and the signature is not that key's: a byte was changed, or another key signed."""
    OTHER_RUN = "other-run"
    """It is of another run than the one that was asked for."""
    NEVER_LIVE = "never-live"
    """Its student never went live in the source."""
    ROLLED_BACK = "rolled-back"
    """The source has rolled its student back."""
    REPLAYED = "replayed"
    """Another promotion has used it."""
    SKIPPED_ENVIRONMENT = "skipped-environment"
    """It is not from the environment before the target, or that one did not have it from the one before it."""
    OTHER_RECIPE = "other-recipe"
    """The target has no recipe of that name."""
    OTHER_TRAINING = "other-training"
    """The target's recipe would train another student of the same data set."""
    NOT_PASSED = "not-passed"
    """The verdict did not pass, and the target admits no student that a person accepted in spite of that."""
    NOT_YET_VALID = "not-yet-valid"
    """It was issued later than now."""
    EXPIRED = "expired"
    """Its time has passed."""
    OLDER_THAN_LIVE = "older-than-live"
    """What is live in the target was judged later."""
    NO_WAY = "no-way"
    """The target can neither train, use nor copy the student."""
    OTHER_WAY = "other-way"
    """The target would take another way than the one that was confirmed."""


def refused(reason: Refusal, sentence: str, *, promotion: str = "") -> RecordRefused:
    """The error for a reason. `sentence` says what is wrong, the value, what is allowed, and the fix; `promotion` is
    the one that has used the record."""
    return RecordRefused(sentence, reason=reason, promotion=promotion)
