"""Tells people that an upload started nothing, and why."""

from typing import TYPE_CHECKING

from lambdas.dataset.outcome import Outcome
from lambdas.dataset.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SUBJECT_MAX = 100  # characters, ASCII (SNS Publish)


def notify(sns: "SNSClient", topic: str, upload: Upload, outcome: Outcome) -> None:
    """One short e-mail; no prompt is in it."""
    recipe = upload.recipe.encode("ascii", "replace").decode()
    lines = (
        f"The prompts at {upload.uri} (version {upload.version or 'newest'}) started no run of {upload.recipe!r}.",
        outcome.reason,
        f"Report: {outcome.report_uri}" if outcome.report_uri else "",
    )
    subject = f"Distillery: prompts for {recipe} {outcome.status}"
    sns.publish(
        TopicArn=topic,
        Subject="".join(c if c.isprintable() else " " for c in subject)[:SUBJECT_MAX],
        Message="\n\n".join(line for line in lines if line),
    )
