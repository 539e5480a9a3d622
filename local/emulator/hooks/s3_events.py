"""S3's events on EventBridge name the object's version, and carry the virtual time.

AWS: `detail.object["version-id"]` is there when the bucket is versioned
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html).
ministack: leaves it out of EventBridge events (notifications have it).
We mend: the version is added; `time` is the virtual clock's.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

from local.emulator.clock import VirtualClock

_version: ContextVar[str | None] = ContextVar("version", default=None)


def install(clock: VirtualClock) -> None:
    """Complete the events that S3 puts on the default bus."""
    fire = s3._fire_s3_event
    dispatch = eventbridge._dispatch_event

    def fire_s3_event(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
        _version.set(version_id)
        fire(*args, version_id=version_id, **kwargs)

    def dispatch_event(event: dict[str, Any], view: Any = None) -> None:
        if event.get("Source") == "aws.s3" and view is None:
            detail = json.loads(event["Detail"])
            if version := _version.get():
                detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail), "Time": int(clock.epoch())}
        dispatch(event, view)

    s3._fire_s3_event = fire_s3_event
    eventbridge._dispatch_event = dispatch_event
