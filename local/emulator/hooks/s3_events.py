"""S3's events on EventBridge name the object's version, and carry the virtual time.

AWS: `detail.object["version-id"]` is there when the bucket is versioned
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html).
ministack: leaves it out of EventBridge events (notifications have it).
Patch: the version is added; `time` is the virtual clock's.

AWS: a notification names the principal that created the object, `AWS:AROA…:session` (notification-content-structure),
    and invokes a function whose policy lets S3 do so for the bucket.
ministack: names EXAMPLE, and checks no policy.
Patch: both, for functions.
"""

import json
from contextvars import ContextVar
from typing import Any

import ministack.app as app
from ministack.core import iam_evaluator
from ministack.services import eventbridge, s3

from local.emulator import delivery_permissions
from local.emulator.clock import VirtualClock
from local.emulator.hooks.access import current_access_key

S3 = "s3.amazonaws.com"

_version: ContextVar[str | None] = ContextVar("version", default=None)


def install(clock: VirtualClock) -> None:
    """Completes S3's events on the default bus."""
    fire = s3._fire_s3_event
    deliver = s3._deliver_event_to_lambda
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

    def deliver_event_to_lambda(arn: str, payload: dict[str, Any], region: str) -> None:
        (record,) = payload["Records"]
        if app.AUTH and (
            why := delivery_permissions.refusal(
                S3, "lambda:InvokeFunction", arn, source_arn=record["s3"]["bucket"]["arn"]
            )
        ):
            s3.logger.warning("S3 notification is lost: %s", why)
            return
        found = iam_evaluator.resolve_caller_identity(current_access_key())
        told = {"principalId": f"AWS:{found['userId']}" if found else "EXAMPLE"}
        deliver(arn, {"Records": [{**record, "userIdentity": told}]}, region)

    s3._deliver_event_to_lambda = deliver_event_to_lambda
    s3._fire_s3_event = fire_s3_event
    eventbridge._dispatch_event = dispatch_event
