"""Every acknowledgement is for one construct, has a reason, and still applies."""

import pytest

from infra.constructs import compliance
from infra.constructs.compliance import Acknowledged
from tests.policy.acknowledgements import Finding, findings, ledger, stale, unreasoned, wide
from tests.policy.synthesis import ENVIRONMENTS, settings


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def both(request: pytest.FixtureRequest) -> tuple[list[Acknowledged], set[Finding]]:
    """Returns an environment's acknowledgements, and the findings without any acknowledgement."""
    of = settings(request.param)
    acknowledgements = ledger(of)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compliance, "acknowledge", lambda *_: None)
        return acknowledgements, findings(of)


def test_acknowledgements_are_narrow_reasoned_and_alive(both: tuple[list[Acknowledged], set[Finding]]) -> None:
    acknowledgements, found = both
    assert acknowledgements
    assert stale(acknowledgements, found) == []
    assert wide(acknowledgements, found) == []
    assert unreasoned(acknowledgements) == []


FOUND = {
    Finding("S10", "dev/Prompts/Bucket/Resource"),
    Finding("S10", "dev/Prompts/Bucket/Policy/Resource"),
    Finding("S10", "dev/Data/Bucket/Resource"),
    Finding("IAM5[Resource::*]", "dev/Step/Role/DefaultPolicy/Resource"),
}
REASON = "Requests without TLS are denied by named actions, one by one."


def _acknowledged(construct: str, ident: str = "S10", reason: str = REASON) -> list[Acknowledged]:
    return [Acknowledged(id=ident, construct=construct, reason=reason)]


@pytest.mark.parametrize("construct", ["dev/Prompts/Bucket", "dev/Prompts/Bucket/Resource", "dev/Data/Bucket"])
def test_an_acknowledgement_of_one_bucket_is_neither_stale_nor_wide(construct: str) -> None:
    assert not stale(_acknowledged(construct), FOUND)
    assert not wide(_acknowledged(construct), FOUND)


@pytest.mark.parametrize(
    ("construct", "ident"),
    [
        ("dev/Elsewhere/Bucket", "S10"),
        ("dev/Prompts/Buck", "S10"),
        ("dev/Prompts/Bucket", "S1"),
        ("dev/Step/Role/DefaultPolicy", "IAM5"),
    ],
)
def test_an_acknowledgement_of_what_nobody_finds_is_stale(construct: str, ident: str) -> None:
    assert stale(_acknowledged(construct, ident), FOUND)


@pytest.mark.parametrize(("construct", "ident"), [("dev", "S10"), ("dev/Prompts", "S10"), ("dev", "IAM5[Resource::*]")])
def test_an_acknowledgement_above_the_construct_is_wide(construct: str, ident: str) -> None:
    assert wide(_acknowledged(construct, ident), FOUND)


def test_a_reason_is_a_sentence() -> None:
    assert unreasoned(_acknowledged("dev/Prompts/Bucket", reason="because"))
    assert not unreasoned(_acknowledged("dev/Prompts/Bucket"))
