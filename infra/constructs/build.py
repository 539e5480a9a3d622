"""Where the checkout is, and what synth builds in it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build"
