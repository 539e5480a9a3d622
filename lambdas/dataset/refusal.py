"""An upload that starts nothing: its report, and a message that tells why."""

from dataclasses import replace

from distillery.core import names
from distillery.core.aws import ObjectStore
from distillery.core.errors import Refused
from distillery.core.notices import Notices
from distillery.datasets.answer import Answer, status_of
from distillery.datasets.examine import Progress
from distillery.datasets.report import report
from distillery.datasets.upload import Upload
from lambdas.dataset.notice import notify


class Refusals:
    """bucket: of the data, never the one that prompts are read from."""

    def __init__(self, bucket: str, data: ObjectStore, notices: Notices) -> None:
        self._bucket, self._data, self.notices = bucket, data, notices

    def refuse(self, upload: Upload, progress: Progress, refused: Refused) -> Answer:
        """Writes a report where anything was read, and notifies."""
        status = status_of(refused)
        answer = Answer(status=status, reason=str(refused))
        if progress.reading is not None:
            source = names.digest([upload.uri, upload.version])
            uri = f"s3://{self._bucket}/{names.REPORTS_PREFIX}{progress.recipe}/{source}.json"
            self._data.write_json(uri, report(status, progress, answer.reason))
            answer = replace(answer, report_uri=uri)
        notify(self.notices, upload, answer)
        return answer
