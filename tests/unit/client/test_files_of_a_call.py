"""Following a call through a route takes nine files (docs/architecture.md)."""

import sys
from pathlib import Path
from types import FrameType

from tests.unit.client.harness import MESSAGES, OPTIMIZED, STUDENT, ClientHarness, answer, refusal, route_map

FILES = {
    "aws.py",
    "converse.py",
    "errors.py",
    "fallback.py",
    "invocation.py",
    "metrics.py",
    "route.py",
    "route_map.py",
    "route_store.py",
}


def test_a_call_and_its_fallback_run_through_nine_files() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, STUDENT))
    harness.promote()
    harness.script[str(OPTIMIZED.identifier)] = [refusal("ThrottlingException", status=429), answer()]
    files: set[Path] = set()

    def trace(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(Path(frame.f_code.co_filename))

    sys.setprofile(trace)
    try:
        harness.route().converse(messages=MESSAGES)
    finally:
        sys.setprofile(None)
    ours = {file.name for file in files if file.parent.name == "client" and file.parent.parent.name == "distillery"}
    assert ours <= FILES
    assert len(FILES) <= 9
