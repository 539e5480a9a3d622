"""Whether a decider is a different person from the uploader."""

import pytest

from distillery.core.decisions import check_second_person
from distillery.core.errors import NotAdmitted
from distillery.core.function_url import Caller
from distillery.core.ledger.uploads import Uploaded

OTHERS = [
    ("AIDAANA", "AIDABOB"),
    ("AIDAANA", "AROAAPPROVERS:bob"),
    ("AROAOPERATORS:ana", "AROAAPPROVERS:bob"),
    ("AROACOLLECT:distillery-collect", "AIDABOB"),
]
SAME = [
    ("AIDAANA", "AIDAANA", "you uploaded"),
    ("AROAPEOPLE:ana", "AROAPEOPLE:ana", "a session in your role"),
    (
        "AROAPEOPLE:ana",
        "AROAPEOPLE:somebody-else",
        "a session in your role",
    ),  # the caller of AssumeRole chooses the session name
    ("AROAOPERATORS:ana@example.com", "AROAAPPROVERS:ana@example.com", "a session of your name"),
    ("AROAOPERATORS:ana@example.com", "AROAAPPROVERS:Ana@example.com", "a session of your name"),
    ("111111111111", "AIDABOB", "not an IAM user or role"),  # root could be any person
    ("A3NL1KOZZKEXAMPLE", "AIDABOB", "not an IAM user or role"),
    ("AIDAANA", "111111111111", "not an IAM user or role"),
    ("AIDAANA", "111111111111:federated", "not an IAM user or role"),
    (None, "AIDABOB", "not yet reported"),
]


def _check(uploaders: list[str | None], approver: str, senders: tuple[str, ...] = ()) -> None:
    uploads = [Uploaded(uri="s3://b/k", version=str(at), principal=one) for at, one in enumerate(uploaders)]
    check_second_person(uploads, Caller(arn="arn", id=approver, account="1"), senders)


@pytest.mark.parametrize(("uploader", "approver"), OTHERS)
def test_somebody_else_approves(uploader: str, approver: str) -> None:
    _check([uploader], approver)


@pytest.mark.parametrize(("uploader", "approver", "why"), SAME)
def test_one_person_is_never_two(uploader: str | None, approver: str, why: str) -> None:
    with pytest.raises(NotAdmitted, match=why):
        _check([uploader], approver)


@pytest.mark.parametrize(("sender", "approver"), OTHERS)
def test_somebody_else_than_who_sent_the_record_approves(sender: str, approver: str) -> None:
    _check(["AIDAPROMOTER"], approver, (sender,))


@pytest.mark.parametrize(("sender", "approver", "why"), [each for each in SAME if each[0]])
def test_who_sent_the_record_is_no_second_person(sender: str, approver: str, why: str) -> None:
    with pytest.raises(NotAdmitted, match=why.replace("uploaded", "sent the record")):
        _check(["AIDAPROMOTER"], approver, ("AIDAFIRST", sender))


def test_one_of_several_uploads_is_enough_to_be_refused() -> None:
    with pytest.raises(NotAdmitted, match="you uploaded"):
        _check(["AIDABOB", "AIDAANA"], "AIDAANA")


def test_a_run_of_which_nothing_is_known_is_approved_by_nobody() -> None:
    with pytest.raises(NotAdmitted, match="has no record of the uploads"):
        _check([], "AIDAANA")
