"""Patterns for principal ARNs."""

import pytest

from distillery.core.principals import Principals, invalid_reason

ACCOUNT, OTHER = "111122223333", "444455556666"
APP = f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/i-0abc"


@pytest.mark.parametrize(
    ("pattern", "arn", "admitted"),
    [
        ("assumed-role/support-app/*", APP, True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/*", APP, True),
        ("assumed-role/support-*/i-????", APP, True),
        ("assumed-role/support-app/*", APP.replace(ACCOUNT, OTHER), False),
        (f"arn:aws:sts::{OTHER}:assumed-role/support-app/*", APP, False),
        ("assumed-role/support/*", APP, False),
        ("assumed-role/support-app/*", APP + "/x", False),
        ("assumed-role/support-app/*", APP + "\n", False),
        ("assumed-role/support-app/*", APP + "\narn", False),
        ("assumed-role/support-app/*", APP + "\r", False),
        ("assumed-role/support-app/*", APP + "\u2028", False),
        ("assumed-role/support-app/*", APP + " ", False),
        ("assumed-role/support-app/*", APP + "é", False),
        ("assumed-role/support-app/*", APP + "=,.@_-+x", True),
        ("assumed-role/support.app/*", APP, False),
        ("assumed-role/support-app/*", "x" + APP, False),
        ("assumed-role/support-app/*", APP.upper(), False),
        ("user/team/*", f"arn:aws:iam::{ACCOUNT}:user/team/ana", True),
        ("user/*", f"arn:aws:iam::{ACCOUNT}:user/team/ana", False),
        ("federated-user/ana", f"arn:aws:sts::{ACCOUNT}:federated-user/ana", True),
        ("user/ana", f"arn:aws-us-gov:iam::{ACCOUNT}:user/ana", True),
        ("user/ana", "", False),
    ],
)
def test_a_pattern_reaches_no_further_than_it_reads(pattern: str, arn: str, admitted: bool) -> None:
    assert Principals.of([pattern], account=ACCOUNT).admit(arn) is admitted


def test_several_patterns_admit_what_any_of_them_does_and_none_admits_nobody() -> None:
    assert Principals.of(["user/ana", "assumed-role/support-app/*"], account=ACCOUNT).admit(APP)
    assert not Principals.of([], account=ACCOUNT).admit(APP)
    assert not Principals.of([], account=ACCOUNT).admit("")


@pytest.mark.parametrize(
    "pattern",
    ["*", "", "role/support-app", f"arn:aws:iam::{ACCOUNT}:role/app", "assumed-role/*/*", "assumed-role/**/x",
     "assumed-role/app", "arn:aws:sts::*:assumed-role/app/*", "user/", "user/a b", "user/é", "root",
     "assumed-role/a/(b|c)"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_with_what_is_allowed(pattern: str) -> None:
    reason = invalid_reason(pattern)
    assert reason
    with pytest.raises(ValueError, match=r"allowed|write|name the role"):
        Principals.of([pattern], account=ACCOUNT)
