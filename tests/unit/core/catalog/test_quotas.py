"""Hosting quotas: each has a code, and every student with Provisioned Throughput has one."""

import re

import pytest

from distillery.core import catalog, limits
from distillery.core.catalog.hosting import ALL_MODEL_UNITS, DEPLOYMENTS, hosting_quotas
from distillery.core.hosting_mode import HostingMode

MODEL_UNITS = [model.model_units_quota for model in catalog.models() if model.model_units_quota]
QUOTAS = (DEPLOYMENTS, ALL_MODEL_UNITS, *MODEL_UNITS)
STUDENTS = sorted({pair.student for pair in catalog.pairs()})


def test_codes_are_service_quotas_own_and_name_one_quota_each() -> None:
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", quota.code) and quota.source for quota in QUOTAS)
    assert len({quota.code for quota in QUOTAS}) == len({quota.name for quota in QUOTAS}) == len(QUOTAS)


def test_what_has_a_quota_of_model_units_can_be_hosted() -> None:
    assert MODEL_UNITS
    assert all(model.host for model in catalog.models() if model.model_units_quota)


def test_a_new_account_has_no_model_units_and_ten_deployments() -> None:
    assert {quota.default for quota in (ALL_MODEL_UNITS, *MODEL_UNITS)} == {0}
    assert DEPLOYMENTS.default == limits.MAX_DEPLOYMENTS


@pytest.mark.parametrize("student", STUDENTS)
def test_every_student_sold_as_provisioned_throughput_has_a_quota_of_its_own(student: str) -> None:
    sold = bool(catalog.model(student).throughput_regions)
    assert (catalog.model(student).model_units_quota is not None) == sold
    assert ALL_MODEL_UNITS in hosting_quotas(student, HostingMode.PROVISIONED)
    assert hosting_quotas(student, HostingMode.ON_DEMAND) == (DEPLOYMENTS,)
