"""The buckets, the table and the topic that the foundation provides to the stages."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns


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
