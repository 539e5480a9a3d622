"""Tells people that an upload started nothing, and why, or what it waits for."""

from distillery.core.escaping import address, quoted
from distillery.core.names import RECIPE_MAX
from distillery.core.notices import Notices
from distillery.datasets.answer import Answer, Status
from distillery.datasets.upload import Upload


def notify(notices: Notices, upload: Upload, answer: Answer) -> None:
    """One short e-mail; no prompt is in it."""
    notices.publish(
        f"Distillery: prompts for {_recipe(upload)} {answer.status}",
        f"The prompts at {upload.told} {_became(upload, answer)}.",
        answer.reason,
        f"Report: {answer.report_uri}" if answer.report_uri else "",
    )


def _became(upload: Upload, answer: Answer) -> str:
    if answer.status is Status.AWAITING:
        return f"are run {answer.run}, which waits for an approval"
    return f"started no run of {quoted(_recipe(upload))}"


def _recipe(upload: Upload) -> str:
    """Of an object's folder, which may be called anything."""
    return address(upload.recipe, RECIPE_MAX * 2)
