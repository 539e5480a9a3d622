"""Notifications to people by the environment's SNS topic."""

from typing import TYPE_CHECKING

from distillery.core.aws import client
from distillery.core.escaping import one_line

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SUBJECT_MAX = 100  # ASCII without line breaks or control characters, beginning with a letter or digit (SNS Publish)


class Notices:
    def __init__(self, topic_arn: str, sns: "SNSClient | None" = None) -> None:
        self._topic_arn = topic_arn
        self._sns = sns or client("sns")

    def publish(self, subject: str, *paragraphs: str) -> None:
        """Publishes a notification. Each paragraph is one line, so quoted text cannot begin a paragraph."""
        plain = one_line(subject).encode("ascii", "replace").decode()
        message = "\n\n".join(one_line(paragraph) for paragraph in paragraphs if paragraph)
        self._sns.publish(TopicArn=self._topic_arn, Subject=plain[:SUBJECT_MAX], Message=message)
