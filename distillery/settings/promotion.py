"""The table [promotion] of an environment's settings."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from distillery.core.names import ENVIRONMENT_MAX
from distillery.core.promotion_window import PromotionWindow
from distillery.records.rules import AdmissionRules

KEEP_DAYS_MAX = 3650
"""Ten years, as for data."""


Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=ENVIRONMENT_MAX)]


class Promotion(BaseModel):
    """What this environment signs for the next one, and which students of others it admits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign: bool = Field(
        default=False,
        description="true or false: whether the record of each student that goes live is signed, with a KMS key of its "
        "own",
    )
    valid_days: int = Field(
        default=30,
        description=f"a whole number of days that a record is valid which is signed here, and the most that one may "
        f"be old which is admitted here, 1 to {KEEP_DAYS_MAX}",
        ge=1,
        le=KEEP_DAYS_MAX,
        strict=True,
    )
    through: tuple[EnvironmentName, ...] = Field(
        default=(),
        description='the names of the environments that a student passes before, in order, such as ["dev"]',
    )
    public_keys: tuple[str, ...] = Field(
        default=(), description="the public keys, in PEM, that the last of these environments signs with"
    )
    admit_overruled: bool = Field(
        default=False,
        description="true or false: whether a student that did not pass there is admitted if a person accepted it",
    )
    share_with: tuple[Account, ...] = Field(
        default=(),
        description="the AWS accounts of the organization that copies of this environment's models may go to, only "
        "where Bedrock shares models of a recipe's base",
    )
    copy_from: tuple[Account, ...] = Field(
        default=(), description="the AWS accounts whose models this environment may copy, by CreateModelCopyJob"
    )
    window: PromotionWindow | None = Field(
        default=None,
        description="a table [promotion.window]: when students may go live. Without one, they may at any time",
    )

    @property
    def rules(self) -> AdmissionRules | None:
        """What the admission function reads; None where nothing is admitted."""
        if not self.through or not self.public_keys:
            return None
        return AdmissionRules(
            through=self.through,
            public_keys=self.public_keys,
            admits_overruled=self.admit_overruled,
            valid_days=self.valid_days,
            copy_from=self.copy_from,
        )
