"""Several files that belong together: a `manifest.json` beside them names them in their order."""

import json

from distillery.core.errors import BadRequest

MANIFEST = "manifest.json"
MANIFEST_BYTES = 1024 * 1024
FORMATS = (".jsonl", ".jsonl.gz")


def named_in(manifest: bytes) -> list[str]:
    """The names in `{"files": ["a.jsonl", …]}`. Raises BadRequest for another shape, or what is no file beside it."""
    try:
        content = json.loads(manifest) if len(manifest) <= MANIFEST_BYTES else None
    except (ValueError, RecursionError):
        content = None
    files = content.get("files") if isinstance(content, dict) and content.keys() == {"files"} else None
    if not isinstance(files, list) or not files or not all(_names_a_file(name) for name in files):
        raise BadRequest(
            f'{MANIFEST} must be {{"files": ["a.jsonl", …]}}, naming files beside it that end in {", ".join(FORMATS)}'
        )
    if len(set(files)) < len(files):
        raise BadRequest(f"{MANIFEST} names a file twice; name each once")
    return files


def _names_a_file(name: object) -> bool:
    return isinstance(name, str) and "/" not in name and name.endswith(FORMATS)
