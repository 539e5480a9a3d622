"""What one principal may take by the invoke function, where an environment counts its callers."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from distillery.core import offer
from distillery.core.offer import Per


class Quota(BaseModel):
    """Of all routes together. `checks` ask for one of `tokens` and `usd`, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per: Per = Field(description="'hour' or 'day', by the clock in UTC")
    tokens: int | None = Field(
        default=None, description="a whole number of at least 1: read and written", ge=1, strict=True
    )
    usd: Decimal | None = Field(
        default=None, description="US dollars, more than 0 and of at most 9 decimals", gt=0, decimal_places=9
    )

    def told(self) -> offer.Quota:
        """As the function reads it."""
        return offer.Quota(per=self.per, tokens=self.tokens, usd=self.usd)
