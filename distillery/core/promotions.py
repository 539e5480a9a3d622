"""Promotions between environments: the words that the target's functions, its ledger and the command share.

A promotion brings the student of another environment's run to this one. The admission function consumes the signed
record of that run; its prompts then go into a folder that names the promotion.
"""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.names import HELDOUT_FILE, PROMPTS_PREFIX, TRAINING_FILE

MARKER = "promotion.json"
"""The object of a promotion's folder that is written last, and starts the run. Its content is never read."""
FILES = (TRAINING_FILE, HELDOUT_FILE)
"""The other objects of the folder: those of the source's data set, unchanged."""
SHARE = "share"
"""The key of the source's function that shares a model with the target's account, where the settings have it."""
VERB = "promote"
"""The key of the admission function's URL among the published decisions."""


class Way(StrEnum):
    """How a target gets a student, in the order of preference: ways that keep the student that was evaluated come
    first."""

    REPOINT = "re-point"
    """The target uses the source's model."""
    COPY = "copy"
    """The target gets a copy of the model, by CreateModelCopyJob."""
    REDISTIL = "re-distil"
    """The target trains a student of its own on the same prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """The record of the environment before, by which this student was promoted. `digest`: that of its envelope."""

    environment: str
    run: str
    digest: str
    issued: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedRecord:
    """What the target keeps of a record that it has admitted.

    Attributes:
        digest: SHA-256 of what was signed.
        environment, account, region, run: Where the student is from.
        model_arn, job_arn: The student there.
        judged, issued, expires: Times of the record, ISO 8601.
        dataset_digest: Of the data set of the source, and of the run that is opened here.
        training_digest: Of data set and job request: what a run here must train, too.
        training_sha256, heldout_sha256: Of the two files; empty where the source's job read invocation logs itself.
        asked: How many of the held-out prompts the source asked.
        keeps_data: Whether the source keeps its data; None where its record does not say.
        chain: The records of the environments before the source, the first one first.
    """

    digest: str
    environment: str
    account: str
    region: str
    run: str
    model_arn: str
    job_arn: str
    judged: str
    issued: str
    expires: str
    dataset_digest: str
    training_digest: str
    training_sha256: str = ""
    heldout_sha256: str = ""
    asked: int = 0
    keeps_data: bool | None = None
    chain: tuple[Predecessor, ...] = ()

    @property
    def passed_on(self) -> tuple[Predecessor, ...]:
        """The chain of a record that is signed here: that of the source, and the source's own record."""
        own = Predecessor(environment=self.environment, run=self.run, digest=self.digest, issued=self.issued)
        return (*self.chain, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRequest:
    """A request to the admission function.

    Attributes:
        record: The record's envelope in base64, as it was received; empty to abandon a promotion.
        promotion: The promotion that is resumed or abandoned; empty for a new one.
        way: The way that the person has seen with its cost, and which alone may be taken; None for any.
        reason: Why; the ledger keeps it. Required to abandon.
        abandon: Whether the promotion is given up, which is possible before it has a run, and after that has ended
            without a student.
        again: Whether the record is to be admitted again, so that another run can follow one that has ended without a
            student.
    """

    record: str = ""
    promotion: str = ""
    way: Way | None = None
    reason: str = ""
    abandon: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionAnswer:
    """What the admission function has done.

    Attributes:
        way: How the student gets here.
        prefix: The folder of the prompts bucket that the files go to, with a slash at the end. Every way needs them, at
            least to judge the student.
        run: The latest run of the promotion; empty before it is opened.
        state: The state of the promotion.
        awaits_prompts: Whether the prompts begin a run.
        has_student: Whether the latest run has its student; False also from a function that is older than this field.
        first: Whether this request has consumed the record; False for one that resumes.
    """

    promotion: str
    way: Way
    prefix: str
    run: str
    first: bool
    state: str
    awaits_prompts: bool
    has_student: bool = False


def promotion_folder(recipe: str, promotion: str) -> str:
    """`prompts/support/promotion-support-20261123T090807Z/`: where the prompts of a promotion go."""
    return f"{PROMPTS_PREFIX}{recipe}/{promotion}/"
