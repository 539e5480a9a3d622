"""Tells people that an upload started nothing, and why, or what it waits for."""

from lambdas.dataset.answer import Answer, Status
from lambdas.dataset.upload import Upload
from lambdas.shared.notices import Notices


def notify(notices: Notices, upload: Upload, answer: Answer) -> None:
    """One short e-mail; no prompt is in it."""
    lines = (
        f"The prompts at {upload.uri} (version {upload.version or 'newest'}) {_became(upload, answer)}.",
        answer.reason,
        f"Report: {answer.report_uri}" if answer.report_uri else "",
    )
    subject = f"Distillery: prompts for {upload.recipe} {answer.status}"
    notices.publish(subject, "\n\n".join(line for line in lines if line))


def _became(upload: Upload, answer: Answer) -> str:
    if answer.status is Status.AWAITING:
        return f"are run {answer.run}, which waits for an approval"
    return f"started no run of {upload.recipe!r}"
