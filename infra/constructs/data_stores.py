"""The buckets, the table and the topic that the foundation provides to the stages."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from distillery.core.env_vars import Variable
from infra.constructs.arn import attribute

_NAMED = {
    Variable.LEDGER: ("ledger", "table_name"),
    Variable.DATA_BUCKET: ("data", "bucket_name"),
    Variable.PROMPTS_BUCKET: ("prompts", "bucket_name"),
    Variable.TOPIC: ("topic", "topic_arn"),
}
"""The store that a variable names, and the attribute that is its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStores:
    """The stores of the home Region.

    People write to `prompts` and the pipeline reads it; only the pipeline writes to `data`. `topic` notifies people.
    `calls` has the model invocation logs, if this environment owns them in this Region.
    """

    prompts: s3.IBucket
    data: s3.IBucket
    ledger: dynamodb.ITable
    topic: sns.ITopic
    calls: s3.IBucket | None = None

    def variables(self, *wanted: Variable) -> dict[Variable, str]:
        """The environment variables by which functions find these stores."""
        return {one: attribute(getattr(self, store), name) for one in wanted for store, name in [_NAMED[one]]}
