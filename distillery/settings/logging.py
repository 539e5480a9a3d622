"""Model-invocation logging of the account in the inference Region, where this environment owns it."""

from pydantic import BaseModel, ConfigDict, Field


class Logging(BaseModel):
    """There is one logging configuration per account and Region, so one environment of an account has this table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(description="days that logged calls are kept, at least 1")
    max_scan_gb: int = Field(default=100, description="gigabytes that one query may scan, at least 1")
    replace: bool = Field(
        default=False,
        description="true or false: whether a configuration that nobody of Distillery made is put aside, and put back "
        "when this one goes",
    )
