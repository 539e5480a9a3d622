"""An upload that starts nothing: its report, and a message that tells why."""

from dataclasses import replace

from lambdas.dataset.answer import Answer, status_of
from lambdas.dataset.examine import Progress
from lambdas.dataset.notice import notify
from lambdas.dataset.report import report
from lambdas.dataset.upload import Upload
from lambdas.shared import names
from lambdas.shared.aws import ObjectStore
from lambdas.shared.errors import Refused
from lambdas.shared.notices import Notices


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
