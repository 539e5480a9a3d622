"""A record of who reads and writes the buckets and who calls the functions, where an environment keeps one."""

from pydantic import BaseModel, ConfigDict, Field

KEEP_DAYS_MAX = 3650
"""Ten years, as for data."""


class Trail(BaseModel):
    """CloudTrail's data events of this environment alone, in each of its Regions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(
        description=f"a whole number of days that the record is kept, 1 to {KEEP_DAYS_MAX}",
        ge=1,
        le=KEEP_DAYS_MAX,
        strict=True,
    )
