"""Leases of models in their tags: which hold, and what a garbled one means."""

from datetime import UTC, datetime, timedelta

import pytest

from distillery.core.model_leases import LENGTH, lease_end, lease_on, lease_tag, model_leases

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STAGING = "distillery:lease/staging"


def test_a_lease_is_a_tag_that_holds_until_its_end() -> None:
    tags = {lease_tag("staging"): lease_end(NOW)}
    assert tags == {STAGING: "2026-11-30T09:00:00+00:00"}
    last = NOW + LENGTH - timedelta(seconds=1)
    assert lease_on(tags, last) == model_leases(tags)[0]
    assert lease_on(tags, NOW + LENGTH) is None


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ("2026-11-23T09:00:01+00:00", True),
        ("2026-11-23T09:00:00+00:00", False),
        ("2026-11-23T10:30:00+02:00", False),
        ("2026-11-23T09:00:01Z", True),
        ("2026-11-24", True),
        ("2026-11-23", False),
        (" 2026-11-24T00:00:00 ", True),
        ("9999-12-31T23:59:59-14:00", True),
        ("0001-01-01T00:00:00+14:00", True),
        ("", True),
        ("tomorrow", True),
        ("2026-13-45", True),
    ],
)
def test_what_is_no_time_holds_and_says_how_to_end_it(value: str, holds: bool) -> None:
    lease = lease_on({STAGING: value}, NOW)
    assert (lease is not None) == holds
    (said,) = model_leases({STAGING: value})
    assert said.environment == "staging"
    assert ("remove the tag" in said.sentence) == (said.until is None)


def test_the_longest_lease_is_shown_and_other_tags_are_none() -> None:
    tags = {
        "distillery:lease/staging": "2026-11-24",
        "distillery:lease/qa": "2026-11-26",
        "distillery:lease/old": "2020-01-01",
        "distillery:lease": "2030-01-01",
        "distillery:environment": "dev",
    }
    assert [each.environment for each in model_leases(tags)] == ["old", "qa", "staging"]
    lease = lease_on(tags, NOW)
    assert lease is not None
    assert lease.sentence == "environment qa has a lease on it until 2026-11-26T00:00:00+00:00"
    assert lease_on({}, NOW) is None
