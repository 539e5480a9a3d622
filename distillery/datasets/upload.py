"""What was asked for: prompts of a recipe at an address, by S3's event or by name.

An object directly in `prompts/<recipe>/` starts a run by itself. Several files go into a folder below it,
`prompts/<recipe>/<folder>/`, where nothing but `manifest.json` starts one, so that it is uploaded last. Logs that a job
reads itself are told by `collected/<recipe>/<folder>/logs.json`; elsewhere such a file is asked for as well, so that
whoever put it there is told why it is refused (`lambdas.dataset.direct`).
"""

from dataclasses import dataclass
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.names import COLLECTED_PREFIX, DIRECT, PROMPTS_PREFIX
from distillery.core.serialization import from_wire
from distillery.datasets.manifest import FORMATS, MANIFEST


def told(uri: str, version: str | None) -> str:
    """An object as sentences name it, whatever somebody called it."""
    return f"{address(uri)} (version {address(version, NAME_MAX) if version else 'newest'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """uri: `s3://bucket/key`, or `s3://bucket/folder/` for all in it; version: the object's, None for its newest;
    again: distil even what has a student."""

    recipe: str
    uri: str
    version: str | None = None
    again: bool = False

    @property
    def told(self) -> str:
        return told(self.uri, self.version)

    @property
    def is_prefix(self) -> bool:
        return self.uri.endswith("/")

    @property
    def is_direct(self) -> bool:
        """Logs in place of prompts."""
        return self.uri.rpartition("/")[2] == DIRECT

    @property
    def is_manifest(self) -> bool:
        return self.uri.rpartition("/")[2] == MANIFEST


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that is no reason to start a run."""

    reason: str


def asked(event: Any) -> Upload | Ignored:
    """The upload that an event means: EventBridge's `Object Created`, or a direct request. Raises BadRequest."""
    if isinstance(event, dict) and "detail" in event:
        return _created(event["detail"])
    upload = from_wire(Upload, event)
    if not upload.uri.startswith("s3://") or not (upload.is_prefix or _readable(upload.uri)):
        raise BadRequest(
            f"uri is {quoted(address(upload.uri))}; s3://bucket/key ending in {', '.join(FORMATS)} or {MANIFEST}, or a "
            "folder s3://bucket/folder/, is needed"
        )
    return upload


def _created(detail: Any) -> Upload | Ignored:
    """Keys in EventBridge's events are not URL-encoded, unlike those in S3's own notifications (S3 User Guide,
    ev-events); `version-id` is absent where the bucket is not versioned."""
    try:
        bucket, key, version = detail["bucket"]["name"], detail["object"]["key"], detail["object"].get("version-id")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequest(
            f"the event names no object ({quoted(error)}); an S3 event 'Object Created' is needed"
        ) from error
    folder = COLLECTED_PREFIX if key.startswith(COLLECTED_PREFIX) else PROMPTS_PREFIX
    recipe, _, name = key.removeprefix(folder).partition("/")
    if reason := _not_a_trigger(key, name):
        return Ignored(f"{address(f's3://{bucket}/{key}')} {reason}")
    return Upload(recipe=recipe, uri=f"s3://{bucket}/{key}", version=version)


def _not_a_trigger(key: str, name: str) -> str | None:
    if key.startswith(COLLECTED_PREFIX):
        return None if key.endswith(f"/{DIRECT}") else f"is no {DIRECT}, which alone the collection stage writes there"
    if not key.startswith(PROMPTS_PREFIX) or not name:
        return f"is not in a recipe's folder, {PROMPTS_PREFIX}<recipe>/"
    if not _readable(name):
        return f"ends in none of {', '.join(FORMATS)}, and is no {MANIFEST}"
    if "/" in name and not name.endswith((f"/{MANIFEST}", f"/{DIRECT}")):
        return f"is one of several files: its folder's {MANIFEST} starts the run"
    return None


def _readable(name: str) -> bool:
    return name.endswith(FORMATS) or name.rpartition("/")[2] in (MANIFEST, DIRECT)
