"""How a custom model is hosted. It is not in the catalog, which most functions need not import."""

from enum import StrEnum


class HostingMode(StrEnum):
    """A custom model deployment, or Provisioned Throughput."""

    ON_DEMAND = "on-demand"
    PROVISIONED = "provisioned"
