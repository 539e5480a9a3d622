"""What a resource costs while nobody uses it, in US dollars a month, us-east-1 and us-east-2, without free tiers.

From the services' price pages at aws.amazon.com/<service>/pricing/, as of `AS_OF`.
"""

from datetime import date

AS_OF = date(2026, 11, 23)

HOURS_A_MONTH = 730.0
"""As AWS's price pages count."""

STANDING = {
    "AWS::CloudWatch::Alarm": 0.10,  # CloudWatch: a standard-resolution alarm, for each metric it watches
    "AWS::CloudWatch::Dashboard": 3.00,  # CloudWatch: the first three of an account are free, and counted here
    "AWS::KMS::Key": 1.00,  # KMS: a customer managed key
}

KEY_VERSION = 1.00
"""KMS: the first and the second rotation of a key add this each, the third and later nothing (since May 2024)."""
PAID_ROTATIONS = 2

BY_USE = {
    "AWS::Bedrock::ApplicationInferenceProfile",  # Bedrock: the tokens that are called through it
    "Custom::EmptiedBucket",  # a call of its function when the stack changes
    "AWS::DynamoDB::Table",  # DynamoDB: on demand; what it holds is kilobytes
    "AWS::Events::Rule",  # EventBridge: rules, schedules and AWS's own events are free; what they call is below
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
}
"""Billed by use or by what is stored."""

FREE = {
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",  # Systems Manager: standard parameters
}

LAMBDA_REQUEST = 0.20 / 1_000_000  # Lambda
LAMBDA_GB_SECOND = 0.0000133334  # Lambda, arm64
LOGS_GB = 0.50  # CloudWatch Logs, ingestion
DYNAMODB_READ_UNIT = 0.125 / 1_000_000  # DynamoDB, on demand
KMS_REQUEST = 0.03 / 10_000  # KMS
REQUEST = 0.40 / 1_000_000  # the dearest of the other requests that a scheduled call makes (SQS, S3 GET)

# One call of a scheduled function that finds nothing to do. More than it takes, so that the sum is never too low.
CALL_SECONDS = 3.0
CALL_LOG_KB = 2.0
CALL_READ_UNITS = 4.0
CALL_KMS_REQUESTS = 2.0
CALL_REQUESTS = 10.0
