"""Where the pipeline keeps things: what the foundation gives to the stages."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStores:
    """prompts: people write, the product reads; data: the product's own; topic: tells people; calls: logged ones, where
    they are logged in this Region."""

    prompts: s3.IBucket
    data: s3.IBucket
    ledger: dynamodb.ITable
    topic: sns.ITopic
    calls: s3.IBucket | None = None
