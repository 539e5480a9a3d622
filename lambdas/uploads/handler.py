"""The door of S3's own notification, which says who uploaded an object; EventBridge's event tells an account alone.

Nothing starts here: it is written down, for whoever asks later who uploaded what a run was made of. Sources: S3 User
Guide, notification-content-structure (keys are URL-encoded as in forms; `userIdentity.principalId`).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploaded, Uploads


@boundary()
def witness(event: Mapping[str, Any], _context: object) -> None:
    """What is no record of S3's, such as its test event, is passed over."""
    uploads = Uploads(Table(read(Variable.LEDGER)))
    for record in event.get("Records", []):
        if record.get("eventSource") == "aws:s3" and str(record.get("eventName", "")).startswith("ObjectCreated:"):
            uploads.told(_upload(record))


def _upload(record: Mapping[str, Any]) -> Uploaded:
    bucket, made = record["s3"]["bucket"]["name"], record["s3"]["object"]
    return Uploaded(
        uri=f"s3://{bucket}/{unquote_plus(made['key'])}",
        version=made.get("versionId") or "null",
        principal=record["userIdentity"]["principalId"].removeprefix("AWS:"),
    )
