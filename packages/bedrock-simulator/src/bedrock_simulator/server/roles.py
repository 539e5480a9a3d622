"""IAM without IAM: in the simulator that stands alone a role is what looks like one; a host with IAM enforces it."""

import re
from collections.abc import Mapping

_ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::(?P<account>\d{12}):role/.+")


class PatternRoles:
    """Any role of the caller's own account may be assumed, and may do everything."""

    def check(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """None for a role of that account, else the service's sentence."""
        found = _ROLE.fullmatch(role_arn)
        if found is not None and found["account"] == account:
            return None
        return (
            f"Could not assume provided IAM role. Please ensure that the role {role_arn} is one of account {account}, "
            f"to be assumed for {service_source_arn} in {region}."
        )

    def may(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:  # the port's parameters
        """It may."""
        return True
