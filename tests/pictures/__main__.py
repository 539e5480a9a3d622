"""`python -m tests.pictures [record]`: writes the pictures; `record` runs the demo first, on a port of its own."""

import sys

from local.account import ROOT
from tests.pictures import pipeline, promotion, recording, services

PORT = 4597


def drawn() -> dict[str, str]:
    """Returns the generated pictures by their file's name in docs/."""
    return {
        "pipeline.svg": pipeline.draw(),
        "promotion.svg": promotion.draw(),
        "services.svg": services.draw(),
        "demo.svg": recording.draw(recording.CAST.read_text(encoding="utf-8")),
    }


def main() -> None:
    if sys.argv[1:] == ["record"]:
        recording.record(PORT)
    for name, text in drawn().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
