"""Quotas of hosting: each with its code, and one for every student that Provisioned Throughput is sold for."""

import re

import pytest

from distillery.core import catalog, limits
from distillery.core.catalog.quotas import DEPLOYMENTS, UNITS_IN_ALL, UNITS_OF_ONE, hosting_quotas, units_quota

QUOTAS = (DEPLOYMENTS, UNITS_IN_ALL, *UNITS_OF_ONE.values())
STUDENTS = sorted({pair.student for pair in catalog.pairs()})


def test_codes_are_service_quotas_own_and_name_one_quota_each() -> None:
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", quota.code) and quota.source for quota in QUOTAS)
    assert len({quota.code for quota in QUOTAS}) == len({quota.name for quota in QUOTAS}) == len(QUOTAS)


def test_what_is_hosted_under_a_quota_is_in_the_catalog() -> None:
    assert {catalog.base_of(host).host for host in UNITS_OF_ONE} == set(UNITS_OF_ONE)


def test_a_new_account_has_no_model_units_and_ten_deployments() -> None:
    assert {quota.default for quota in (UNITS_IN_ALL, *UNITS_OF_ONE.values())} == {0}
    assert DEPLOYMENTS.default == limits.MAX_DEPLOYMENTS


@pytest.mark.parametrize("student", STUDENTS)
def test_every_student_sold_as_provisioned_throughput_has_a_quota_of_its_own(student: str) -> None:
    sold = bool(catalog.model(student).throughput_regions)
    assert (units_quota(student) is not None) == sold
    assert UNITS_IN_ALL in hosting_quotas(student, catalog.HostingMode.PROVISIONED)
    assert hosting_quotas(student, catalog.HostingMode.ON_DEMAND) == (DEPLOYMENTS,)
