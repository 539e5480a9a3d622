"""Following an upload to its data set takes at most 15 files (docs/architecture.md)."""

import sys
from pathlib import Path
from types import FrameType

import pytest

from distillery.datasets.report import UploadStatus
from lambdas.dataset import handler
from tests.unit.dataset.fakes import file
from tests.unit.dataset.harness import KEY, IntakeHarness

ROOT = Path(__file__).parents[3]
FILES = {
    "lambdas/dataset/handler.py",
    "lambdas/dataset/intake.py",
    "lambdas/dataset/state_machine.py",
    "distillery/datasets/upload.py",
    "distillery/datasets/examine.py",
    "distillery/datasets/validation/reading.py",
    "distillery/datasets/validation/lines.py",
    "distillery/datasets/validation/fast_path.py",
    "distillery/datasets/validation/finding.py",
    "distillery/datasets/curation/curate.py",
    "distillery/datasets/curation/personal_data.py",
    "distillery/datasets/curation/similarity.py",
    "distillery/datasets/split.py",
    "distillery/datasets/report.py",
}
"""Besides `distillery.core`, whose functions are called by their names: conversation, estimate, ledger and the like."""


def test_an_upload_runs_through_no_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    harness, files = IntakeHarness(file(150)), set[str]()
    monkeypatch.setattr(handler, "_intake", lambda: harness)
    event = {"detail": {"bucket": {"name": "prompts"}, "object": {"key": KEY, "version-id": "v1"}}}

    def trace(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            files.add(frame.f_code.co_filename)

    sys.setprofile(trace)
    try:
        result = handler.receive(event, None)
    finally:
        sys.setprofile(None)
    assert result["status"] == UploadStatus.STARTED
    folders = (ROOT / "distillery" / "datasets", ROOT / "lambdas")
    ours = {str(Path(name).relative_to(ROOT)) for name in files if name.startswith(tuple(map(str, folders)))}
    assert ours == FILES
    assert len(FILES) <= 15
