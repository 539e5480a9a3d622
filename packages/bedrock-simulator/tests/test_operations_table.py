"""The README lists for every operation what is faithful, simplified and absent."""

import re
from collections import Counter
from pathlib import Path

from bedrock_simulator.control_plane.dispatch import CONTROL
from bedrock_simulator.runtime.dispatch import RUNTIME

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_table_has_every_operation_once_and_no_other() -> None:
    table = README.split("## Operations")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ") and "operation |" not in line]
    reported = Counter(re.findall(r"\w+", " ".join(rows)))
    assert reported == Counter([*CONTROL, *RUNTIME])
