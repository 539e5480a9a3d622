"""What people are told by the environment's topic."""

from typing import TYPE_CHECKING

from lambdas.shared.aws import client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SUBJECT_MAX = 100  # ASCII without line breaks (SNS Publish)


class Notices:
    def __init__(self, topic_arn: str, sns: "SNSClient | None" = None) -> None:
        self._topic_arn = topic_arn
        self._sns = sns or client("sns")

    def publish(self, subject: str, text: str) -> None:
        plain = " ".join(subject.encode("ascii", "replace").decode().split())
        self._sns.publish(TopicArn=self._topic_arn, Subject=plain[:SUBJECT_MAX], Message=text)
