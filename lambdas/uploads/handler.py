"""Entry point for S3's event notification, which identifies the uploader; EventBridge's event only has the account.

It starts nothing. It records who uploaded an object, so that the uploader of a run's prompts can be looked up later.
Sources: S3 User Guide, notification-content-structure (keys are URL-encoded like form data;
`userIdentity.principalId`).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploaded, Uploads


@boundary()
def record_uploads(event: Mapping[str, Any], _context: object) -> None:
    """Records each created object. Skips anything that is not an S3 record, such as S3's test event."""
    uploads = Uploads(Table(read(Variable.LEDGER)))
    for record in event.get("Records", []):
        if record.get("eventSource") == "aws:s3" and str(record.get("eventName", "")).startswith("ObjectCreated:"):
            uploads.record_upload(_upload(record))


def _upload(record: Mapping[str, Any]) -> Uploaded:
    bucket, s3_object = record["s3"]["bucket"]["name"], record["s3"]["object"]
    return Uploaded(
        uri=f"s3://{bucket}/{unquote_plus(s3_object['key'])}",
        version=s3_object.get("versionId") or "null",
        principal=record["userIdentity"]["principalId"].removeprefix("AWS:"),
    )
