"""The result of an upload, and the notice about it."""

from dataclasses import dataclass

from distillery.core.escaping import address, quoted
from distillery.core.names import RECIPE_MAX
from distillery.core.notices import Notices
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeResult:
    """The result of an upload. run: the run's id, if there is one. report_uri: where a report was written."""

    status: UploadStatus
    run: str | None = None
    report_uri: str | None = None
    reason: str = ""


def notify(notices: Notices, upload: Upload, result: IntakeResult) -> None:
    """Sends an e-mail that an upload did not start a run, with the reason. It contains no prompt."""
    recipe = address(upload.recipe, RECIPE_MAX * 2)  # of an object's key, which can contain anything
    if result.status is UploadStatus.AWAITING:
        what = f"are run {result.run}, which waits for an approval"
    else:
        what = f"started no run of {quoted(recipe)}"
    notices.publish(
        f"Distillery: prompts for {recipe} {result.status}",
        f"The prompts at {upload.description} {what}.",
        result.reason,
        f"Report: {result.report_uri}" if result.report_uri else "",
    )
