"""Bad lines that were put aside, as an object that a person mends them from."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from distillery.datasets.validation.reading import BadLine

NAME = "quarantine.jsonl"


def quarantined(lines: Iterable[BadLine]) -> bytes:
    """JSON lines, in the order of the input. Unlike reports they hold the prompts themselves, so they lie where the
    prompts lie: `jq -r .text quarantine.jsonl` gives the lines back."""
    return b"".join(json.dumps(_told(each), ensure_ascii=False).encode() + b"\n" for each in lines)


def _told(bad: BadLine) -> dict[str, Any]:
    problems = [{"code": p.kind.code, "path": p.path, "wrong": p.wrong, "fix": p.kind.fix} for p in bad.problems]
    return {"file": bad.place.file, "line": bad.place.line, "problems": problems} | _content(bad.line)


def _content(line: bytes) -> dict[str, str]:
    """`text`, or `base64` of bytes that are no text. Of a line that is too long it is the beginning."""
    try:
        return {"text": line.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(line).decode()}
