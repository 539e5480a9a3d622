"""The cost of an unused resource in US East, without free tiers.

Each price is quoted from the service's price page, with who quoted it and when, looked up on 2026-11-23. Prices change
seldom; check aws.amazon.com/<service>/pricing/ before you rely on one.
"""

from dataclasses import dataclass

HOURS_A_MONTH = 730.0
"""As AWS's price pages count."""


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for one `unit` of `service`, as `source` quoted it at the time `as_of`."""

    usd: float
    unit: str
    service: str
    source: str
    as_of: str


STANDING = {
    "AWS::CloudWatch::Alarm": Price(0.10, "standard-resolution alarm and month", "CloudWatch", "c3x.dev", "undated"),
    "AWS::CloudWatch::Dashboard": Price(
        3.00, "dashboard and month (three are free)", "CloudWatch", "factualminds.com", "2026-06"
    ),
    "AWS::KMS::Key": Price(1.00, "customer managed key and month", "KMS", "cloudburn.io", "2026-03"),
}

KEY_VERSION = Price(1.00, "rotated version of a key and month", "KMS", "AWS's price page", "before 2024-04")
PAID_ROTATIONS = 2
"""Later ones add nothing since April 2024. That it is two of them is from memory: UNVERIFIED."""

BY_USE = {
    "AWS::Athena::NamedQuery",
    "AWS::Athena::WorkGroup",  # Athena: what queries scan
    "AWS::Bedrock::ApplicationInferenceProfile",  # Bedrock: the tokens that are called through it
    "AWS::CloudTrail::Trail",  # CloudTrail: $0.10 for 100,000 data events
    "Custom::EmptiedBucket",  # a call of its function when the stack changes
    "Custom::GuardedEnvironment",  # the same
    "Custom::InvocationLogging",
    "Custom::KeptRecipes",
    "AWS::DynamoDB::Table",  # DynamoDB: on demand; what it holds is kilobytes
    "AWS::Glue::Database",  # Glue: a million objects of the catalog are free
    "AWS::Glue::Table",
    "AWS::Events::Rule",  # EventBridge: rules, schedules and AWS's own events are free; what they call is below
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",  # EventBridge: a million calls and more; what they call works, and is not idle
    "AWS::StepFunctions::StateMachine",
}
"""Billed by use or by what is stored."""

FREE = {
    "AWS::Budgets::Budget",  # Cost Management: budgets without actions
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",  # Systems Manager: standard parameters
}

LAMBDA_REQUEST = Price(0.20 / 1_000_000, "request", "Lambda", "git.mcrn.ar", "undated")
LAMBDA_GB_SECOND = Price(0.0000133334, "GB-second on arm64", "Lambda", "cloudchipr.com", "2024")
LOGS_GB = Price(0.50, "GB taken in", "CloudWatch Logs", "factualminds.com", "2026-06")
DYNAMODB_READ_UNIT = Price(0.125 / 1_000_000, "read request unit, on demand", "DynamoDB", "airbyte.com", "2025-07")
KMS_REQUEST = Price(0.03 / 10_000, "request", "KMS", "factualminds.com", "2026-06")
REQUEST = Price(0.40 / 1_000_000, "request; taken for S3's too", "SQS", "cloudburn.io", "2026-03")

# One call of a scheduled function that finds nothing to do. More than it takes, so that the sum is never too low.
CALL_SECONDS = 3.0
CALL_LOG_KB = 2.0
CALL_READ_UNITS = 4.0
CALL_KMS_REQUESTS = 2.0
CALL_REQUESTS = 10.0
