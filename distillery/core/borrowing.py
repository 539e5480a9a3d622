"""Uses models of other environments: takes, renews and ends this environment's leases of them.

The lease is taken before anything relies on the model, and IAM admits only the tag of this environment's lease, on
models of the environments that a student passes before.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from distillery.core import clock
from distillery.core.aws import client
from distillery.core.boundary import get_logger
from distillery.core.custom_models import model_exists
from distillery.core.env_vars import Variable, read
from distillery.core.errors import ModelUnavailable
from distillery.core.ledger.borrowed_models import BorrowedModel, BorrowedModels
from distillery.core.ledger.table import Table
from distillery.core.model_leases import LENGTH, lease_end, lease_tag

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

log = get_logger(__name__)
RENEW_AFTER = timedelta(days=1)
"""A lease is renewed once a day, so that six days of failures end none."""


@dataclass(frozen=True, slots=True)
class Borrowing:
    """Leases of the environment of that name. Each call may be repeated."""

    environment: str
    bedrock: "BedrockClient"
    models: BorrowedModels

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        return cls(read(Variable.ENVIRONMENT), client("bedrock"), BorrowedModels(Table(read(Variable.LEDGER))))

    def borrow(self, arn: str, run: str) -> None:
        """Takes or renews the lease of a model, for a run of this environment.

        Raises:
            ModelUnavailable: The model does not exist any more.
        """
        if not model_exists(self.bedrock, arn):
            raise ModelUnavailable(
                f"model {arn} does not exist any more, so run {run} cannot use it; its environment deleted it before "
                "this one had a lease on it: promote another run"
            )
        now = clock.now()
        self.models.keep(BorrowedModel(arn=arn, run=run, until=lease_end(now)))
        lease = [{"key": lease_tag(self.environment), "value": lease_end(now)}]
        self.bedrock.tag_resource(resourceARN=arn, tags=lease)  # type: ignore[arg-type]  # plain dicts

    def renew(self, model: BorrowedModel) -> bool:
        """Renews a lease that is older than a day; False where it is not."""
        if not model.is_due(clock.now() + LENGTH - RENEW_AFTER):
            return False
        self.borrow(model.arn, model.run)
        return True

    def end(self, model: BorrowedModel) -> None:
        """Ends the lease: removes the tag, then what the ledger has. One that is taken meanwhile gets its tag again."""
        if model_exists(self.bedrock, model.arn):  # IAM would refuse to change the tags of one that does not exist
            self.bedrock.untag_resource(resourceARN=model.arn, tagKeys=[lease_tag(self.environment)])
        if self.models.remove(model):
            log.info("ended the lease of %s", model.arn)
        elif taken := next((each for each in self.models.all() if each.arn == model.arn), None):
            self.borrow(taken.arn, taken.run)
