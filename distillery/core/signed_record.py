"""The signed record of a student, from its signature to the moment when the student is live.

It is signed before the student goes live, and waits below a prefix of its own. The step that writes the alias publishes
it, so a student that never went live has no record that another environment could admit.
"""

from dataclasses import dataclass

from distillery.core.aws import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """A signed record. Without a `uri`, there is none: `why` says why.

    Attributes:
        uri: Where it is published, beside the report.
        pending: Where it waits; empty in executions of older versions, which wrote it to `uri` itself.
        digest: SHA-256 of what was signed.
    """

    uri: str = ""
    pending: str = ""
    digest: str = ""
    why: str = ""


def publish(store: ObjectStore, signed: SignedRecord) -> None:
    """Stores the record where it is promoted from. A repeated call changes nothing.

    It replaces the record of the same verdict from the last time that the student went live: the person who accepted it
    and the dates are those of now.
    """
    if signed.pending:
        store.write(signed.uri, store.read(signed.pending))
